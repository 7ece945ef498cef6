/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A circuit breaker: whether to go on asking somebody who fails. Closed, it lets everything
 * through; open, nothing for a while; half-open, one request, whose outcome decides. Pure: time
 * is told by the caller, chance comes from a seed.
 */
#ifndef TLML_BREAKER_H
#define TLML_BREAKER_H

#include <stdint.h>

#define TLML_BREAKER_RUN	3	/* failures in a row that open it */
#define TLML_BREAKER_PAST	20	/* or of so many outcomes ... */
#define TLML_BREAKER_SHARE	10	/* ... so many failures */
#define TLML_BREAKER_FIRST_MS	100	/* it is open at first; doubles each time ... */
#define TLML_BREAKER_MAX_MS	30000	/* ... up to this; jitter takes up to half of it off */

enum tlml_breaker_state { TLML_BREAKER_CLOSED, TLML_BREAKER_OPEN, TLML_BREAKER_HALF_OPEN };

struct tlml_breaker {
	enum tlml_breaker_state state;
	uint64_t until;		/* ns of when it may be half-open, if open */
	uint64_t seed;
	uint32_t past;		/* outcomes, the last one in bit 0, 1 is a failure */
	unsigned int known;	/* of past */
	unsigned int run;	/* failures since the last success */
	unsigned int opened;	/* times since it was closed */
};

void tlml_breaker_init(struct tlml_breaker *b, uint64_t seed);

/* Outcomes of requests; those of requests from before it opened change nothing. */
void tlml_breaker_success(struct tlml_breaker *b);
void tlml_breaker_failure(struct tlml_breaker *b, uint64_t now);

/* Opens it whatever the outcomes were: with back-off, or for at least ns, which it bounds. */
void tlml_breaker_open(struct tlml_breaker *b, uint64_t now);
void tlml_breaker_hold(struct tlml_breaker *b, uint64_t now, uint64_t ns);

/* Half-open from now on, if it was open. */
void tlml_breaker_try(struct tlml_breaker *b);

#endif
