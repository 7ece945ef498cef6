// SPDX-License-Identifier: BSD-2-Clause
/* A circuit breaker. */
#include "breaker.h"

#include "learn/rand.h"

#define MS		1000000ull
#define PAST_MASK	((1u << TLML_BREAKER_PAST) - 1)

void tlml_breaker_init(struct tlml_breaker *b, uint64_t seed)
{
	*b = (struct tlml_breaker){ .seed = seed };
}

static void note(struct tlml_breaker *b, int failure)
{
	b->past = (b->past << 1 | failure) & PAST_MASK;
	b->known += b->known < TLML_BREAKER_PAST;
	b->run = failure ? b->run + 1 : 0;
}

void tlml_breaker_success(struct tlml_breaker *b)
{
	if (b->state == TLML_BREAKER_OPEN)
		return;
	if (b->state == TLML_BREAKER_HALF_OPEN)
		tlml_breaker_init(b, b->seed);
	note(b, 0);
}

static void open_until(struct tlml_breaker *b, uint64_t until)
{
	b->state = TLML_BREAKER_OPEN;
	b->until = until;
	b->past = 0;
	b->known = b->run = 0;
}

void tlml_breaker_open(struct tlml_breaker *b, uint64_t now)
{
	uint64_t ns = TLML_BREAKER_FIRST_MS * MS << (b->opened < 20 ? b->opened : 20);

	if (ns > TLML_BREAKER_MAX_MS * MS)
		ns = TLML_BREAKER_MAX_MS * MS;
	b->opened++;
	open_until(b, now + ns - (uint64_t)(ns / 2 * tlml_rand_unit(&b->seed)));
}

/* Jitter adds, for it must not be sooner than it was told. */
void tlml_breaker_hold(struct tlml_breaker *b, uint64_t now, uint64_t ns)
{
	if (ns > TLML_BREAKER_MAX_MS * MS)
		ns = TLML_BREAKER_MAX_MS * MS;
	open_until(b, now + ns + (uint64_t)(ns / 2 * tlml_rand_unit(&b->seed)));
}

void tlml_breaker_failure(struct tlml_breaker *b, uint64_t now)
{
	if (b->state == TLML_BREAKER_OPEN)
		return;
	note(b, 1);
	if (b->state == TLML_BREAKER_HALF_OPEN || b->run >= TLML_BREAKER_RUN ||
	    (b->known == TLML_BREAKER_PAST &&
	     __builtin_popcount(b->past) >= TLML_BREAKER_SHARE))
		tlml_breaker_open(b, now);
}

void tlml_breaker_try(struct tlml_breaker *b)
{
	if (b->state == TLML_BREAKER_OPEN)
		b->state = TLML_BREAKER_HALF_OPEN;
}
