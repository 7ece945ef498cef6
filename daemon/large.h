/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where large models are asked: endpoints in order of preference, each with its connections,
 * health and circuit breaker, behind one queue that is sent in batches. See oip.h for the protocol.
 */
#ifndef TLML_LARGE_H
#define TLML_LARGE_H

#include <jansson.h>

#include "case.h"
#include "loop.h"
#include "oip.h"

#define TLML_ENDPOINTS_MAX	8

struct tlml_large;

struct tlml_large_options {
	const char *url[TLML_ENDPOINTS_MAX];	/* unix:///PATH or http://HOST:PORT, in order */
	unsigned int urls;
	const char *model;		/* its name on the servers */
	char klass[TLML_CLASSES_MAX][TLML_NAME_MAX];	/* if the servers do not tell, else 0 */
	unsigned int classes;
	unsigned int batch;		/* flows in a request at most, 1..TLML_OIP_BATCH */
	unsigned int deadline_us;	/* a question waits this long for company at most */
	unsigned int window;		/* requests under way per endpoint at most, 1..16 */
	unsigned int queue;		/* questions without an answer at most; more are refused */
	unsigned int expire_ms;		/* a question older than this is dropped */
	unsigned int timeout_ms;	/* a request without a reply for this long has failed */
};

/* A question; owned by the asker until its answer() was called. */
struct tlml_question {
	struct tlml_case *subject;	/* read when the batch is put together */
	uint64_t asked_ns;		/* set by tlml_large_ask() */
	struct tlml_question *next;	/* the queue's, as is failed */
	unsigned int failed;		/* number of the endpoint that failed it, from 1; 0 none */
};

/*
 * What became of a question: 0 with the probabilities of plan->klass, in this order; -ETIMEDOUT if
 * it expired, -EIO if its requests failed, -ECANCELED; p and plan are then NULL.
 */
typedef void tlml_large_answer(void *arg, struct tlml_question *q, int err, const float *p,
			       const struct tlml_oip_plan *plan);

/*
 * Connects as soon as the loop runs, and tries again with back-off by itself. options are copied.
 * With a sentence: -EINVAL for a URL that is none, or a model's name, -ENOMEM. A host without an
 * address is an endpoint that is down.
 *
 * The first endpoint that is up is asked. Once as many requests are under way there as may be, the
 * next one that is up gets batches, too, but full ones only: others wait. A question whose request
 * failed goes out once more, to another endpoint if one is up, unless it has expired.
 */
int tlml_large_new(struct tlml_loop *l, const struct tlml_large_options *o,
		   tlml_large_answer *answer, void *arg, struct tlml_large **large,
		   struct tlml_error *e);

/*
 * Queues a question: 0, or -ENOBUFS if the queue is full, -EHOSTDOWN if no endpoint is up or being
 * tried, -ECANCELED after tlml_large_close(). Never calls answer(), which may call it.
 */
int tlml_large_ask(struct tlml_large *g, struct tlml_question *q);

/*
 * Begins to close: every question gets its answer() (-ECANCELED, some from within), then the loop
 * calls done(arg). May be called from answer(), once.
 */
void tlml_large_close(struct tlml_large *g, void (*done)(void *arg));
void tlml_large_free(struct tlml_large *g);	/* after done() */

/*
 * State as JSON, a new reference: {"queue", "asked", "answered", "expired", "refused", "failed",
 * "batches", "batch_mean" (questions in a request of late), "wait_us" (the deadline in use),
 * "endpoints": [{"url", "state": "up|down|probing|mismatch", "breaker": "closed|open|half-open",
 * "why" (the last failure since all was well, or ""), "in_flight", "requests", "failures",
 * "answers", "latency_us" (of requests of late): {"p50", "p90", "p99"}, "model", "version",
 * "binary", "retry_in_ms" (0 if it is up)}]}. NULL without memory.
 */
json_t *tlml_large_status(const struct tlml_large *g);

#endif
