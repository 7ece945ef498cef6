/* SPDX-License-Identifier: BSD-2-Clause */
/* Random numbers that are the same on every machine for a seed (SplitMix64). Not secret. */
#ifndef TLML_LEARN_RAND_H
#define TLML_LEARN_RAND_H

#include <math.h>
#include <stdint.h>

static inline uint64_t tlml_rand_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

/* 0..n-1 for n in 1..2^32. */
static inline uint32_t tlml_rand_below(uint64_t *state, uint64_t n)
{
	return (tlml_rand_next(state) >> 32) * n >> 32;
}

/* [0, 1) */
static inline float tlml_rand_unit(uint64_t *state)
{
	return (tlml_rand_next(state) >> 40) * (1.0f / (1 << 24));
}

/* Mean 0, deviation 1. */
static inline float tlml_rand_normal(uint64_t *state)
{
	float radius = sqrtf(-2 * logf(1 - tlml_rand_unit(state)));

	return radius * cosf(6.2831853f * tlml_rand_unit(state));
}

#endif
