/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Questions on their way into requests: one queue, and when its head should wait no longer. Pure:
 * time is told by the caller, in ns of CLOCK_MONOTONIC.
 *
 * A question goes at once if nothing is under way and none is likely to follow while a request
 * would take. Where company is likely it waits as long as a request takes, so that waiting at most
 * doubles what it would have taken alone. While requests are under way the model is at work
 * anyway: the batch grows until it is full, or one of them returns. No wait exceeds the deadline.
 */
#ifndef TLML_BATCH_H
#define TLML_BATCH_H

#include "large.h"

#define TLML_BATCH_NEVER	UINT64_MAX	/* the time of what an empty queue has next */

struct tlml_batch {
	struct tlml_question *head, **tail;
	unsigned int waiting;		/* questions in the queue */
	unsigned int size;		/* of a batch at most */
	uint64_t deadline, expire;	/* ns */
	uint64_t last;			/* when the last question came */
	uint64_t gap;			/* between questions, mean of late */
	uint64_t service;		/* a request takes, mean of late; 0 unknown */
};

void tlml_batch_init(struct tlml_batch *b, const struct tlml_large_options *o);

/* A new question, asked now. */
void tlml_batch_add(struct tlml_batch *b, struct tlml_question *q, uint64_t now);

/* Questions of a request that failed, back to the front, in their order. */
void tlml_batch_return(struct tlml_batch *b, struct tlml_question *const *q, unsigned int n);

/* Takes the next batch out into q[size]: how many, 0 if the queue is empty. */
unsigned int tlml_batch_take(struct tlml_batch *b, struct tlml_question **q);

/* Takes out the head if it is too old to be asked about (at TLML_BATCH_NEVER all are), or NULL. */
struct tlml_question *tlml_batch_expire(struct tlml_batch *b, uint64_t now);

/* When the head will be. */
uint64_t tlml_batch_expiry(const struct tlml_batch *b);

/* A request took so long. */
void tlml_batch_took(struct tlml_batch *b, uint64_t ns);

/* How long a question now waits for company at most. */
uint64_t tlml_batch_wait(const struct tlml_batch *b, unsigned int under_way);

/* When the batch at the head should go if it can. */
uint64_t tlml_batch_due(const struct tlml_batch *b, unsigned int under_way);

#endif
