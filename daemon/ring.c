// SPDX-License-Identifier: BSD-2-Clause
/* The reader of an interface's records: a timer while they come, a poll while none do. */
#include "ring.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_NS		1000000ull	/* 1 ms: a wake-up costs a packet 4 us, a look costs it none */
#define SILENCE_NS	20000000ull	/* after this, sleep */
#define AT_ONCE		4096		/* records before others have their turn */

struct tlml_ring {
	struct tlml_loop *loop;
	struct tlml_op op;		/* the next look, or the wake-up */
	struct ring_buffer *buffer;
	int map_fd;
	__u32 *idle;
	tlml_ring_take *take;
	void *arg;
	unsigned int taken;		/* at this look */
	uint64_t last_ns;		/* when there was something */
	void (*closed)(void *arg);
	void *closed_arg;
};

static int take(void *arg, void *data, size_t size)
{
	struct tlml_ring *r = arg;

	r->take(r->arg, data, size);
	return ++r->taken == AT_ONCE ? -EAGAIN : 0;	/* an error ends the look, after this record */
}

/* How many records there were. */
static unsigned int look(struct tlml_ring *r)
{
	r->taken = 0;
	ring_buffer__consume(r->buffer);
	return r->taken;
}

/* Says so first and looks then; the data path does it the other way round. */
static int falls_asleep(struct tlml_ring *r)
{
	__atomic_store_n(r->idle, 1, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!look(r))
		return 1;
	__atomic_store_n(r->idle, 0, __ATOMIC_RELAXED);
	return 0;
}

static void go_on(struct tlml_op *op, int res)
{
	struct tlml_ring *r = op->arg;
	uint64_t now = tlml_loop_now();
	unsigned int n;

	if (r->closed) {
		void (*closed)(void *arg) = r->closed;
		void *arg = r->closed_arg;

		__atomic_store_n(r->idle, 0, __ATOMIC_RELAXED);
		ring_buffer__free(r->buffer);
		free(r);
		closed(arg);
		return;
	}
	if (res)		/* of the poll */
		__atomic_store_n(r->idle, 0, __ATOMIC_RELAXED);
	n = look(r);
	if (n || res)
		r->last_ns = now;
	if (n == AT_ONCE)
		tlml_loop_timer(r->loop, op, now);
	else if (now - r->last_ns < SILENCE_NS || !falls_asleep(r))
		tlml_loop_timer(r->loop, op, now + LOOK_NS);
	else
		tlml_loop_poll(r->loop, op, r->map_fd, POLLIN);
}

int tlml_ring_open(struct tlml_loop *l, int map_fd, __u32 *idle, tlml_ring_take *record, void *arg,
		   struct tlml_ring **to, struct tlml_error *e)
{
	struct tlml_ring *r = calloc(1, sizeof(*r));

	if (!r)
		return tlml_error_set(e, ENOMEM, "no memory to read the ring");
	*r = (struct tlml_ring){
		.loop = l, .map_fd = map_fd, .idle = idle, .take = record, .arg = arg,
		.op = { .done = go_on, .arg = r }, .last_ns = tlml_loop_now(),
		.buffer = ring_buffer__new(map_fd, take, r, NULL),
	};
	if (!r->buffer) {
		int err = errno;

		free(r);
		return tlml_error_set(e, err, "cannot read the ring: %s", strerror(err));
	}
	tlml_loop_timer(l, &r->op, r->last_ns);
	*to = r;
	return 0;
}

void tlml_ring_close(struct tlml_ring *r, void (*done)(void *arg), void *arg)
{
	r->closed = done;
	r->closed_arg = arg;
	tlml_loop_cancel(r->loop, &r->op);
}
