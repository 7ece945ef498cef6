/* SPDX-License-Identifier: BSD-2-Clause */
/* A client's keep-alive HTTP connection: one request at a time, connected when there is one. */
#ifndef TLML_CONN_H
#define TLML_CONN_H

#include <sys/uio.h>

#include "http.h"
#include "loop.h"
#include "url.h"

#define TLML_CONN_HEAD	768	/* bytes of a request's head at most */
#define TLML_CONN_IN	16384

struct tlml_conn {
	/* Set by the caller before tlml_conn_init(). */
	struct tlml_loop *loop;
	const struct tlml_url *url;
	unsigned int timeout_ms;
	void *arg;
	/*
	 * A whole response is in http. 0, or -errno with a sentence in why for one that is of no
	 * use; the connection is then closed, and done() told so.
	 */
	int (*check)(struct tlml_conn *c);
	/* Once for each request, which is over: 0, or -errno with a sentence in why. */
	void (*done)(struct tlml_conn *c, int err);
	void (*gone)(struct tlml_conn *c);	/* see tlml_conn_shut() */

	char head[TLML_CONN_HEAD];	/* written by the caller before tlml_conn_request() */
	struct tlml_http http;
	struct tlml_error why;

	/* Its own. */
	struct tlml_op out, in, timer;
	struct iovec iov[2];
	struct msghdr msg;
	uint64_t deadline;	/* ns, of the request under way */
	int fd;			/* -1 while not connected */
	int err;		/* what closes it */
	unsigned int connecting : 1;	/* for the request under way, or that ended so */
	unsigned int busy : 1, closing : 1, shut : 1, over : 1;
	char buf[TLML_CONN_IN];
};

void tlml_conn_init(struct tlml_conn *c);
void tlml_conn_free(struct tlml_conn *c);	/* after gone(), or if it never had a request */

/* Whether a request could use the connection that there is. */
int tlml_conn_idle(const struct tlml_conn *c);

/* Sends head and body, which stays the caller's and as it is until done(); one at a time. */
void tlml_conn_request(struct tlml_conn *c, const void *body, size_t len);

/*
 * Closes for good: a request under way is done with -ECANCELED, then, last of all and perhaps from
 * within, gone() is called.
 */
void tlml_conn_shut(struct tlml_conn *c);

#endif
