/* SPDX-License-Identifier: GPL-2.0 */
/* Token bucket on the coarse clock. */
#ifndef TLML_TOKENS_BPF_H
#define TLML_TOKENS_BPF_H

#include "compat.bpf.h"

#include "../uapi/tlml.h"

#define TLML_TOKEN	256u	/* one packet; a refill loses less than one of these */

/*
 * Refills a bucket of rate per second and burst < 2^24; 1 if it holds a token. A bucket without a
 * rate holds none. One that CPUs share is only read while it is empty.
 */
static __always_inline int tlml_tokens_fill(__u32 *tokens, __u32 *tick, __u32 now, __u32 rate,
					    __u32 burst)
{
	__u64 elapsed = now - *tick, had = *tokens, have = had, fresh;
	__u64 most = rate ? (__u64)burst * TLML_TOKEN : 0;

	if (elapsed > ~255u)		/* another CPU was a few ticks ahead */
		elapsed = 0;
	if (elapsed > 1 << 18)		/* 17 s fill any bucket worth having */
		elapsed = 1 << 18;
	/* 256 tokens * rate / 15258.8 ticks a second, as 1100 / 2^16 */
	fresh = elapsed * rate * 1100 >> 16;
	if (fresh >= TLML_TOKEN) {	/* less is left to accrue: it would be rounded away */
		have += fresh;
		*tick = now;
	}
	if (have > most)
		have = most;
	if (have != had)
		*tokens = have;
	return have >= TLML_TOKEN;
}

/* Refills likewise, and takes one token; 0 if there is none. */
static __always_inline int tlml_tokens_take(__u32 *tokens, __u32 *tick, __u32 now, __u32 rate,
					    __u32 burst)
{
	if (!tlml_tokens_fill(tokens, tick, now, rate, burst))
		return 0;
	*tokens -= TLML_TOKEN;
	return 1;
}

#endif
