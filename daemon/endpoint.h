/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One place where large models are asked: its connections, what it said it is, how well it does.
 * It is asked what it is at first, after each time that its breaker was open, when a response
 * makes one doubt, and every half a minute; requests rest meanwhile. A host's name is looked up at
 * first, and anew before each time that it is tried again after it was down.
 */
#ifndef TLML_ENDPOINT_H
#define TLML_ENDPOINT_H

#include "breaker.h"
#include "conn.h"
#include "large.h"
#include "latency.h"
#include "lookup.h"
#include "probe.h"

enum tlml_endpoint_state {
	TLML_ENDPOINT_PROBING,	/* being asked what it is, or about to be */
	TLML_ENDPOINT_UP,
	TLML_ENDPOINT_DOWN,	/* until its breaker lets it be tried */
	TLML_ENDPOINT_MISMATCH,	/* likewise: it is well, and of no use */
};

struct tlml_endpoint;

/* A connection, and the questions that wait for its response. */
struct tlml_request {
	struct tlml_endpoint *endpoint;
	struct tlml_question *q[TLML_OIP_BATCH];
	unsigned int n;		/* 0: free */
	uint64_t sent_ns;
	char *body;
	size_t room;
	struct tlml_conn conn;
};

/* What it tells its owner; nothing of it from within a call of the functions below. */
struct tlml_endpoint_owner {
	/* p: probabilities, a row of e->plan.classes per question; NULL: the request failed. */
	void (*answered)(struct tlml_endpoint *e, struct tlml_request *r, const float *p);
	void (*changed)(struct tlml_endpoint *e);	/* perhaps it has more room */
	void (*gone)(struct tlml_endpoint *e);		/* see tlml_endpoint_shut() */
};

struct tlml_endpoint {
	const struct tlml_endpoint_owner *owner;
	void *arg;			/* the owner's */
	struct tlml_loop *loop;
	const struct tlml_large_options *o;
	struct tlml_url url;
	struct tlml_lookup lookup;
	int named, stale;		/* its host is a name; to be looked up before it is tried */
	enum tlml_endpoint_state state;
	struct tlml_breaker breaker;
	struct tlml_request *request;	/* o->window of them */
	unsigned int under_way;		/* that carry questions */
	unsigned int closing;		/* connections and timer that are not gone yet */
	struct tlml_probe probe;
	int probing;			/* its request is under way */
	struct tlml_oip_plan plan;	/* valid once it was up */
	struct tlml_op timer;
	uint64_t wake, armed;		/* when to look again; what the timer is set to */
	char why[512];			/* the last failure, "" if all is well */
	uint64_t requests, failures, answers;
	struct tlml_latency latency;	/* of requests that were answered */
	float p[TLML_OIP_BATCH * TLML_CLASSES_MAX];
};

/* owner, arg, loop and o are set, the rest is 0. Errors as of tlml_url_parse(), -ENOMEM. */
int tlml_endpoint_init(struct tlml_endpoint *e, const char *url, struct tlml_error *err);
void tlml_endpoint_free(struct tlml_endpoint *e);	/* after gone(), or without start */

void tlml_endpoint_start(struct tlml_endpoint *e);

/* Requests that it takes now; and whether it is up, and takes none because it has enough. */
unsigned int tlml_endpoint_room(const struct tlml_endpoint *e);
int tlml_endpoint_full(const struct tlml_endpoint *e);

/* A free request, to be filled in and sent, if there is room. -ENOMEM: nothing was sent. */
struct tlml_request *tlml_endpoint_request(struct tlml_endpoint *e);
int tlml_endpoint_send(struct tlml_request *r, uint64_t id);

/* Ends all: requests under way fail, and then, last of all and perhaps from within, gone(). */
void tlml_endpoint_shut(struct tlml_endpoint *e);

#endif
