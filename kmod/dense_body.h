/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Nets and layers eight rows at a time, of what the unit of an instruction set (ISA, its suffix)
 * defines before it includes this. Of acc8, eight accumulators:
 *	tlml_acc8 sums8(w, stride, rows, x, n)	of n columns and eight rows, see row_at()
 *	tlml_acc8 bias8(a, bias)		adds eight
 *	tlml_acc8 relu8(a, shift)		activations
 *	void store8(s32 *p, a), pack8(u8 *p, a)
 *	u32 apart8(a, x)			sum of |a - x| over eight activations
 */
#ifndef TLML_DENSE_BODY_H
#define TLML_DENSE_BODY_H

#define JOIN_(a, b)	a##b
#define JOIN(a, b)	JOIN_(a, b)

/* Columns are read up to the next multiple of 32: x is 0 there, and a row of w goes on. */
#define PADDED(n)	(((n) + 31) & ~31u)

/* A hidden layer of n rows, a multiple of 8; y gets as many, and zeros up to PADDED(n). */
static __always_inline void hidden(__u8 *y, const __s32 *bias, const __s8 *w, __u32 stride,
				   __u32 n, const __u8 *x, __u32 inputs, __u32 shift)
{
	__u32 j;

	for (j = 0; j < n; j += 8)
		pack8(y + j, relu8(bias8(sums8(w + j * stride, stride, 8, x, PADDED(inputs)),
					 bias + j), shift));
	for (; j < PADDED(n); j += 8)
		__builtin_memset(y + j, 0, 8);
}

void JOIN(tlml_wide_, ISA)(const struct tlml_wide_args *a, struct tlml_scores *out)
{
	__u8 y1[TLML_WIDE_HIDDEN1_MAX], y2[TLML_WIDE_HIDDEN2_MAX];
	const struct tlml_wide *w = a->w;
	__u32 total = 0, j;

	hidden(y1, w->bias1, w->w1[0], sizeof(w->w1[0]), a->hidden1, a->x, a->inputs, a->shift[0]);
	hidden(y2, w->bias2, w->w2[0], sizeof(w->w2[0]), a->hidden2, y1, a->hidden1, a->shift[1]);
	for (j = 0; j < TLML_CLASSES_MAX; j += 8)
		store8(out->logit + j, bias8(sums8(w->w3[j], sizeof(w->w3[0]), 8, y2,
						   PADDED(a->hidden2)), w->bias3 + j));
	for (j = a->classes; j < TLML_CLASSES_MAX; j++)
		out->logit[j] = 0;
	for (j = 0; j < a->decode; j += 8)
		total += apart8(relu8(bias8(sums8(w->w4[j], sizeof(w->w4[0]), 8, y2,
						  PADDED(a->hidden2)), w->bias4 + j),
				      a->decode_shift), a->x + j);
	out->anomaly = a->decode == TLML_WIDE_INPUTS_MAX ? total >> 6 : total >> 5;
}

void JOIN(tlml_dense_, ISA)(const struct tlml_dense_args *a, struct tlml_dense_call *d)
{
	__s32 block[8];
	__u32 j, k;

	for (j = 0; j < a->outputs; j += 8) {
		__u32 rows = a->outputs - j < 8 ? a->outputs - j : 8;
		tlml_acc8 acc = bias8(sums8(a->w + j * a->inputs, a->inputs, rows, a->x, a->inputs),
				      d->bias + j);

		store8(block, a->relu ? relu8(acc, a->shift) : acc);
		for (k = 0; k < rows; k++)
			d->out[j + k] = block[k];
	}
}

#endif
