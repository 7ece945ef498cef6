/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long something takes lately: counts in buckets of an eighth of a doubling, halved now and
 * then, so that what was long ago fades. Pure.
 */
#ifndef TLML_LATENCY_H
#define TLML_LATENCY_H

#include <stdint.h>

#define TLML_LATENCY_BUCKETS	240	/* up to 2^32 - 1 us */
#define TLML_LATENCY_MEMORY	8192	/* durations after which all counts are halved */

struct tlml_latency {
	uint32_t count[TLML_LATENCY_BUCKETS];
	uint32_t n;
};

/* Takes a duration; one of more than 71 minutes counts as 71 minutes. */
void tlml_latency_add(struct tlml_latency *l, uint64_t us);

/* What share (0..1) of the durations did not exceed, at most an eighth too high; 0 without any. */
uint64_t tlml_latency_quantile(const struct tlml_latency *l, double share);

#endif
