/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The event loop: operations that complete. On io_uring, or on epoll where that is disabled; both
 * behave the same, and nothing above this file knows which one runs. One thread, no locks.
 *
 * Who starts an operation owns its struct tlml_op, and the memory and descriptors it names, until
 * done() is called: once for each start, never from within the starting call, last of all after a
 * cancel. res is what the system call would have returned, or -errno.
 */
#ifndef TLML_LOOP_H
#define TLML_LOOP_H

#include <stdint.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "error.h"

enum tlml_loop_kind { TLML_LOOP_AUTO, TLML_LOOP_URING, TLML_LOOP_EPOLL };

struct tlml_loop;

struct tlml_op {
	void (*done)(struct tlml_op *op, int res);	/* set by the caller, as is arg */
	void *arg;
	struct tlml_op_private {	/* the loop's own; zero before the first start */
		TAILQ_ENTRY(tlml_op) in;
		union {
			struct msghdr *msg;
			void *buf;
			uint64_t at;
		};
		size_t len;		/* of buf; of a timer its place in the heap */
		int fd, res;
		uint32_t events;	/* to wait for */
		uint8_t kind, state;
	} p;
};

/*
 * AUTO takes io_uring, and epoll where the kernel refuses it. -ENOSYS or -EPERM with a sentence
 * for URING where it is not to be had, -ENOMEM. Free with tlml_loop_free() once all have completed.
 */
int tlml_loop_new(enum tlml_loop_kind kind, struct tlml_loop **l, struct tlml_error *e);
void tlml_loop_free(struct tlml_loop *l);
const char *tlml_loop_name(const struct tlml_loop *l);	/* "io_uring" or "epoll" */

/*
 * Starts; descriptors are non-blocking. Cannot fail: what goes wrong is the operation's res. Sends
 * raise no SIGPIPE, and may take a part only; descriptors received are closed on exec.
 */
void tlml_loop_recvmsg(struct tlml_loop *l, struct tlml_op *op, int fd, struct msghdr *msg);
void tlml_loop_recv(struct tlml_loop *l, struct tlml_op *op, int fd, void *buf, size_t len);
void tlml_loop_sendmsg(struct tlml_loop *l, struct tlml_op *op, int fd, struct msghdr *msg);
void tlml_loop_connect(struct tlml_loop *l, struct tlml_op *op, int fd,
		       const struct sockaddr *addr, socklen_t len); /* -EAGAIN: a Unix socket's
						 * backlog is full */
void tlml_loop_accept(struct tlml_loop *l, struct tlml_op *op, int fd);	/* res: a descriptor,
						 * non-blocking and closed on exec */
void tlml_loop_poll(struct tlml_loop *l, struct tlml_op *op, int fd, uint32_t events); /* once;
						 * res: the events (POLLIN ...) */
void tlml_loop_timer(struct tlml_loop *l, struct tlml_op *op, uint64_t at_ns); /* res 0 at that time
						 * of CLOCK_MONOTONIC, or soon after */

/* Has op complete soon, with -ECANCELED if it had not yet; no effect on one not under way. */
void tlml_loop_cancel(struct tlml_loop *l, struct tlml_op *op);
int tlml_loop_pending(const struct tlml_op *op);	/* 1 from start to done() */

/* Runs until tlml_loop_stop(), called from within; 0 or -errno with a sentence. */
int tlml_loop_run(struct tlml_loop *l, struct tlml_error *e);
void tlml_loop_stop(struct tlml_loop *l);

uint64_t tlml_loop_now(void);	/* ns of CLOCK_MONOTONIC */

#endif
