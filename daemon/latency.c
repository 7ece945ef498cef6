// SPDX-License-Identifier: BSD-2-Clause
/* How long something takes lately. Below 8 us a bucket is one microsecond. */
#include "latency.h"

static unsigned int bucket(uint64_t us)
{
	unsigned int log;

	if (us > UINT32_MAX)
		us = UINT32_MAX;
	if (us < 8)
		return us;
	log = 63 - __builtin_clzll(us);
	return (log - 2) * 8 + (us >> (log - 3) & 7);
}

static uint64_t bucket_end(unsigned int i)
{
	if (i < 8)
		return i;
	return ((uint64_t)(i % 8 + 9) << (i / 8 - 1)) - 1;
}

void tlml_latency_add(struct tlml_latency *l, uint64_t us)
{
	unsigned int i;

	l->count[bucket(us)]++;
	if (++l->n < TLML_LATENCY_MEMORY)
		return;
	l->n = 0;
	for (i = 0; i < TLML_LATENCY_BUCKETS; i++)
		l->n += l->count[i] /= 2;
}

uint64_t tlml_latency_quantile(const struct tlml_latency *l, double share)
{
	uint64_t sum = 0;
	unsigned int i;

	if (!l->n)
		return 0;
	for (i = 0; i < TLML_LATENCY_BUCKETS - 1; i++) {
		sum += l->count[i];
		if (sum && sum >= share * l->n)
			break;
	}
	return bucket_end(i);
}
