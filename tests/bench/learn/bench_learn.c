// SPDX-License-Identifier: BSD-2-Clause
/*
 * Benchmarks of learning while it runs: bench_learn [DATA [SEEDS]], DATA being a folder with the
 * data sets of papers. Everything is repeated with seeds 1 to SEEDS (5).
 */
#include "bench_learn.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../daemon/learn/anomaly.h"
#include "../../../daemon/learn/tune.h"

#define DECODE_STEPS	1000

struct spread spread_of(const double *v, unsigned int n)
{
	struct spread s = { 0, 0 };
	unsigned int i;

	for (i = 0; i < n; i++)
		s.mean += v[i] / n;
	for (i = 0; i < n; i++)
		s.deviation += (v[i] - s.mean) * (v[i] - s.mean);
	s.deviation = n > 1 ? sqrt(s.deviation / (n - 1)) : 0;
	return s;
}

uint8_t code_of(double v, unsigned int gain)
{
	unsigned int code = v < 1 ? 0 : tlml_log2q(v < UINT32_MAX ? v : UINT32_MAX) * gain;

	return code < TLML_ACT_MAX ? code : TLML_ACT_MAX;
}

void must(int err, const struct tlml_error *e)
{
	if (!err)
		return;
	fprintf(stderr, "bench_learn: %s\n", e->text);
	exit(1);
}

struct tlml_verdict judge(const struct tlml_model *m, const uint8_t *x)
{
	uint8_t cost[TLML_CLASSES_MAX] = { 0 };
	int32_t logit[TLML_CLASSES_MAX];

	tlml_infer_net(m, x, logit);
	return tlml_cost_add(cost, logit, m->header.classes, m->header.cost_shift[1],
			     m->header.cost_decay);
}

void model_train(const struct tlml_draw *draw, const unsigned int hidden[2], unsigned int steps,
		 const struct tlml_view *golden, const struct tlml_view *anchor, uint64_t seed,
		 struct tlml_model *m)
{
	struct tlml_distil *d = calloc(1, sizeof(*d));
	struct tlml_parts *p = calloc(1, sizeof(*p));
	float mean[TLML_FEATURES_MAX];
	struct tlml_error e;
	unsigned int t;
	size_t size;
	void *blob;

	d->anchor = draw;
	d->seed = seed;
	tlml_draw_mean(draw, seed, mean);
	tlml_net_init(&d->net, TLML_FEATURES_MAX, hidden, draw->set->n_classes, TLML_INT8, mean,
		      &d->seed);
	for (t = 0; t < steps; t++)
		tlml_distil_step(d, tlml_rate(RATE, t, steps));
	tlml_anomaly_train(&d->decode, &d->net, draw, DECODE_STEPS, &d->seed);

	p->header = (struct tlml_model_header){ .classes = draw->set->n_classes, .generation = 1,
						.points = 2, .cost_shift = { 0, COST_SHIFT },
						.cost_decay = 8, .temperature = 1 };
	memcpy(p->classes, draw->set->classes, sizeof(p->classes));
	tlml_parts_set_net(p, &d->net, &d->decode);
	must(tlml_tune(p, golden, anchor, NULL, &e), &e);
	blob = tlml_blob_build(p, "{}", &size);
	must(tlml_model_parse(blob, size, "model", m, &e), &e);
	free(blob);
	free(p);
	free(d);
}

int main(int argc, char **argv)
{
	struct bench b = { .data = argc > 1 ? argv[1] : "../shared/data/papers",
			   .seeds = argc > 2 ? atoi(argv[2]) : 5 };

	if (argc > 3 || b.seeds < 1 || b.seeds > 100) {
		fprintf(stderr, "usage: bench_learn [DATA [SEEDS]], 1 to 100 seeds\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("%s %s %u: means over seeds 1 to %u, +- their deviation\n\n", argv[0], b.data, b.seeds,
	       b.seeds);
	bench_speed();
	bench_streams(&b);
	bench_shift(&b);
	bench_lab(&b);
	return 0;
}
