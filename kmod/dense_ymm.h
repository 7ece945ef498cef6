/* SPDX-License-Identifier: GPL-2.0 */
/* Eight accumulators in one AVX register, as the units of AVX2 and VNNI share them. */
#ifndef TLML_DENSE_YMM_H
#define TLML_DENSE_YMM_H

#define _MM_MALLOC_H_INCLUDED 1	/* keeps libc out of the kernel */
#include <immintrin.h>

#include "dense.h"

typedef __m256i tlml_acc8;

/* Eight registers to one that holds the sum of each. */
static __always_inline __m256i fold8(const __m256i *a)
{
	__m256i a01 = _mm256_hadd_epi32(a[0], a[1]), a23 = _mm256_hadd_epi32(a[2], a[3]);
	__m256i a45 = _mm256_hadd_epi32(a[4], a[5]), a67 = _mm256_hadd_epi32(a[6], a[7]);
	__m256i low = _mm256_hadd_epi32(a01, a23), high = _mm256_hadd_epi32(a45, a67);

	return _mm256_add_epi32(_mm256_permute2x128_si256(low, high, 0x20),
				_mm256_permute2x128_si256(low, high, 0x31));
}

static __always_inline __m256i bias8(__m256i a, const __s32 *bias)
{
	return _mm256_add_epi32(a, _mm256_loadu_si256((const __m256i *)bias));
}

static __always_inline __m256i relu8(__m256i a, __u32 shift)
{
	a = _mm256_max_epi32(a, _mm256_setzero_si256());
	a = _mm256_srl_epi32(a, _mm_cvtsi32_si128(shift));
	return _mm256_min_epi32(a, _mm256_set1_epi32(TLML_ACT_MAX));
}

static __always_inline void store8(__s32 *p, __m256i a)
{
	_mm256_storeu_si256((__m256i *)p, a);
}

/* Of activations. */
static __always_inline __m128i bytes8(__m256i a)
{
	__m128i words = _mm_packs_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));

	return _mm_packus_epi16(words, words);
}

static __always_inline void pack8(__u8 *p, __m256i a)
{
	_mm_storel_epi64((__m128i *)p, bytes8(a));
}

static __always_inline __u32 apart8(__m256i a, const __u8 *x)
{
	return _mm_cvtsi128_si32(_mm_sad_epu8(bytes8(a), _mm_loadl_epi64((const __m128i *)x)));
}

#endif
