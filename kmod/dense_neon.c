// SPDX-License-Identifier: GPL-2.0
/*
 * NEON of arm64. Activations are at most TLML_ACT_MAX, so signed multiplication takes them too, and
 * two products fit 16 bits. All of this belongs between kernel_neon_begin() and kernel_neon_end().
 */
#ifdef __KERNEL__
#include <asm/neon-intrinsics.h>
#else
#include <arm_neon.h>
#endif

#include "dense.h"

#define ISA	neon

typedef struct { int32x4_t low, high; } tlml_acc8;

static __always_inline int32x4_t dot(int32x4_t acc, int8x16_t w, int8x16_t x)
{
	int16x8_t pairs = vmull_s8(vget_low_s8(w), vget_low_s8(x));

	return vpadalq_s16(acc, vmlal_s8(pairs, vget_high_s8(w), vget_high_s8(x)));
}

static __always_inline int32x4_t fold4(const int32x4_t *a)
{
	return vpaddq_s32(vpaddq_s32(a[0], a[1]), vpaddq_s32(a[2], a[3]));
}

static __always_inline tlml_acc8 sums8(const __s8 *w, __u32 stride, __u32 rows, const __u8 *x,
				       __u32 n)
{
	int32x4_t a[8];
	__s32 rest[8] = {};
	tlml_acc8 sums;
	__u32 i, j, k;

	for (k = 0; k < 8; k++)
		a[k] = vdupq_n_s32(0);
	for (i = 0; i + 16 <= n; i += 16) {
		int8x16_t vx = vreinterpretq_s8_u8(vld1q_u8(x + i));

#pragma GCC unroll 8
		for (k = 0; k < 8; k++)
			a[k] = dot(a[k], vld1q_s8(w + row_at(k, rows, stride) + i), vx);
	}
	for (j = i; j < n; j++)
		for (k = 0; k < 8; k++)
			rest[k] += w[row_at(k, rows, stride) + j] * x[j];
	sums.low = vaddq_s32(fold4(a), vld1q_s32(rest));
	sums.high = vaddq_s32(fold4(a + 4), vld1q_s32(rest + 4));
	return sums;
}

static __always_inline tlml_acc8 bias8(tlml_acc8 a, const __s32 *bias)
{
	a.low = vaddq_s32(a.low, vld1q_s32(bias));
	a.high = vaddq_s32(a.high, vld1q_s32(bias + 4));
	return a;
}

static __always_inline int32x4_t relu4(int32x4_t a, __u32 shift)
{
	a = vshlq_s32(vmaxq_s32(a, vdupq_n_s32(0)), vdupq_n_s32(-(int)shift));
	return vminq_s32(a, vdupq_n_s32(TLML_ACT_MAX));
}

static __always_inline tlml_acc8 relu8(tlml_acc8 a, __u32 shift)
{
	a.low = relu4(a.low, shift);
	a.high = relu4(a.high, shift);
	return a;
}

static __always_inline void store8(__s32 *p, tlml_acc8 a)
{
	vst1q_s32(p, a.low);
	vst1q_s32(p + 4, a.high);
}

static __always_inline uint8x8_t bytes8(tlml_acc8 a)
{
	return vreinterpret_u8_s8(vmovn_s16(vcombine_s16(vmovn_s32(a.low), vmovn_s32(a.high))));
}

static __always_inline void pack8(__u8 *p, tlml_acc8 a)
{
	vst1_u8(p, bytes8(a));
}

static __always_inline __u32 apart8(tlml_acc8 a, const __u8 *x)
{
	return vaddlv_u8(vabd_u8(bytes8(a), vld1_u8(x)));
}

#include "dense_body.h"
