/* SPDX-License-Identifier: BSD-2-Clause */
/* The bound that lets four sums share a 64-bit word: |b| + 127 * sum |w| < 2^15 for each row. */
#ifndef TLML_LEARN_BOUND_H
#define TLML_LEARN_BOUND_H

/* Brings w[n], stride apart, to the nearest point whose absolute values sum up to at most limit. */
void tlml_bound_project(float *w, unsigned int n, unsigned int stride, float limit);

/*
 * Rounds w to q within -127..127; bounded: such that the row with bias b (whole, at most 2^14 in
 * size) holds the bound, by rounding those down that had been rounded up the most.
 */
void tlml_bound_round(const float *w, float *q, unsigned int n, unsigned int stride, float b,
		      int bounded);

/* Largest sum of |w| that a row with bias b may have. */
float tlml_bound_limit(float b);

#endif
