// SPDX-License-Identifier: BSD-2-Clause
/* The hard flows that a question is open about: found by interface, bucket and fingerprint. */
#include "hard.h"

#include <errno.h>
#include <stdlib.h>

LIST_HEAD(chain, tlml_hard);
TAILQ_HEAD(line, tlml_hard);

struct tlml_hard_table {
	unsigned int size, mask, taken;
	unsigned int used;		/* cases that ever were: the pages behind stay untouched */
	struct line free, waiting[TLML_HARD_STATES];
	struct chain *chains;		/* [mask + 1] */
	struct tlml_hard cases[];
};

int tlml_hard_new(unsigned int size, struct tlml_hard_table **to)
{
	struct tlml_hard_table *t = calloc(1, sizeof(*t) + size * sizeof(t->cases[0]));
	unsigned int i;

	if (!t)
		return -ENOMEM;
	t->size = size;
	t->mask = 1;
	while (t->mask < size)
		t->mask = t->mask << 1 | 1;
	t->chains = calloc(t->mask + 1, sizeof(*t->chains));
	if (!t->chains) {
		free(t);
		return -ENOMEM;
	}
	TAILQ_INIT(&t->free);
	for (i = 0; i < TLML_HARD_STATES; i++)
		TAILQ_INIT(&t->waiting[i]);
	*to = t;
	return 0;
}

void tlml_hard_free(struct tlml_hard_table *t)
{
	if (!t)
		return;
	free(t->chains);
	free(t);
}

/* Fingerprint and bucket are hashes already. */
static struct chain *chain_of(struct tlml_hard_table *t, __u32 bucket, __u32 fp)
{
	return &t->chains[(fp ^ bucket) & t->mask];
}

struct tlml_hard *tlml_hard_find(struct tlml_hard_table *t, const void *owner, __u32 bucket,
				 __u32 fp)
{
	struct tlml_hard *h;

	LIST_FOREACH(h, chain_of(t, bucket, fp), hash)
		if (h->subject.record.flow.fp == fp && h->subject.record.bucket == bucket &&
		    h->owner == owner)
			return h;
	return NULL;
}

struct tlml_hard *tlml_hard_open(struct tlml_hard_table *t, void *owner,
				 const struct tlml_case *subject)
{
	struct tlml_hard *h = TAILQ_FIRST(&t->free);

	if (h)
		TAILQ_REMOVE(&t->free, h, queue);
	else if (t->used < t->size)
		h = &t->cases[t->used++];
	else
		return NULL;
	t->taken++;
	*h = (struct tlml_hard){ .subject = *subject, .owner = owner, .state = TLML_HARD_ASKED };
	h->question.subject = &h->subject;
	TAILQ_INSERT_TAIL(&t->waiting[h->state], h, queue);
	LIST_INSERT_HEAD(chain_of(t, subject->record.bucket, subject->record.flow.fp), h, hash);
	return h;
}

void tlml_hard_close(struct tlml_hard_table *t, struct tlml_hard *h)
{
	LIST_REMOVE(h, hash);
	TAILQ_REMOVE(&t->waiting[h->state], h, queue);
	TAILQ_INSERT_HEAD(&t->free, h, queue);
	t->taken--;
}

void tlml_hard_move(struct tlml_hard_table *t, struct tlml_hard *h, enum tlml_hard_state state,
		    uint64_t due_ns)
{
	TAILQ_REMOVE(&t->waiting[h->state], h, queue);
	h->state = state;
	h->due_ns = due_ns;
	TAILQ_INSERT_TAIL(&t->waiting[state], h, queue);
}

struct tlml_hard *tlml_hard_due(struct tlml_hard_table *t, enum tlml_hard_state state,
				uint64_t now_ns)
{
	struct tlml_hard *h = TAILQ_FIRST(&t->waiting[state]);

	return h && h->due_ns <= now_ns ? h : NULL;
}

uint64_t tlml_hard_next(const struct tlml_hard_table *t)
{
	static const enum tlml_hard_state timed[] = { TLML_HARD_KEPT, TLML_HARD_GIVEN };
	uint64_t next = UINT64_MAX;

	for (unsigned int i = 0; i < sizeof(timed) / sizeof(timed[0]); i++) {
		const struct tlml_hard *h = TAILQ_FIRST(&t->waiting[timed[i]]);

		if (h && h->due_ns < next)
			next = h->due_ns;
	}
	return next;
}

void tlml_hard_disown(struct tlml_hard_table *t, const void *owner)
{
	for (unsigned int s = 0; s < TLML_HARD_STATES; s++) {
		struct tlml_hard *h, *next;

		for (h = TAILQ_FIRST(&t->waiting[s]); h; h = next) {
			next = TAILQ_NEXT(h, queue);
			if (h->owner != owner)
				continue;
			h->owner = NULL;
			if (s != TLML_HARD_ASKED)
				tlml_hard_close(t, h);
		}
	}
}

unsigned int tlml_hard_count(const struct tlml_hard_table *t, const void *owner)
{
	unsigned int n = 0;

	if (!owner)
		return t->taken;
	for (unsigned int s = 0; s < TLML_HARD_STATES; s++) {
		const struct tlml_hard *h;

		TAILQ_FOREACH(h, &t->waiting[s], queue)
			n += h->owner == owner;
	}
	return n;
}
