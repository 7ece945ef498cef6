/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Dense int8 layers in plain BPF, four lanes to a 64-bit multiply (uapi/tlml_weights.h). Inner
 * products are unrolled, outer loops are not: that is as fast as full unrolling, and 100 times
 * smaller to verify. The barriers keep clang from hoisting loads until the stack overflows.
 */
#ifndef TLML_DENSE_BPF_H
#define TLML_DENSE_BPF_H

#include "maps.bpf.h"

#define TLML_H	0x8000800080008000ull		/* the sign offset of each lane */
#define TLML_K	0x7f807f807f807f80ull		/* 2^15 - 128: carries into it above 127 */
#define TLML_A	0x007f007f007f007full		/* 7-bit activations */

#define REP4(M, i)	M(i) M((i) + 1) M((i) + 2) M((i) + 3)
#define REP16(M, i)	REP4(M, i) REP4(M, (i) + 4) REP4(M, (i) + 8) REP4(M, (i) + 12)

/* One input for the four accumulators; p points at their weights. */
#define MAC4(i)										\
	{										\
		__u64 t = x[i];								\
		a0 += t * p[(i) * 4];							\
		a1 += t * p[(i) * 4 + 1];						\
		a2 += t * p[(i) * 4 + 2];						\
		a3 += t * p[(i) * 4 + 3];						\
		asm volatile("" : "+r"(a0), "+r"(a1), "+r"(a2), "+r"(a3) :: "memory");	\
	}

#define MAC1(i)										\
	{										\
		a0 += (__u64)x[i] * p[i];						\
		asm volatile("" : "+r"(a0) :: "memory");				\
	}

/* Lanes offset by 2^15 to activations: negative to 0, shifted, at most 127. */
static __always_inline __u64 tlml_relu4(__u64 t, __u32 shift, __u64 mask)
{
	__u64 m = t & TLML_H;

	m -= m >> 15;
	t = (t & m) >> (shift & 15) & mask;
	m = (t + TLML_K) & TLML_H;
	m -= m >> 15;
	return (t | m) & TLML_A;
}

/* The same of one accumulator. */
static __always_inline __u32 tlml_relu1(__s64 v, __u32 shift)
{
	__s64 m = v >> 63, over;
	__u64 u;

	barrier_var(m);
	u = (__u64)(v & ~m) >> (shift & 15);
	over = (__s64)(TLML_ACT_MAX - u) >> 63;
	barrier_var(over);
	return (u | over) & TLML_ACT_MAX;
}

/* x[32] to packed r[blocks * 4], the first hidden layer. */
static __always_inline void tlml_dense_first(struct tlml_weights *w, const volatile __u8 *x,
					     volatile __u64 *r)
{
	__u32 shift = w->shift[0], blocks = w->hidden1_blocks, b;
	__u64 mask = w->mask[0], *p = &w->w1[0][0][0];

	for (b = 0; b < TLML_W1_BLOCKS; b++) {
		__u64 a0 = w->bias1[b][0], a1 = w->bias1[b][1];
		__u64 a2 = w->bias1[b][2], a3 = w->bias1[b][3];

		if (b >= blocks)
			break;
		barrier_var(p);
		REP16(MAC4, 0) REP16(MAC4, 16)
		r[b * 4] = tlml_relu4(a0, shift, mask);
		r[b * 4 + 1] = tlml_relu4(a1, shift, mask);
		r[b * 4 + 2] = tlml_relu4(a2, shift, mask);
		r[b * 4 + 3] = tlml_relu4(a3, shift, mask);
		p += TLML_FEATURES_MAX * TLML_BLOCK;
		barrier_var(p);
	}
}

/* Top lane of a convolution accumulator. */
#define TLML_TOP(a)	((__s64)((a) >> 48) - TLML_ACC_LIMIT)

/* Packed x[hidden1 / 4] to y[hidden2], the second hidden layer. */
static __always_inline void tlml_dense_second(struct tlml_weights *w, const volatile __u64 *r,
					      volatile __u32 *y)
{
	__u32 shift = w->shift[1], halves = w->hidden1_blocks, blocks = w->hidden2_blocks, b, h;
	__u64 *row = &w->w2[0][0][0];

	for (b = 0; b < TLML_W2_BLOCKS; b++) {
		__u64 a0 = w->bias2[b][0], a1 = w->bias2[b][1];
		__u64 a2 = w->bias2[b][2], a3 = w->bias2[b][3];
		const volatile __u64 *x = r;
		__u64 *p = row;

		if (b >= blocks)
			break;
		barrier_var(p);
		for (h = 0; h < TLML_W1_BLOCKS; h++) {
			if (h >= halves)
				break;
			REP4(MAC4, 0)
			p += 16;
			barrier_var(p);
			x += 4;
			barrier_var(x);
		}
		y[b * 4] = tlml_relu1(TLML_TOP(a0), shift);
		y[b * 4 + 1] = tlml_relu1(TLML_TOP(a1), shift);
		y[b * 4 + 2] = tlml_relu1(TLML_TOP(a2), shift);
		y[b * 4 + 3] = tlml_relu1(TLML_TOP(a3), shift);
		row += TLML_W2_GROUPS * TLML_BLOCK;
		barrier_var(row);
	}
}

/* x[16 or 32] times one group of four outputs, packed and offset. */
static __always_inline __u64 tlml_dense_group(const volatile __u32 *x, __u64 *p, __u64 bias,
					      __u32 wide)
{
	__u64 a0 = bias;

	barrier_var(p);
	REP16(MAC1, 0)
	if (wide) {
		REP16(MAC1, 16)
	}
	return a0;
}

#endif
