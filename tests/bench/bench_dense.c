// SPDX-License-Identifier: BSD-2-Clause
/*
 * ns per layer and per whole net of the module's bodies, in user space, and what a section that may
 * use vector registers costs: saving and restoring them. Beside it the nets that BPF computes by
 * itself, in the kernel: from which one on a call of the module pays. Medians of interleaved rounds
 * on one CPU.
 */
#include <jansson.h>
#include <time.h>

#include "../kmod/bodies.h"
#include "bench.h"

#define PER_ROUND	2000000	/* multiplications */

struct shape {
	const char *key;
	unsigned int inputs, hidden1, hidden2, classes;	/* hidden1 0: a layer, inputs to classes */
};

static const struct shape shapes[] = {
	{ "layer_16x16", 16, 0, 0, 16 },
	{ "layer_16x64", 64, 0, 0, 16 },
	{ "layer_64x64", 64, 0, 0, 64 },
	{ "layer_64x256", 256, 0, 0, 64 },
	{ "layer_64x1024", 1024, 0, 0, 64 },
	{ "net_32_32_16_4", 32, 32, 16, 4 },
	{ "net_32_64_32_16", 32, 64, 32, 16 },
	{ "net_64_128_64_16", 64, 128, 64, 16 },
	{ "net_64_256_64_16", 64, 256, 64, 16 },
};

#define SHAPES	(sizeof(shapes) / sizeof(shapes[0]))
#define ALL	(BODIES + 1)

static const struct tlml_body scalar = { "scalar", tlml_wide_scalar, tlml_dense_scalar };
static struct tlml_wide wide;
static __s8 weights[64 * 1024];
static __u8 x[1024];
static double ns[SHAPES][ALL][ROUNDS];

static const struct tlml_body *body_at(unsigned int i)
{
	return i ? &bodies[i - 1].body : &scalar;
}

