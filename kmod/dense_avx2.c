// SPDX-License-Identifier: GPL-2.0
/*
 * AVX2. Activations are unsigned and weights signed, as vpmaddubsw wants them; it adds two products
 * in 16 bits, which holds because no activation is above TLML_ACT_MAX. Compiled with -mavx2: all
 * of this belongs between kernel_fpu_begin() and kernel_fpu_end().
 */
#include "dense_ymm.h"

#define ISA	avx2

static __always_inline __m256i dot(__m256i acc, __m256i w, __m256i x)
{
	__m256i pairs = _mm256_maddubs_epi16(x, w);

	return _mm256_add_epi32(acc, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

/* What is left of n below 32: words by a mask, which reads nothing else, then bytes. */
static __always_inline __m256i tails(__m256i *a, const __s8 *w, __u32 stride, __u32 rows,
				     const __u8 *x, __u32 n)
{
	const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
	__m256i words = _mm256_cmpgt_epi32(_mm256_set1_epi32(n / 4), lane), vx;
	__s32 rest[8] = {};
	__u32 i, k;

	vx = _mm256_maskload_epi32((const int *)x, words);
#pragma GCC unroll 8
	for (k = 0; k < 8; k++) {
		const __s8 *row = w + row_at(k, rows, stride);

		a[k] = dot(a[k], _mm256_maskload_epi32((const int *)row, words), vx);
		for (i = n & ~3u; i < n; i++)
			rest[k] += row[i] * x[i];
	}
	return _mm256_loadu_si256((const __m256i *)rest);
}

static __always_inline __m256i sums8(const __s8 *w, __u32 stride, __u32 rows, const __u8 *x,
				     __u32 n)
{
	__m256i a[8] = {}, rest = _mm256_setzero_si256();
	__u32 i, k;

	for (i = 0; i + 32 <= n; i += 32) {
		__m256i vx = _mm256_loadu_si256((const __m256i *)(x + i));

#pragma GCC unroll 8
		for (k = 0; k < 8; k++)
			a[k] = dot(a[k], _mm256_loadu_si256((const __m256i *)
					(w + row_at(k, rows, stride) + i)), vx);
	}
	if (n % 32)
		rest = tails(a, w + i, stride, rows, x + i, n % 32);
	return _mm256_add_epi32(fold8(a), rest);
}

#include "dense_body.h"
