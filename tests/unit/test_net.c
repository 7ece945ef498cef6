// SPDX-License-Identifier: BSD-2-Clause
/* The net in training: rows in the bound, gradients of the loss, integers that agree. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../daemon/learn/blob.h"
#include "../../daemon/learn/bound.h"
#include "../../daemon/learn/infer.h"
#include "../../daemon/learn/rand.h"

#define CLASSES	9

static struct tlml_error error;
static int points, failed;

static void result(bool ok, const char *what)
{
	printf("%sok %d - %s\n", ok ? "" : "not ", ++points, what);
	failed += !ok;
}

static void test_bound(void)
{
	unsigned int round, i, over = 0, far = 0, changed = 0;
	float w[64], q[64], was[64];
	uint64_t seed = 5;

	for (round = 0; round < 3000; round++) {
		unsigned int n = 8 + tlml_rand_below(&seed, 57);
		float b = (int)tlml_rand_below(&seed, 32001) - 16000, limit = tlml_bound_limit(b);
		float sum = 0, scale = expf(6 * tlml_rand_unit(&seed));

		for (i = 0; i < n; i++)
			was[i] = w[i] = scale * tlml_rand_normal(&seed);
		if (round % 7 == 0)
			for (i = 0; i < n; i++)
				was[i] = w[i] = 300.0f / n;	/* all alike, as ties round */
		tlml_bound_round(w, q, n, 1, b, 1);
		for (i = 0; i < n; i++)
			sum += fabsf(q[i]);
		over += fabsf(b) + 127 * sum >= TLML_ACC_LIMIT;
		tlml_bound_project(w, n, 1, limit);
		for (i = 0, sum = 0; i < n; i++) {
			sum += fabsf(w[i]);
			changed += w[i] != was[i];
			far += w[i] * was[i] < 0 || fabsf(w[i]) > fabsf(was[i]);
		}
		over += sum > limit * 1.0001f;
	}
	result(!over, "3000 rows are brought into the bound");
	result(!far && changed, "by moving weights towards zero only");
}

/* Without rounding, the gradient of training is that of the loss: labels, soft targets, both. */
static void test_gradient(void)
{
	static struct tlml_net net, moved;
	static struct tlml_batch b;
	float mean[TLML_FEATURES_MAX];
	uint64_t seed = 7;
	unsigned int i, compared = 0, off = 0;

	for (i = 0; i < TLML_FEATURES_MAX; i++)
		mean[i] = 60;
	tlml_net_init(&net, 32, (unsigned int[]){ 32, 16 }, 5, TLML_FLOAT, mean, &seed);
	b.n = 8;
	for (i = 0; i < 8 * TLML_FEATURES_MAX; i++)
		b.x[i] = tlml_rand_below(&seed, 128);
	for (i = 0; i < 8; i++) {
		b.label[i] = i % 3 ? tlml_rand_below(&seed, 5) : TLML_UNLABELLED;
		if (i % 3 == 1)
			continue;
		b.soft[i * 5 + tlml_rand_below(&seed, 4)] = 0.7f;
		b.soft[i * 5 + 4] = 0.3f;
	}
	tlml_net_backward(&net, &b);
	for (i = 0; i < 150; i++) {
		struct tlml_fc *f = &net.layer[i % 3];
		unsigned int at = tlml_rand_below(&seed, f->inputs * f->outputs);
		float *w = i % 5 ? &f->w[at] : &f->b[at % f->outputs];
		float g = i % 5 ? f->gw[at] : f->gb[at % f->outputs], was = *w, step = 0.02f;
		double loss[2];
		int side;

		for (side = 0; side < 2; side++) {
			*w = was + (side ? step : -step);
			tlml_fc_quantise(f);
			moved = net;
			loss[side] = tlml_net_backward(&moved, &b);
		}
		*w = was;
		tlml_fc_quantise(f);
		/* The gradient is by scaled logits; steps of Adam do not see that factor. */
		g *= net.nat;
		if (fabsf(g) < 1e-4f)
			continue;
		off += fabs((loss[1] - loss[0]) / (2 * step) - g) > 0.05 * fabsf(g);
		compared++;
	}
	/* A step may cross the bend of a ReLU, where there is none. */
	printf("# %u of %u differ by more than 5 %%\n", off, compared);
	result(compared > 50 && off < compared / 20, "the gradient is that of the loss");
}

