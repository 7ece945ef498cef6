/* SPDX-License-Identifier: GPL-2.0 */
/* Which body computes: the best that the CPU has, where its registers may be used, else scalar. */
#ifndef TLML_SIMD_H
#define TLML_SIMD_H

#include "dense.h"

/* Calls since the module was loaded, of all CPUs. */
struct tlml_simd_calls {
	u64 simd;
	u64 scalar;		/* also those that came where SIMD may not be used */
};

/*
 * Chooses, after each body that this CPU can run has given the known answer: 0, -ENOMEM, or
 * -ENOTRECOVERABLE if one of them was wrong. Sleeps.
 */
int tlml_simd_init(void);

/* In any context; one FPU section each. */
void tlml_simd_wide(const struct tlml_wide_args *a, struct tlml_scores *out);
void tlml_simd_dense(const struct tlml_dense_args *a, struct tlml_dense_call *d);

const char *tlml_simd_name(void);	/* "scalar", "avx2", "avx512vnni", "neon" */
void tlml_simd_count(struct tlml_simd_calls *sum);

#endif
