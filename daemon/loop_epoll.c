// SPDX-License-Identifier: BSD-2-Clause
/*
 * The event loop on epoll: an operation is tried, and again when its descriptor is ready. Each
 * descriptor is armed for one event (EPOLLONESHOT), so that one that nobody waits for is silent,
 * also when its peer has hung up.
 */
#include "loop_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define EVENTS	64		/* taken from the kernel at once */

/* A descriptor. */
struct slot {
	struct tlml_op_list waiting;
	uint32_t armed;		/* for these events, 0 not at all */
};

struct tlml_epoll {
	int fd;
	struct slot **slot;	/* by descriptor; NULL if nobody ever waited for it */
	size_t slots;
};

static int epoll_open(struct tlml_loop *l, struct tlml_error *e)
{
	struct tlml_epoll *p = calloc(1, sizeof(*p));

	if (!p)
		return tlml_error_set(e, ENOMEM, "no memory for the event loop");
	p->fd = epoll_create1(EPOLL_CLOEXEC);
	if (p->fd < 0) {
		int err = errno;

		free(p);
		return tlml_error_set(e, err, "the kernel gives no epoll: %s", strerror(err));
	}
	l->own = p;
	return 0;
}

static void epoll_close(struct tlml_loop *l)
{
	struct tlml_epoll *p = l->own;

	for (size_t i = 0; i < p->slots; i++)
		free(p->slot[i]);
	free(p->slot);
	close(p->fd);
	free(p);
}

/* The slot of a descriptor, made if need be; NULL without memory. */
static struct slot *slot_of(struct tlml_epoll *p, int fd)
{
	if ((size_t)fd >= p->slots) {
		size_t slots = 2 * (size_t)fd + 16;
		struct slot **slot = realloc(p->slot, slots * sizeof(struct slot *));

		if (!slot)
			return NULL;
		memset(slot + p->slots, 0, (slots - p->slots) * sizeof(struct slot *));
		p->slot = slot;
		p->slots = slots;
	}
	if (!p->slot[fd]) {
		p->slot[fd] = calloc(1, sizeof(struct slot));
		if (p->slot[fd])
			TAILQ_INIT(&p->slot[fd]->waiting);
	}
	return p->slot[fd];
}

/* Of POLL also that the peer sends no more, which io_uring tells unasked, too. */
static uint32_t wanted(const struct tlml_op *op)
{
	return op->p.events | (op->p.kind == TLML_OP_POLL ? EPOLLRDHUP : 0);
}

/* Arms for all that somebody waits for; 0 or -errno. The kernel forgets closed descriptors. */
static int arm(struct tlml_epoll *p, int fd, struct slot *s)
{
	struct epoll_event ev = { .data.fd = fd };
	struct tlml_op *op;

	TAILQ_FOREACH(op, &s->waiting, p.in)
		ev.events |= wanted(op);
	if (ev.events == s->armed)
		return 0;
	s->armed = ev.events;
	ev.events |= EPOLLONESHOT;
	if (!epoll_ctl(p->fd, EPOLL_CTL_MOD, fd, &ev) ||
	    (errno == ENOENT && !epoll_ctl(p->fd, EPOLL_CTL_ADD, fd, &ev)))
		return 0;
	s->armed = 0;
	return -errno;
}

/* What the system call says, if there is one: a result or -errno; -EAGAIN: wait first. */
static int try(const struct tlml_op *op)
{
	long res;

	switch (op->p.kind) {
	case TLML_OP_RECVMSG:
		res = recvmsg(op->p.fd, op->p.msg, MSG_CMSG_CLOEXEC);
		break;
	case TLML_OP_RECV:
		res = recv(op->p.fd, op->p.buf, op->p.len, 0);
		break;
	case TLML_OP_SENDMSG:
		res = sendmsg(op->p.fd, op->p.msg, MSG_NOSIGNAL);
		break;
	case TLML_OP_ACCEPT:
		res = accept4(op->p.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		break;
	default:
		return -EAGAIN;
	}
	return res < 0 ? -errno : res;
}

static void take_up(struct tlml_loop *l, struct tlml_op *op)
{
	struct tlml_epoll *p = l->own;
	struct slot *s;
	int res;

	TAILQ_REMOVE(&l->fresh, op, p.in);
	res = op->p.fd < 0 ? -EBADF : try(op);
	if (res != -EAGAIN) {
		tlml_op_complete(l, op, res);
		return;
	}
	s = slot_of(p, op->p.fd);
	if (!s) {
		tlml_op_complete(l, op, -ENOMEM);
		return;
	}
	op->p.state = TLML_OP_WAITING;
	TAILQ_INSERT_TAIL(&s->waiting, op, p.in);
	res = arm(p, op->p.fd, s);
	if (res) {
		TAILQ_REMOVE(&s->waiting, op, p.in);
		tlml_op_complete(l, op, res);
	}
}

static void on_event(struct tlml_loop *l, int fd, uint32_t events)
{
	struct tlml_epoll *p = l->own;
	struct slot *s = p->slot[fd];
	struct tlml_op *op, *next;
	uint32_t told;
	int res;

	s->armed = 0;
	for (op = TAILQ_FIRST(&s->waiting); op; op = next) {
		next = TAILQ_NEXT(op, p.in);
		told = events & (wanted(op) | EPOLLERR | EPOLLHUP);
		if (!told)
			continue;
		if (op->p.kind == TLML_OP_POLL)
			res = told;
		else if (op->p.kind == TLML_OP_CONNECT)
			res = tlml_op_connected(op);
		else
			res = try(op);
		if (res == -EAGAIN)
			continue;
		TAILQ_REMOVE(&s->waiting, op, p.in);
		tlml_op_complete(l, op, res);
	}
	res = arm(p, fd, s);
	while (res && (op = TAILQ_FIRST(&s->waiting))) {
		TAILQ_REMOVE(&s->waiting, op, p.in);
		tlml_op_complete(l, op, res);
	}
}

static int epoll_await(struct tlml_loop *l, const struct timespec *limit, struct tlml_error *e)
{
	static const struct timespec at_once;
	struct tlml_epoll *p = l->own;
	struct epoll_event ev[EVENTS];
	struct tlml_op *op;
	int n;

	while ((op = TAILQ_FIRST(&l->fresh)))
		take_up(l, op);
	n = epoll_pwait2(p->fd, ev, EVENTS, TAILQ_EMPTY(&l->ready) ? limit : &at_once, NULL);
	if (n < 0 && errno != EINTR)
		return tlml_error_set(e, errno, "cannot wait for events: %s", strerror(errno));
	for (int i = 0; i < n; i++)
		on_event(l, ev[i].data.fd, ev[i].events);
	return 0;
}

/* Disarms for good: the next one with this number may be another descriptor. */
static void epoll_cancel(struct tlml_loop *l, struct tlml_op *op)
{
	struct tlml_epoll *p = l->own;
	struct slot *s = p->slot[op->p.fd];

	TAILQ_REMOVE(&s->waiting, op, p.in);
	if (TAILQ_EMPTY(&s->waiting)) {
		epoll_ctl(p->fd, EPOLL_CTL_DEL, op->p.fd, NULL);
		s->armed = 0;
	}
	tlml_op_complete(l, op, -ECANCELED);
}

const struct tlml_backend tlml_backend_epoll = {
	.name = "epoll",
	.open = epoll_open,
	.close = epoll_close,
	.wait = epoll_await,
	.cancel = epoll_cancel,
};
