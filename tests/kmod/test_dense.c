// SPDX-License-Identifier: BSD-2-Clause
/*
 * The SIMD bodies of the module against its scalar one, and that one against plain 64-bit sums:
 * random layers and nets, all shapes of a layer, weights and inputs at the limits, each at the end
 * of a page that no one may read beyond.
 *	test_dense [LAYERS]	(default 20000; a twentieth as many nets)
 */
#include "bodies.h"
#include "../../kmod/selftest.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define POOL	(1 << 21)

static unsigned long layers = 20000;
static int8_t *weights;			/* random, then of limits alone */
static uint8_t *inputs;			/* the same */
static uint64_t state = 0x9e3779b97f4a7c15ull;

static uint32_t draw(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 32) * below >> 32;
}

/* Room that ends where a page begins that faults. */
static void *edge(size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE), room = (size + page - 1) / page * page;
	char *p = mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0);

	if (p == MAP_FAILED || mprotect(p + room, page, PROT_NONE)) {
		perror("test_dense: mmap");
		exit(1);
	}
	return p + room;
}

static void fill_pools(void)
{
	static const int8_t limits[] = { -128, 127, -127, 0 };
	unsigned int i;

	weights = malloc(POOL);
	inputs = malloc(POOL);
	if (!weights || !inputs)
		exit(1);
	for (i = 0; i < POOL; i++) {
		bool same = i / 4096 % 2;	/* runs that take sums to their ends */

		weights[i] = limits[draw(same ? 1 : 4)];
		inputs[i] = same ? TLML_ACT_MAX : draw(2) * TLML_ACT_MAX;
		if (i < POOL / 2) {
			weights[i] = draw(256);
			inputs[i] = draw(TLML_ACT_MAX + 1);
		}
	}
}

static int8_t *some_weights(int8_t *end, unsigned int n)
{
	return memcpy(end - n, weights + draw(POOL - n), n);
}

static uint8_t *some_inputs(uint8_t *end, unsigned int n)
{
	return memcpy(end - n, inputs + draw(POOL - n), n);
}

static int32_t some_bias(void)
{
	return (int32_t)(draw(1u << 31) << 1) >> draw(32);
}

static int64_t activation(int64_t acc, unsigned int shift)
{
	acc = acc > 0 ? acc >> shift : 0;
	return acc < TLML_ACT_MAX ? acc : TLML_ACT_MAX;
}

static bool same_layer(const struct tlml_dense_args *a, const struct tlml_dense_call *given)
{
	struct tlml_dense_call want = *given, got;
	unsigned int i, j;

	memset(want.out, 0x5a, sizeof(want.out));
	tlml_dense_scalar(a, &want);
	for (j = 0; j < a->outputs; j++) {
		int64_t acc = want.bias[j];

		for (i = 0; i < a->inputs; i++)
			acc += a->w[j * a->inputs + i] * a->x[i];
		acc = (int32_t)acc;
		if (want.out[j] != (a->relu ? activation(acc, a->shift) : acc)) {
			printf("# scalar: %u x %u: output %u\n", a->outputs, a->inputs, j);
			return false;
		}
	}
	for (i = 0; i < BODIES; i++) {
		if (!bodies[i].runs())
			continue;
		got = *given;
		memset(got.out, 0x5a, sizeof(got.out));
		bodies[i].body.dense(a, &got);
		if (memcmp(&got, &want, sizeof(got))) {
			printf("# %s: %u x %u differs\n", bodies[i].body.name, a->outputs, a->inputs);
			return false;
		}
	}
	return true;
}

static bool layer(int8_t *w_end, uint8_t *x_end, unsigned int n_out, unsigned int n_in)
{
	struct tlml_dense_call d = { .outputs = n_out, .relu = draw(2), .shift = draw(16) };
	struct tlml_dense_args a;
	unsigned int j;

	for (j = 0; j < TLML_DENSE_OUTPUTS_MAX; j++)
		d.bias[j] = some_bias();
	if (!tlml_dense_read(&a, some_weights(w_end, n_out * n_in), n_out * n_in,
			     some_inputs(x_end, n_in), n_in, &d)) {
		printf("# %u x %u: refused\n", n_out, n_in);
		return false;
	}
	return same_layer(&a, &d);
}

static bool random_layers(void)
{
	int8_t *w_end = edge(TLML_DENSE_OUTPUTS_MAX * TLML_DENSE_INPUTS_MAX);
	uint8_t *x_end = edge(TLML_DENSE_INPUTS_MAX);
	unsigned long i;

	for (i = 0; i < layers; i++)	/* small ones more often */
		if (!layer(w_end, x_end, 1 + draw(TLML_DENSE_OUTPUTS_MAX >> draw(4)),
			   1 + draw(TLML_DENSE_INPUTS_MAX >> draw(8))))
			return false;
	return true;
}

static bool all_shapes(void)
{
	int8_t *w_end = edge(TLML_DENSE_OUTPUTS_MAX * TLML_DENSE_INPUTS_MAX);
	uint8_t *x_end = edge(TLML_DENSE_INPUTS_MAX);
	unsigned int n_out, n_in;

	for (n_out = 1; n_out <= TLML_DENSE_OUTPUTS_MAX; n_out++)
		for (n_in = 1; n_in <= TLML_DENSE_INPUTS_MAX; n_in += n_in < 300 ? 1 : 31)
			if (!layer(w_end, x_end, n_out, n_in))
				return false;
	return layer(w_end, x_end, TLML_DENSE_OUTPUTS_MAX, TLML_DENSE_INPUTS_MAX);
}

static int64_t sum(int32_t bias, const int8_t *w, const int64_t *x, unsigned int n)
{
	int64_t acc = bias;
	unsigned int i;

	for (i = 0; i < n; i++)
		acc += w[i] * x[i];
	return (int32_t)acc;
}

