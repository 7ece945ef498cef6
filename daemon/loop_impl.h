/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the event loop and its two back-ends; nobody else includes this. */
#ifndef TLML_LOOP_IMPL_H
#define TLML_LOOP_IMPL_H

#include <time.h>

#include "loop.h"

enum tlml_op_kind {
	TLML_OP_RECVMSG,
	TLML_OP_RECV,
	TLML_OP_SENDMSG,
	TLML_OP_ACCEPT,
	TLML_OP_CONNECT,	/* begun; over when the socket is writable */
	TLML_OP_POLL,
	TLML_OP_TIMER,
};

enum tlml_op_state {
	TLML_OP_IDLE,
	TLML_OP_TIMED,		/* in the heap */
	TLML_OP_FRESH,		/* in fresh, until the back-end takes it up */
	TLML_OP_WAITING,	/* with the back-end */
	TLML_OP_CANCELLING,	/* with the back-end, in a list of it */
	TLML_OP_READY,		/* in ready: done(res) is due */
};

TAILQ_HEAD(tlml_op_list, tlml_op);

struct tlml_backend {
	const char *name;

	int (*open)(struct tlml_loop *l, struct tlml_error *e);
	void (*close)(struct tlml_loop *l);

	/*
	 * Takes up the fresh operations, waits until one completes or limit has passed (NULL:
	 * never), or a signal came, and calls tlml_op_complete() for all that did.
	 */
	int (*wait)(struct tlml_loop *l, const struct timespec *limit, struct tlml_error *e);

	/* Of an operation that it has; completes it now or later. */
	void (*cancel)(struct tlml_loop *l, struct tlml_op *op);
};

extern const struct tlml_backend tlml_backend_uring, tlml_backend_epoll;

struct tlml_loop {
	const struct tlml_backend *backend;
	void *own;		/* of the back-end */
	struct tlml_op_list fresh, ready;
	struct tlml_op **heap;	/* timers; no child is earlier than its parent */
	size_t timers, room;
	int stopped;
};

void tlml_op_complete(struct tlml_loop *l, struct tlml_op *op, int res);

/* What became of a connection whose socket is writable: 0 or -errno. */
int tlml_op_connected(const struct tlml_op *op);

#endif