static bool body_runs(unsigned int i)
{
	return !i || bodies[i - 1].runs();
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static void fill(void)
{
	__u32 state = 1, i;

	for (i = 0; i < sizeof(wide); i++) {
		state = state * 1664525 + 1013904223;
		((__u8 *)&wide)[i] = state >> 24;
		weights[i % sizeof(weights)] = state >> 24;
		x[i % sizeof(x)] = state >> 25;
	}
}

static double measure_layer(const struct shape *s, const struct tlml_body *b)
{
	unsigned int n = PER_ROUND / (s->inputs * s->classes), i;
	struct tlml_dense_call call = { .outputs = s->classes, .relu = 1, .shift = 8 };
	struct tlml_dense_args a;
	double begin;

	if (!tlml_dense_read(&a, weights, s->inputs * s->classes, x, s->inputs, &call))
		abort();
	begin = now();
	for (i = 0; i < n; i++) {
		b->dense(&a, &call);
		tlml_forget();
	}
	return (now() - begin) / n;
}

static double measure_net(const struct shape *s, const struct tlml_body *b)
{
	unsigned int n = PER_ROUND / (s->inputs * s->hidden1 + s->hidden1 * s->hidden2), i;
	struct tlml_scores out;
	struct tlml_wide_args a;
	double begin;

	wide.inputs = s->inputs;
	wide.hidden1 = s->hidden1;
	wide.hidden2 = s->hidden2;
	wide.classes = s->classes;
	wide.decode = 0;
	wide.shift[0] = wide.shift[1] = wide.decode_shift = 9;
	if (!tlml_wide_read(&a, &wide, sizeof(wide), x, s->inputs))
		abort();
	begin = now();
	for (i = 0; i < n; i++) {
		b->wide(&a, &out);
		tlml_forget();
	}
	return (now() - begin) / n;
}

static double measure(const struct shape *s, const struct tlml_body *b)
{
	return s->hidden1 ? measure_net(s, b) : measure_layer(s, b);
}

/* Saving and restoring all vector state, as the kernel does about once per burst of packets. */
#ifdef __x86_64__
__attribute__((target("xsave,xsavec"))) static double measure_section(void)
{
	static char area[16384] __attribute__((aligned(64)));
	double begin = now();
	unsigned int i;

	for (i = 0; i < 10000; i++) {
		__builtin_ia32_xsavec64(area, ~0ull);
		__builtin_ia32_xrstor64(area, ~0ull);
	}
	return (now() - begin) / 10000;
}
#else
static double measure_section(void)
{
	return 0;
}
#endif

/* Nets that both can: by BPF, decisions on every packet over none. */
static struct bench_row rows[] = {
	{ "decided", "", 1024, 65536 },
	{ "net_32_32_16_4", "", 1024, 65536, .always = 1 },
	{ "net_32_64_32_16", "", 1024, 65536, .always = 1 },
};

#define ROWS	(sizeof(rows) / sizeof(rows[0]))

static const struct shape *shape_of(const char *key)
{
	unsigned int i;

	for (i = 0; strcmp(shapes[i].key, key); i++)
		;
	return &shapes[i];
}

static double macs(const struct shape *s)
{
	return s->inputs * s->hidden1 + s->hidden1 * s->hidden2 + s->hidden2 * s->classes;
}

static int open_rows(struct tlml_error *e)
{
	struct tlml_model m;
	size_t size;

	for (unsigned int i = 0; i < ROWS; i++) {
		const struct shape *s = shape_of(rows[i ? i : 1].key);
		void *blob;
		int err = bench_open(&rows[i], e);

		if (err)
			return err;
		blob = tlml_mkmodel_random(1, s->hidden1, s->hidden2, s->classes, 0, &size);
		err = blob ? tlml_model_parse(blob, size, "random", &m, e) : -ENOMEM;
		if (!err) {
			err = tlml_maps_publish(&rows[i].object.maps, &m, e);
			tlml_model_free(&m);
		}
		if (err || bench_warm(&rows[i], e))
			return err ? err : -1;
	}
	return 0;
}

static double of(const json_t *j, const char *net, const char *who)
{
	char key[64];

	snprintf(key, sizeof(key), "%s_%s_ns", net, who);
	return json_number_value(json_object_get(j, key));
}

/* ns per multiplication more, from one net to the other. */
static double slope(const json_t *j, const char *who)
{
	return (of(j, rows[2].key, who) - of(j, rows[1].key, who)) /
	       (macs(shape_of(rows[2].key)) - macs(shape_of(rows[1].key)));
}

/*
 * BPF's net alone: what its decisions share besides, features and verdict, are the module's as
 * well. Then from where on a call pays, in multiplications.
 */
static double pays_from(const json_t *j, const char *body, double section)
{
	double fixed = of(j, rows[1].key, body) - macs(shape_of(rows[1].key)) * slope(j, body);
	double gain = slope(j, "bpf") - slope(j, body);

	return gain > 0 && fixed + section > 0 ? (fixed + section) / gain : 0;
}

static void compare(json_t *j, const char *body, double section)
{
	static const unsigned int bursts[] = { 1, 64 };
	char key[64];

	printf("\n%-30s %10s %10s %10s\n", "ns a net", "BPF", body, "in a burst");
	for (unsigned int i = 1; i < ROWS; i++)
		printf("%-30s %10.0f %10.0f %10.0f\n", rows[i].key,
		       macs(shape_of(rows[i].key)) * slope(j, "bpf"),
		       of(j, rows[i].key, body) + section, of(j, rows[i].key, body) + section / 64);
	for (unsigned int i = 0; i < 2; i++) {
		double from = pays_from(j, body, section / bursts[i]);

		printf("calling the module pays from %.0f multiplications on, %s\n", from,
		       i ? "in bursts of 64 packets" : "if each packet saves vector registers");
		snprintf(key, sizeof(key), "pays_from_burst_%u", bursts[i]);
		json_object_set_new(j, key, json_real(from));
	}
}

int main(int argc, char **argv)
{
	struct tlml_error e;
	double section[ROUNDS], ratio;
	json_t *j = json_object();
	char key[64];

	if (argc != 2)
		return fprintf(stderr, "usage: bench_dense OUT.json\n"), 2;
	libbpf_set_print(bench_quiet);
	bench_pin(sysconf(_SC_NPROCESSORS_ONLN) - 1);
	if (open_rows(&e))
		return fprintf(stderr, "bench_dense: %s\n", e.text), 1;
	fill();
	for (int round = 0; round < ROUNDS; round++) {
		for (unsigned int i = 0; i < SHAPES; i++)
			for (unsigned int k = 0; k < ALL; k++)
				if (body_runs(k))
					ns[i][k][round] = measure(&shapes[i], body_at(k));
		section[round] = measure_section();
		for (unsigned int i = 0; i < ROWS; i++)
			rows[i].ns[round] = bench_measure(&rows[i], REPEAT);
	}
	printf("%-30s", "ns a call, in user space");
	for (unsigned int k = 0; k < ALL; k++)
		printf(" %10s", body_at(k)->name);
	putchar('\n');
	for (unsigned int i = 0; i < SHAPES; i++) {
		printf("%-30s", shapes[i].key);
		for (unsigned int k = 0; k < ALL; k++) {
			double median = body_runs(k) ? bench_median(ns[i][k]) : 0;

			snprintf(key, sizeof(key), "%s_%s_ns", shapes[i].key, body_at(k)->name);
			if (body_runs(k))
				json_object_set_new(j, key, json_real(median));
			if (body_runs(k))
				printf(" %10.0f", median);
			else
				printf(" %10s", "-");
		}
		putchar('\n');
	}
	json_object_set_new(j, "section_ns", json_real(bench_median(section)));
	printf("%-30s %10.0f\n", "saving and restoring vectors", bench_median(section));
	for (unsigned int i = 1; i < ROWS; i++) {
		snprintf(key, sizeof(key), "%s_bpf_ns", rows[i].key);
		json_object_set_new(j, key, json_real(bench_median(rows[i].ns) -
						      bench_median(rows[0].ns)));
	}
	if (bodies[0].runs())
		compare(j, bodies[0].body.name, bench_median(section));
	putchar('\n');
	snprintf(key, sizeof(key), "layer_64x64_%s_ns", bodies[0].body.name);
	ratio = json_number_value(json_object_get(j, "layer_64x64_scalar_ns")) /
		json_number_value(json_object_get(j, key));
	if (bodies[0].runs())
		bench_target("times faster than scalar at 64x64", ratio, 8, 1);
	if (json_dump_file(j, argv[1], JSON_INDENT(1)))
		return perror(argv[1]), 1;
	for (unsigned int i = 0; i < ROWS; i++)
		bench_close(&rows[i]);
	json_decref(j);
	return 0;
}
