// SPDX-License-Identifier: BSD-2-Clause
/*
 * The event loop on io_uring. The ring is made for the few operations that there are here and no
 * others, so that a seccomp filter does not lose its worth by it.
 */
#include "loop_impl.h"

#include <errno.h>
#include <liburing.h>
#include <stdlib.h>
#include <string.h>

#define SQ_ENTRIES	256	/* operations begun by one system call at most */
#define CQ_ENTRIES	4096	/* completions without an overflow, which only costs time */
#define FEATURES	(IORING_FEAT_NODROP | IORING_FEAT_EXT_ARG)

struct tlml_uring {
	struct io_uring ring;
	struct tlml_op_list cancels;
};

static const __u8 opcodes[] = {
	IORING_OP_RECVMSG, IORING_OP_RECV, IORING_OP_SENDMSG, IORING_OP_ACCEPT, IORING_OP_POLL_ADD,
	IORING_OP_ASYNC_CANCEL,
};

#define OPCODES	(sizeof(opcodes) / sizeof(opcodes[0]))

/* By the system call: liburing 2.3 forgot to export its functions for this. */
static int restrict_ring(const struct io_uring *ring)
{
	struct io_uring_restriction r[OPCODES] = {};
	int err;

	for (unsigned int i = 0; i < OPCODES; i++) {
		r[i].opcode = IORING_RESTRICTION_SQE_OP;
		r[i].sqe_op = opcodes[i];
	}
	err = io_uring_register(ring->ring_fd, IORING_REGISTER_RESTRICTIONS, r, OPCODES);
	return err ? err : io_uring_register(ring->ring_fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
}

static int uring_open(struct tlml_loop *l, struct tlml_error *e)
{
	struct io_uring_params p = {
		.flags = IORING_SETUP_CQSIZE | IORING_SETUP_R_DISABLED |
			 IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
		.cq_entries = CQ_ENTRIES,
	};
	struct tlml_uring *u = calloc(1, sizeof(*u));
	int err;

	if (!u)
		return tlml_error_set(e, ENOMEM, "no memory for the event loop");
	TAILQ_INIT(&u->cancels);
	err = io_uring_queue_init_params(SQ_ENTRIES, &u->ring, &p);
	if (err) {
		free(u);
		return tlml_error_set(e, -err, "the kernel gives no io_uring (%s): kernel.io_uring_disabled, a seccomp filter or a container may forbid it; epoll does the same",
				      strerror(-err));
	}
	err = (p.features & FEATURES) == FEATURES ? restrict_ring(&u->ring) : -ENOSYS;
	if (err) {
		io_uring_queue_exit(&u->ring);
		free(u);
		return tlml_error_set(e, -err, "this kernel's io_uring cannot do what is needed (%s); epoll does the same",
				      strerror(-err));
	}
	l->own = u;
	return 0;
}

static void uring_close(struct tlml_loop *l)
{
	struct tlml_uring *u = l->own;

	io_uring_queue_exit(&u->ring);
	free(u);
}

/* NULL if the queue is full and the kernel takes nothing for now. */
static struct io_uring_sqe *next_sqe(struct tlml_uring *u)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&u->ring);

	if (!sqe && io_uring_submit(&u->ring) > 0)
		sqe = io_uring_get_sqe(&u->ring);
	return sqe;
}

/* Of sockets, io_uring waits for non-blocking ones as for others. */
static void prepare(struct io_uring_sqe *sqe, struct tlml_op *op)
{
	int fd = op->p.fd;

	switch (op->p.kind) {
	case TLML_OP_RECVMSG:
		io_uring_prep_recvmsg(sqe, fd, op->p.msg, MSG_CMSG_CLOEXEC);
		break;
	case TLML_OP_RECV:
		io_uring_prep_recv(sqe, fd, op->p.buf, op->p.len, 0);
		break;
	case TLML_OP_SENDMSG:
		io_uring_prep_sendmsg(sqe, fd, op->p.msg, MSG_NOSIGNAL);
		break;
	case TLML_OP_ACCEPT:
		io_uring_prep_accept(sqe, fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		break;
	default:
		io_uring_prep_poll_add(sqe, fd, op->p.events);
	}
	io_uring_sqe_set_data(sqe, op);
}

/* Hands over what is to be cancelled and begun, as far as there is room; 1 if that was all. */
static int hand_over(struct tlml_loop *l)
{
	struct tlml_uring *u = l->own;
	struct io_uring_sqe *sqe;
	struct tlml_op *op;

	while ((op = TAILQ_FIRST(&u->cancels))) {
		sqe = next_sqe(u);
		if (!sqe)
			return 0;
		io_uring_prep_cancel(sqe, op, 0);
		io_uring_sqe_set_data(sqe, NULL);
		TAILQ_REMOVE(&u->cancels, op, p.in);
		op->p.state = TLML_OP_WAITING;
	}
	while ((op = TAILQ_FIRST(&l->fresh))) {
		sqe = next_sqe(u);
		if (!sqe)
			return 0;
		prepare(sqe, op);
		TAILQ_REMOVE(&l->fresh, op, p.in);
		op->p.state = TLML_OP_WAITING;
	}
	return 1;
}

static void on_completion(struct tlml_loop *l, struct tlml_op *op, int res)
{
	struct tlml_uring *u = l->own;

	if (op->p.state == TLML_OP_CANCELLING)
		TAILQ_REMOVE(&u->cancels, op, p.in);
	if (op->p.kind == TLML_OP_CONNECT && res >= 0)
		res = tlml_op_connected(op);
	tlml_op_complete(l, op, res);
}

static int uring_wait(struct tlml_loop *l, const struct timespec *limit, struct tlml_error *e)
{
	struct tlml_uring *u = l->own;
	struct __kernel_timespec ts;
	struct io_uring_cqe *cqe;
	unsigned int head, n = 0;
	int err;

	if (!hand_over(l) || (limit && !limit->tv_sec && !limit->tv_nsec)) {
		err = io_uring_submit_and_get_events(&u->ring);
	} else {
		if (limit)
			ts = (struct __kernel_timespec){ limit->tv_sec, limit->tv_nsec };
		err = io_uring_submit_and_wait_timeout(&u->ring, &cqe, 1, limit ? &ts : NULL, NULL);
	}
	if (err < 0 && err != -ETIME && err != -EINTR && err != -EAGAIN && err != -EBUSY)
		return tlml_error_set(e, -err, "cannot wait for events: %s", strerror(-err));
	io_uring_for_each_cqe(&u->ring, head, cqe) {
		struct tlml_op *op = io_uring_cqe_get_data(cqe);

		if (op)
			on_completion(l, op, cqe->res);
		n++;
	}
	io_uring_cq_advance(&u->ring, n);
	return 0;
}

static void uring_cancel(struct tlml_loop *l, struct tlml_op *op)
{
	struct tlml_uring *u = l->own;

	op->p.state = TLML_OP_CANCELLING;
	TAILQ_INSERT_TAIL(&u->cancels, op, p.in);
}

const struct tlml_backend tlml_backend_uring = {
	.name = "io_uring",
	.open = uring_open,
	.close = uring_close,
	.wait = uring_wait,
	.cancel = uring_cancel,
};
