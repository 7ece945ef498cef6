/* SPDX-License-Identifier: BSD-2-Clause */
/* What the benchmarks of learning have in common. */
#ifndef TLML_BENCH_LEARN_H
#define TLML_BENCH_LEARN_H

#include <stdint.h>
#include <time.h>

#include "../../../daemon/learn/distil.h"
#include "../../../uapi/tlml_verdict.h"

/* Where the data are, and how often everything is repeated, with seeds from 1. */
struct bench {
	const char *data;
	unsigned int seeds;
};

#define COST_SHIFT	(tlml_net_bits(TLML_INT8) - 2)	/* margins in quarters of a nat */
#define RATE		0.0125f	/* of learning, as tlml-train's; falls along a cosine */
#define STEPS		2000	/* of a round, of 64 samples */

/* Mean and sample deviation of n numbers. */
struct spread { double mean, deviation; };
struct spread spread_of(const double *v, unsigned int n);

/* CPU seconds of this thread. */
static inline double cpu_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

/* A number as features have it: quarter octaves times a gain, at most 127. */
uint8_t code_of(double v, unsigned int gain);

/* Exits with the sentence if err. */
void must(int err, const struct tlml_error *e);

/* What a model says of one decision alone. */
struct tlml_verdict judge(const struct tlml_model *m, const uint8_t *x);

/*
 * A model of generation 1, trained in steps on what draw draws and tuned on both views; it says
 * nothing of first packets.
 */
void model_train(const struct tlml_draw *draw, const unsigned int hidden[2], unsigned int steps,
		 const struct tlml_view *golden, const struct tlml_view *anchor, uint64_t seed,
		 struct tlml_model *m);

/* Each prints its table, or why it is skipped. */
void bench_speed(void);
void bench_streams(const struct bench *b);
void bench_shift(const struct bench *b);
void bench_lab(const struct bench *b);

#endif
