// SPDX-License-Identifier: BSD-2-Clause
/*
 * ns per layer and per whole net of the module's bodies, in user space, and what a section that may
 * use vector registers costs: saving and restoring them. Medians of interleaved rounds on one CPU.
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

int main(int argc, char **argv)
{
	double section[ROUNDS], ratio;
	json_t *j = json_object();
	char key[64];

	if (argc != 2)
		return fprintf(stderr, "usage: bench_dense OUT.json\n"), 2;
	bench_pin(sysconf(_SC_NPROCESSORS_ONLN) - 1);
	fill();
	for (int round = 0; round < ROUNDS; round++) {
		for (unsigned int i = 0; i < SHAPES; i++)
			for (unsigned int k = 0; k < ALL; k++)
				if (body_runs(k))
					ns[i][k][round] = measure(&shapes[i], body_at(k));
		section[round] = measure_section();
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
	printf("%-30s %10.0f\n\n", "saving and restoring vectors", bench_median(section));
	snprintf(key, sizeof(key), "layer_64x64_%s_ns", bodies[0].body.name);
	ratio = json_number_value(json_object_get(j, "layer_64x64_scalar_ns")) /
		json_number_value(json_object_get(j, key));
	if (bodies[0].runs())
		bench_target("times faster than scalar at 64x64", ratio, 8, 1);
	if (json_dump_file(j, argv[1], JSON_INDENT(1)))
		return perror(argv[1]), 1;
	json_decref(j);
	return 0;
}
