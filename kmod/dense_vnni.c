// SPDX-License-Identifier: GPL-2.0
/*
 * AVX-512 VNNI: vpdpbusd adds four products of unsigned activations and signed weights in 32 bits.
 * Compiled with -mavx512vnni and what it stands on: all of this belongs between kernel_fpu_begin()
 * and kernel_fpu_end().
 */
#include "dense_ymm.h"

#define ISA	vnni

/* The halves of a register, added. */
static __always_inline __m256i half(__m512i a)
{
	return _mm256_add_epi32(_mm512_castsi512_si256(a), _mm512_extracti64x4_epi64(a, 1));
}

static __always_inline __m256i sums8(const __s8 *w, __u32 stride, __u32 rows, const __u8 *x,
				     __u32 n)
{
	__m256i halves[8];
	__m512i a[8] = {};
	__u32 i, k;

	for (i = 0; i + 64 <= n; i += 64) {
		__m512i vx = _mm512_loadu_si512(x + i);

#pragma GCC unroll 8
		for (k = 0; k < 8; k++)
			a[k] = _mm512_dpbusd_epi32(a[k], vx, _mm512_loadu_si512(
					w + row_at(k, rows, stride) + i));
	}
	if (n % 64) {	/* a mask reads nothing beyond */
		__mmask64 mask = ~0ull >> (64 - n % 64);
		__m512i vx = _mm512_maskz_loadu_epi8(mask, x + i);

#pragma GCC unroll 8
		for (k = 0; k < 8; k++)
			a[k] = _mm512_dpbusd_epi32(a[k], vx, _mm512_maskz_loadu_epi8(
					mask, w + row_at(k, rows, stride) + i));
	}
#pragma GCC unroll 8
	for (k = 0; k < 8; k++)
		halves[k] = half(a[k]);
	return fold8(halves);
}

#include "dense_body.h"