/* What uapi/tlml_kfunc.h says, in 64 bits. */
static void plain_net(const struct tlml_wide *w, const uint8_t *given, struct tlml_scores *out)
{
	int64_t x[TLML_WIDE_INPUTS_MAX], y1[TLML_WIDE_HIDDEN1_MAX], y2[TLML_WIDE_HIDDEN2_MAX];
	int64_t apart = 0;
	unsigned int j;

	memset(out, 0, sizeof(*out));
	for (j = 0; j < w->inputs; j++)
		x[j] = given[j];
	for (j = 0; j < w->hidden1; j++)
		y1[j] = activation(sum(w->bias1[j], w->w1[j], x, w->inputs), w->shift[0]);
	for (j = 0; j < w->hidden2; j++)
		y2[j] = activation(sum(w->bias2[j], w->w2[j], y1, w->hidden1), w->shift[1]);
	for (j = 0; j < w->classes; j++)
		out->logit[j] = sum(w->bias3[j], w->w3[j], y2, w->hidden2);
	for (j = 0; j < w->decode; j++)
		apart += llabs(x[j] - activation(sum(w->bias4[j], w->w4[j], y2, w->hidden2),
						 w->decode_shift));
	if (w->decode)
		out->anomaly = apart / w->decode;
}

static bool same_net(const struct tlml_wide *w, const uint8_t *x)
{
	struct tlml_scores want, got;
	struct tlml_wide_args a;
	unsigned int i;

	if (!tlml_wide_read(&a, w, sizeof(*w), x, w->inputs)) {
		printf("# a net is refused\n");
		return false;
	}
	plain_net(w, x, &want);
	memset(&got, 0x5a, sizeof(got));
	tlml_wide_scalar(&a, &got);
	if (memcmp(&got, &want, sizeof(got))) {
		printf("# scalar: net %u-%u-%u-%u differs\n", a.inputs, a.hidden1, a.hidden2, a.classes);
		return false;
	}
	for (i = 0; i < BODIES; i++) {
		if (!bodies[i].runs())
			continue;
		memset(&got, 0x5a, sizeof(got));
		bodies[i].body.wide(&a, &got);
		if (memcmp(&got, &want, sizeof(got))) {
			printf("# %s: net %u-%u-%u-%u differs\n", bodies[i].body.name, a.inputs, a.hidden1,
			       a.hidden2, a.classes);
			return false;
		}
	}
	return true;
}

/* Sizes by number, so that each of them and all limits come; what the net does not use is not 0. */
static bool net(struct tlml_wide *w, uint8_t *x_end, unsigned int number)
{
	const size_t rows = offsetof(struct tlml_wide, w1);
	unsigned int i;

	memset(w, 0, sizeof(*w));
	memcpy((char *)w + rows, weights + draw(POOL - sizeof(*w)), sizeof(*w) - rows);
	for (i = 0; i < TLML_WIDE_HIDDEN1_MAX; i++)
		w->bias1[i] = some_bias();
	for (i = 0; i < TLML_WIDE_HIDDEN2_MAX; i++)
		w->bias2[i] = some_bias();
	for (i = 0; i < TLML_CLASSES_MAX; i++)
		w->bias3[i] = some_bias();
	for (i = 0; i < TLML_WIDE_INPUTS_MAX; i++)
		w->bias4[i] = some_bias();
	w->generation = 1;
	w->inputs = number % 2 ? 64 : 32;
	w->hidden1 = 16 + number / 2 % 16 * 16;
	w->hidden2 = 8 + number / 32 % 8 * 8;
	w->classes = 2 + draw(15);
	w->decode = draw(4) ? w->inputs : 0;
	w->shift[0] = draw(16);
	w->shift[1] = draw(16);
	w->decode_shift = draw(16);
	return same_net(w, some_inputs(x_end, w->inputs));
}

static bool nets(void)
{
	struct tlml_wide *w = (struct tlml_wide *)edge(sizeof(*w)) - 1;
	uint8_t *x_end = edge(TLML_WIDE_INPUTS_MAX);
	unsigned int i;

	for (i = 0; i < 1024 + layers / 20; i++)
		if (!net(w, x_end, i))
			return false;
	return true;
}

static struct tlml_wide room;

static bool answers(void)
{
	const struct tlml_body scalar = { "scalar", tlml_wide_scalar, tlml_dense_scalar };
	bool good = tlml_selftest_answer(&scalar, &room) == TLML_SELFTEST_ANSWER;
	unsigned int i;

	for (i = 0; i < BODIES; i++)
		if (bodies[i].runs())
			good &= tlml_selftest_answer(&bodies[i].body, &room) ==
				TLML_SELFTEST_ANSWER;
	return good;
}

static const struct test {
	const char *name;
	bool (*run)(void);
} tests[] = {
	{ "all shapes of a layer", all_shapes },
	{ "random layers", random_layers },
	{ "random nets of all shapes", nets },
	{ "the module's self-test", answers },
};

int main(int argc, char **argv)
{
	unsigned int i, bad = 0;

	if (argc > 1)
		layers = strtoul(argv[1], NULL, 0);
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("KTAP version 1\n1..%zu\n", sizeof(tests) / sizeof(tests[0]) + BODIES);
	fill_pools();
	for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		bool good = tests[i].run();

		bad += !good;
		printf("%sok %u %s\n", good ? "" : "not ", i + 1, tests[i].name);
	}
	for (i = 0; i < BODIES; i++)
		printf("ok %zu %s computed the same%s\n", sizeof(tests) / sizeof(tests[0]) + i + 1,
		       bodies[i].body.name, bodies[i].runs() ? "" : " # SKIP this CPU lacks it");
	return bad != 0;
}