/* A net that took some steps, a decode layer and the model of both. */
struct trained {
	struct tlml_net net;
	struct tlml_fc decode;
	struct tlml_parts parts;
	struct tlml_model model;
};

static void random_rows(float *x, uint64_t *seed)
{
	unsigned int i;

	for (i = 0; i < TLML_BATCH * TLML_FEATURES_MAX; i++)
		x[i] = tlml_rand_below(seed, 128);
}

static void make_trained(struct trained *t, const unsigned int shape[2], uint64_t *seed)
{
	static struct tlml_batch b = { .n = TLML_BATCH };
	unsigned int round, i;
	size_t size;
	void *blob;

	memset(t, 0, sizeof(*t));
	t->parts.header = (struct tlml_model_header){
		.classes = CLASSES, .generation = 1, .points = 1, .temperature = 1,
		.anomaly_low = 128, .anomaly_high = 128,
	};
	for (i = 0; i < CLASSES; i++)
		sprintf(t->parts.classes[i].name, "c%u", i);
	tlml_net_init(&t->net, 32, shape, CLASSES, tlml_net_precision(shape[0] > TLML_HIDDEN1_MAX),
		      NULL, seed);
	tlml_fc_init(&t->decode, shape[1], TLML_FEATURES_MAX, 5, TLML_INT8, 6, NULL, seed);
	for (round = 0; round < 20; round++) {
		random_rows(b.x, seed);
		for (i = 0; i < TLML_BATCH; i++)
			b.label[i] = tlml_rand_below(seed, CLASSES);
		tlml_net_backward(&t->net, &b);
		tlml_net_step(&t->net, 0.05f);
	}
	tlml_parts_set_net(&t->parts, &t->net, &t->decode);
	blob = tlml_blob_build(&t->parts, "{}", &size);
	if (!blob || tlml_model_parse(blob, size, "trained", &t->model, &error)) {
		printf("Bail out! %s\n", error.text);
		exit(1);
	}
	free(blob);
}

/* How often the model's integers are not the sums of training, in a row of x with logits z. */
static unsigned int differences(const struct trained *t, const float *x, const float *z,
				const float *y)
{
	float sum[TLML_FEATURES_MAX], back[TLML_FEATURES_MAX];
	unsigned int i, off = 0, differ = 0;
	uint8_t bytes[TLML_FEATURES_MAX], anomaly;
	int32_t logit[TLML_CLASSES_MAX];

	for (i = 0; i < TLML_FEATURES_MAX; i++)
		bytes[i] = x[i];
	anomaly = tlml_infer_net(&t->model, bytes, logit);
	for (i = 0; i < CLASSES; i++)
		differ += logit[i] != (int32_t)z[i];
	tlml_fc_forward(&t->decode, y, 1, sum);
	tlml_fc_relu(&t->decode, sum, 1, back);
	for (i = 0; i < TLML_FEATURES_MAX; i++)
		off += fabsf(back[i] - bytes[i]);
	return differ + (anomaly != off >> 5);
}

static void test_integers(void)
{
	static const unsigned int shapes[][2] = { { 32, 16 }, { 64, 32 }, { 16, 8 }, { 256, 64 } };
	float x[TLML_BATCH * TLML_FEATURES_MAX], z[TLML_BATCH * TLML_CLASSES_MAX];
	float y[TLML_BATCH * TLML_WIDE_HIDDEN2_MAX];
	unsigned int s, round, i, k, differ = 0, all = 0, alive = 0;
	static struct trained t;
	uint64_t seed = 11;

	for (s = 0; s < 4; s++) {
		make_trained(&t, shapes[s], &seed);
		for (round = 0; round < 80; round++) {
			random_rows(x, &seed);
			tlml_net_forward(&t.net, x, TLML_BATCH, z, y);
			for (k = 0; k < TLML_BATCH; k++, all++) {
				differ += differences(&t, x + k * TLML_FEATURES_MAX,
						      z + k * CLASSES, y + k * shapes[s][1]);
				for (i = 0; i < shapes[s][1]; i++)
					alive += y[k * shapes[s][1] + i] > 0;
			}
		}
		tlml_model_free(&t.model);
	}
	printf("# %u vectors, %u activations not 0\n", all, alive);
	result(!differ && all > 20000 && alive > all,
	       "training and integer inference differ nowhere");
}

int main(void)
{
	printf("KTAP version 1\n");
	test_bound();
	test_gradient();
	test_integers();
	printf("1..%d\n", points);
	return !!failed;
}
