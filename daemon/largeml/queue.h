/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Work for the workers: a bounded queue of jobs, each spread over the workers in chunks of
 * TLML_CHUNK flows. One thread puts jobs in and takes them out again when they are done.
 */
#ifndef TLML_LARGEML_QUEUE_H
#define TLML_LARGEML_QUEUE_H

#include "engine.h"

#define TLML_QUEUE_MAX	1024

struct tlml_queue;

struct tlml_job {
	/* Set by who puts it in, and left alone until it is done. */
	const struct tlml_engine *engine;
	void *state;			/* the engine's */
	unsigned int flows, classes;
	struct tlml_rows rows;
	float *p;			/* [flows][classes] */

	/* What became of it. */
	int err;			/* 0, or -errno with a sentence */
	struct tlml_error error;
	uint64_t queued_ns, begun_ns, done_ns;	/* of CLOCK_MONOTONIC */
	uint64_t compute_ns;		/* sum over the workers */

	/* The queue's. */
	unsigned int next_flow, running;
	struct tlml_job *next;
};

/* workers threads, 1..TLML_WORKERS_MAX, for at most room jobs. -errno with a sentence. */
int tlml_queue_new(unsigned int workers, unsigned int room, struct tlml_queue **q,
		   struct tlml_error *e);

/* Lets running chunks end, drops the others, ends the threads. */
void tlml_queue_free(struct tlml_queue *q);

/* -EBUSY if there is no room. */
int tlml_queue_put(struct tlml_queue *q, struct tlml_job *job);
int tlml_queue_full(const struct tlml_queue *q);
unsigned int tlml_queue_jobs(const struct tlml_queue *q);	/* put in and not yet taken out */

/* How long the chunk has taken so far that takes longest now; 0 if there is none. */
uint64_t tlml_queue_longest_ns(struct tlml_queue *q);

int tlml_queue_fd(const struct tlml_queue *q);			/* readable when a job is done */
struct tlml_job *tlml_queue_take(struct tlml_queue *q);		/* a job that is done, or NULL */

#endif
