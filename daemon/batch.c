// SPDX-License-Identifier: BSD-2-Clause
/* Questions on their way into requests. */
#include "batch.h"

#define MEAN	8	/* a mean of late moves by an eighth of the difference */

static uint64_t lesser(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t mean(uint64_t was, uint64_t is)
{
	return was + ((int64_t)(is - was)) / MEAN;
}

void tlml_batch_init(struct tlml_batch *b, const struct tlml_large_options *o)
{
	*b = (struct tlml_batch){
		.size = o->batch,
		.deadline = o->deadline_us * 1000ull,
		.expire = o->expire_ms * 1000000ull,
	};
	b->tail = &b->head;
}

/* A silence says no more than that company was unlikely: it is forgotten within a few questions. */
void tlml_batch_add(struct tlml_batch *b, struct tlml_question *q, uint64_t now)
{
	b->gap = mean(b->gap, lesser(now - b->last, 2 * b->service));
	b->last = now;
	q->asked_ns = now;
	q->next = NULL;
	*b->tail = q;
	b->tail = &q->next;
	b->waiting++;
}

void tlml_batch_return(struct tlml_batch *b, struct tlml_question *const *q, unsigned int n)
{
	while (n-- > 0) {
		q[n]->next = b->head;
		if (!b->head)
			b->tail = &q[n]->next;
		b->head = q[n];
		b->waiting++;
	}
}

static struct tlml_question *take(struct tlml_batch *b)
{
	struct tlml_question *q = b->head;

	b->head = q->next;
	if (!b->head)
		b->tail = &b->head;
	b->waiting--;
	return q;
}

unsigned int tlml_batch_take(struct tlml_batch *b, struct tlml_question **q)
{
	unsigned int n;

	for (n = 0; b->head && n < b->size; n++)
		q[n] = take(b);
	return n;
}

uint64_t tlml_batch_expiry(const struct tlml_batch *b)
{
	return b->head ? b->head->asked_ns + b->expire : TLML_BATCH_NEVER;
}

struct tlml_question *tlml_batch_expire(struct tlml_batch *b, uint64_t now)
{
	return now >= tlml_batch_expiry(b) && b->head ? take(b) : NULL;
}

/* One that took very long was held up by something else. */
void tlml_batch_took(struct tlml_batch *b, uint64_t ns)
{
	b->service = b->service ? mean(b->service, lesser(ns, 2 * b->service)) : ns;
}

uint64_t tlml_batch_wait(const struct tlml_batch *b, unsigned int under_way)
{
	if (under_way)
		return b->deadline;
	return b->gap < b->service ? lesser(b->service, b->deadline) : 0;
}

uint64_t tlml_batch_due(const struct tlml_batch *b, unsigned int under_way)
{
	if (!b->head)
		return TLML_BATCH_NEVER;
	if (b->waiting >= b->size)
		return b->head->asked_ns;
	return b->head->asked_ns + tlml_batch_wait(b, under_way);
}
