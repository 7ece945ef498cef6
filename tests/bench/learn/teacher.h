/* SPDX-License-Identifier: BSD-2-Clause */
/* A large model for benchmarks: boosted trees, as tlml-large serves them. */
#ifndef TLML_BENCH_TEACHER_H
#define TLML_BENCH_TEACHER_H

#include <stddef.h>

/*
 * Trains on n rows of columns values with labels below classes and gives the probabilities
 * [m][classes] of m other rows, to be freed. Exits on failure.
 */
float *teacher_answers(const float *x, const float *label, size_t n, unsigned int columns,
		       unsigned int classes, const float *of, size_t m);

#endif
