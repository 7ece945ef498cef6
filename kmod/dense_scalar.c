// SPDX-License-Identifier: GPL-2.0
/* The definition of correct, one multiplication at a time. */
#include "dense.h"

static __s32 sum(__s32 bias, const __s8 *w, const __u8 *x, __u32 n)
{
	__u32 acc = bias, i;	/* unsigned, to wrap as SIMD does */

	for (i = 0; i < n; i++)
		acc += w[i] * x[i];
	return acc;
}

static __u8 relu(__s32 acc, __u32 shift)
{
	__s32 y = acc > 0 ? acc >> shift : 0;

	return y < TLML_ACT_MAX ? y : TLML_ACT_MAX;
}

static __u32 anomaly(const struct tlml_wide_args *a, const __u8 *y)
{
	const struct tlml_wide *w = a->w;
	__u32 total = 0, j;

	for (j = 0; j < a->decode; j++) {
		__u8 z = relu(sum(w->bias4[j], w->w4[j], y, a->hidden2), a->decode_shift);

		total += a->x[j] < z ? z - a->x[j] : a->x[j] - z;
	}
	return a->decode == TLML_WIDE_INPUTS_MAX ? total >> 6 : total >> 5;
}

void tlml_wide_scalar(const struct tlml_wide_args *a, struct tlml_scores *out)
{
	__u8 y1[TLML_WIDE_HIDDEN1_MAX], y2[TLML_WIDE_HIDDEN2_MAX];
	const struct tlml_wide *w = a->w;
	__u32 j;

	for (j = 0; j < a->hidden1; j++)
		y1[j] = relu(sum(w->bias1[j], w->w1[j], a->x, a->inputs), a->shift[0]);
	for (j = 0; j < a->hidden2; j++)
		y2[j] = relu(sum(w->bias2[j], w->w2[j], y1, a->hidden1), a->shift[1]);
	for (j = 0; j < TLML_CLASSES_MAX; j++)
		out->logit[j] = j < a->classes ? sum(w->bias3[j], w->w3[j], y2, a->hidden2) : 0;
	out->anomaly = anomaly(a, y2);
}

void tlml_dense_scalar(const struct tlml_dense_args *a, struct tlml_dense_call *d)
{
	__u32 j;

	for (j = 0; j < a->outputs; j++) {
		__s32 acc = sum(d->bias[j], a->w + j * a->inputs, a->x, a->inputs);

		d->out[j] = a->relu ? relu(acc, a->shift) : acc;
	}
}
