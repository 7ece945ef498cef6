// SPDX-License-Identifier: BSD-2-Clause
/* The event loop: what does not depend on the back-end, and timers. */
#include "loop_impl.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

uint64_t tlml_loop_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

void tlml_op_complete(struct tlml_loop *l, struct tlml_op *op, int res)
{
	op->p.res = res;
	op->p.state = TLML_OP_READY;
	TAILQ_INSERT_TAIL(&l->ready, op, p.in);
}

int tlml_op_connected(const struct tlml_op *op)
{
	socklen_t len = sizeof(int);
	int err;

	if (getsockopt(op->p.fd, SOL_SOCKET, SO_ERROR, &err, &len))
		return -errno;
	return -err;
}

/* --- timers: a binary heap, each of which knows its place --- */

static void place(struct tlml_loop *l, size_t i, struct tlml_op *op)
{
	l->heap[i] = op;
	op->p.len = i;
}

/* Finds the place of op, for which i is vacant. */
static void settle(struct tlml_loop *l, size_t i, struct tlml_op *op)
{
	while (i && l->heap[(i - 1) / 2]->p.at > op->p.at) {
		place(l, i, l->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	for (;;) {
		size_t child = 2 * i + 1;

		if (child + 1 < l->timers && l->heap[child + 1]->p.at < l->heap[child]->p.at)
			child++;
		if (child >= l->timers || l->heap[child]->p.at >= op->p.at)
			break;
		place(l, i, l->heap[child]);
		i = child;
	}
	place(l, i, op);
}

static void timer_remove(struct tlml_loop *l, struct tlml_op *op)
{
	struct tlml_op *last = l->heap[--l->timers];

	if (last != op)
		settle(l, op->p.len, last);
}

static void expire(struct tlml_loop *l)
{
	uint64_t now = l->timers ? tlml_loop_now() : 0;

	while (l->timers && l->heap[0]->p.at <= now) {
		struct tlml_op *op = l->heap[0];

		timer_remove(l, op);
		tlml_op_complete(l, op, 0);
	}
}

/* --- starting --- */

static void begin(struct tlml_op *op, enum tlml_op_kind kind, int fd, uint32_t events)
{
	assert(op->p.state == TLML_OP_IDLE);
	op->p.kind = kind;
	op->p.fd = fd;
	op->p.events = events;
}

static void start(struct tlml_loop *l, struct tlml_op *op)
{
	op->p.state = TLML_OP_FRESH;
	TAILQ_INSERT_TAIL(&l->fresh, op, p.in);
}

void tlml_loop_recvmsg(struct tlml_loop *l, struct tlml_op *op, int fd, struct msghdr *msg)
{
	begin(op, TLML_OP_RECVMSG, fd, POLLIN);
	op->p.msg = msg;
	start(l, op);
}

void tlml_loop_recv(struct tlml_loop *l, struct tlml_op *op, int fd, void *buf, size_t len)
{
	begin(op, TLML_OP_RECV, fd, POLLIN);
	op->p.buf = buf;
	op->p.len = len;
	start(l, op);
}

void tlml_loop_sendmsg(struct tlml_loop *l, struct tlml_op *op, int fd, struct msghdr *msg)
{
	begin(op, TLML_OP_SENDMSG, fd, POLLOUT);
	op->p.msg = msg;
	start(l, op);
}

/* Not by io_uring, where a Unix socket with a full backlog would hold a thread of the kernel. */
void tlml_loop_connect(struct tlml_loop *l, struct tlml_op *op, int fd,
		       const struct sockaddr *addr, socklen_t len)
{
	begin(op, TLML_OP_CONNECT, fd, POLLOUT);
	if (!connect(fd, addr, len))
		tlml_op_complete(l, op, 0);
	else if (errno != EINPROGRESS && errno != EINTR)
		tlml_op_complete(l, op, -errno);
	else
		start(l, op);
}

void tlml_loop_accept(struct tlml_loop *l, struct tlml_op *op, int fd)
{
	begin(op, TLML_OP_ACCEPT, fd, POLLIN);
	start(l, op);
}

void tlml_loop_poll(struct tlml_loop *l, struct tlml_op *op, int fd, uint32_t events)
{
	begin(op, TLML_OP_POLL, fd, events);
	start(l, op);
}

void tlml_loop_timer(struct tlml_loop *l, struct tlml_op *op, uint64_t at_ns)
{
	begin(op, TLML_OP_TIMER, -1, 0);
	op->p.at = at_ns;
	if (l->timers == l->room) {
		size_t room = l->room ? 2 * l->room : 64;
		struct tlml_op **heap = realloc(l->heap, room * sizeof(*heap));

		if (!heap) {
			tlml_op_complete(l, op, -ENOMEM);
			return;
		}
		l->heap = heap;
		l->room = room;
	}
	op->p.state = TLML_OP_TIMED;
	settle(l, l->timers++, op);
}

void tlml_loop_cancel(struct tlml_loop *l, struct tlml_op *op)
{
	switch (op->p.state) {
	case TLML_OP_TIMED:
		timer_remove(l, op);
		tlml_op_complete(l, op, -ECANCELED);
		break;
	case TLML_OP_FRESH:
		TAILQ_REMOVE(&l->fresh, op, p.in);
		tlml_op_complete(l, op, -ECANCELED);
		break;
	case TLML_OP_WAITING:
		l->backend->cancel(l, op);
		break;
	}
}

int tlml_loop_pending(const struct tlml_op *op)
{
	return op->p.state != TLML_OP_IDLE;
}

/* --- running --- */

/* How long there is nothing to do but for what completes, into *ts; NULL: for ever. */
static const struct timespec *limit(const struct tlml_loop *l, struct timespec *ts)
{
	uint64_t now, at = 0;

	if (TAILQ_EMPTY(&l->ready)) {
		if (!l->timers)
			return NULL;
		now = tlml_loop_now();
		at = l->heap[0]->p.at;
		at = at > now ? at - now : 0;
	}
	ts->tv_sec = at / 1000000000;
	ts->tv_nsec = at % 1000000000;
	return ts;
}

int tlml_loop_run(struct tlml_loop *l, struct tlml_error *e)
{
	struct timespec ts;
	struct tlml_op *op;
	int err;

	l->stopped = 0;
	while (!l->stopped) {
		err = l->backend->wait(l, limit(l, &ts), e);
		if (err)
			return err;
		expire(l);
		while (!l->stopped && (op = TAILQ_FIRST(&l->ready))) {
			TAILQ_REMOVE(&l->ready, op, p.in);
			op->p.state = TLML_OP_IDLE;
			op->done(op, op->p.res);
		}
	}
	return 0;
}

void tlml_loop_stop(struct tlml_loop *l)
{
	l->stopped = 1;
}

/* --- beginning and end --- */

int tlml_loop_new(enum tlml_loop_kind kind, struct tlml_loop **loop, struct tlml_error *e)
{
	struct tlml_loop *l = calloc(1, sizeof(*l));
	int err;

	if (!l)
		return tlml_error_set(e, ENOMEM, "no memory for the event loop");
	TAILQ_INIT(&l->fresh);
	TAILQ_INIT(&l->ready);
	l->backend = kind == TLML_LOOP_EPOLL ? &tlml_backend_epoll : &tlml_backend_uring;
	err = l->backend->open(l, e);
	if (err && kind == TLML_LOOP_AUTO) {
		l->backend = &tlml_backend_epoll;
		err = l->backend->open(l, e);
	}
	if (err) {
		free(l);
		return err;
	}
	*loop = l;
	return 0;
}

void tlml_loop_free(struct tlml_loop *l)
{
	if (!l)
		return;
	l->backend->close(l);
	free(l->heap);
	free(l);
}

const char *tlml_loop_name(const struct tlml_loop *l)
{
	return l->backend->name;
}
