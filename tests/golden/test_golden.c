// SPDX-License-Identifier: BSD-2-Clause
/* The same vectors through BPF and the scalar definition: equal bit for bit. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <string.h>

#include "../../daemon/learn/infer.h"
#include "../../daemon/pack.h"
#include "golden.skel.h"
#include "mkmodel.h"

#define VECTORS	4000		/* of each shape */

static const struct {
	unsigned int h1, h2, classes, decode;
} shapes[] = {
	{ 32, 16, 4, 1 }, { 32, 16, 16, 1 }, { 64, 32, 16, 1 }, { 16, 8, 2, 0 },
	{ 48, 24, 7, 1 }, { 16, 32, 5, 0 }, { 64, 16, 9, 1 },
};

/* Extremes first, then random ones, every third of extremes alone. */
static void vector(unsigned int n, uint8_t *x, uint32_t *s)
{
	for (unsigned int i = 0; i < TLML_FEATURES_MAX; i++) {
		switch (n) {
		case 0: x[i] = 0; break;
		case 1: x[i] = TLML_ACT_MAX; break;
		case 2: x[i] = i % 2 ? TLML_ACT_MAX : 0; break;
		case 3: x[i] = i % 2 ? 0 : TLML_ACT_MAX; break;
		default: x[i] = n % 3 ? mkmodel_draw(s) & 127 : mkmodel_draw(s) & 1 ? 127 : 0;
		}
	}
}

static int run(int prog, const uint8_t *x)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = x, .data_size_in = TLML_FEATURES_MAX,
		    .repeat = 1);

	return bpf_prog_test_run_opts(prog, &opts) || opts.retval != 2 /* XDP_PASS */;
}

/* Vectors of one shape on which BPF and the definition differ, or -1. */
static int shape_mismatches(struct golden_bpf *skel, unsigned int shape)
{
	int slot = 0, net = bpf_program__fd(skel->progs.golden_net);
	int first = bpf_program__fd(skel->progs.golden_first), wrong = 0;
	static struct tlml_weights w;
	static struct tlml_wide wide;
	struct tlml_model m;
	struct tlml_error e;
	uint32_t s = shape + 1;
	size_t size;
	void *blob = tlml_mkmodel_random(shape + 1, shapes[shape].h1, shapes[shape].h2,
					 shapes[shape].classes, shapes[shape].decode, &size);

	if (!blob || tlml_model_parse(blob, size, "random", &m, &e))
		return printf("# model refused: %s\n", blob ? e.text : "no memory"), -1;
	tlml_pack(&m, &w, &wide);
	if (bpf_map_update_elem(bpf_map__fd(skel->maps.tlml_weights_v1), &slot, &w, 0))
		return -1;
	for (unsigned int n = 0; n < VECTORS; n++) {
		uint8_t x[TLML_FEATURES_MAX], anomaly;
		int32_t logit[TLML_CLASSES_MAX];
		const int32_t *got = skel->bss->golden_logit;
		size_t bytes = shapes[shape].classes * sizeof(logit[0]);

		vector(n, x, &s);
		anomaly = tlml_infer_net(&m, x, logit);
		if (run(net, x))
			return -1;
		wrong += memcmp(got, logit, bytes) || skel->bss->golden_anomaly != anomaly;
		tlml_infer_first(&m, x, logit);
		if (run(first, x))
			return -1;
		wrong += !!memcmp(got, logit, bytes);
	}
	tlml_model_free(&m);
	free(blob);
	return wrong;
}

static int quiet(enum libbpf_print_level level, const char *fmt, va_list args)
{
	return 0;
}

int main(void)
{
	unsigned int n = sizeof(shapes) / sizeof(shapes[0]), failed = 0;
	struct golden_bpf *skel;

	setvbuf(stdout, NULL, _IOLBF, 0);
	libbpf_set_print(quiet);
	printf("KTAP version 1\n1..%u\n", n);
	skel = golden_bpf__open_and_load();
	for (unsigned int i = 0; i < n; i++) {
		int wrong = skel ? shape_mismatches(skel, i) : -1;

		failed += wrong != 0;
		printf("%sok %u 32-%u-%u-%u%s: %d of %u vectors differ\n", wrong ? "not " : "", i + 1,
		       shapes[i].h1, shapes[i].h2, shapes[i].classes,
		       shapes[i].decode ? " with anomaly head" : "", wrong, VECTORS);
	}
	golden_bpf__destroy(skel);
	return failed != 0;
}
