// SPDX-License-Identifier: BSD-2-Clause
/*
 * The reader of an interface's records: a timer while they come, a poll while none do. It maps the
 * ring itself (Documentation/bpf/ringbuf.rst of the kernel): libbpf maps it twice, which shows as
 * 4 MiB more, and before 1.5 reads on for as long as records come, whoever else has to wait.
 */
#include "ring.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LOOK_NS		1000000ull	/* a wake-up costs a packet 4 us, a look costs it none */
#define SILENCE_NS	20000000ull	/* after this, sleep */
#define AT_ONCE		4096		/* records before others have their turn */
#define WHOLE		256		/* bytes that are kept of a record that wraps */

struct tlml_ring {
	struct tlml_loop *loop;
	struct tlml_op op;		/* the next look, or the wake-up */
	int map_fd;
	unsigned long size, page;	/* of the records' part; of the positions before it */
	unsigned long *consumer;
	const unsigned long *producer;	/* its page, then the records */
	__u32 *idle;
	tlml_ring_take *take;
	void *arg;
	uint64_t last_ns;		/* when there was something */
	void (*closed)(void *arg);
	void *closed_arg;
};

static const char *data_at(const struct tlml_ring *r, unsigned long at)
{
	return (const char *)r->producer + r->page + (at & (r->size - 1));
}

/* A record that begins at the end of the ring goes on at its start. */
static void take(struct tlml_ring *r, unsigned long at, __u32 len)
{
	unsigned long left = r->size - (at & (r->size - 1)), n = len < WHOLE ? len : WHOLE;
	char whole[WHOLE] __attribute__((aligned(8)));

	if (left >= len) {
		r->take(r->arg, data_at(r, at), len);
		return;
	}
	memcpy(whole, data_at(r, at), left < n ? left : n);
	if (left < n)
		memcpy(whole + left, data_at(r, 0), n - left);
	r->take(r->arg, whole, len);
}

/* How many records there were. */
static unsigned int look(struct tlml_ring *r)
{
	unsigned long at = *r->consumer, end = __atomic_load_n(r->producer, __ATOMIC_ACQUIRE);
	unsigned int n = 0;

	while (at < end && n < AT_ONCE) {
		__u32 head = __atomic_load_n((const __u32 *)data_at(r, at), __ATOMIC_ACQUIRE);
		__u32 len = head & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);

		if (head & BPF_RINGBUF_BUSY_BIT)
			break;
		if (!(head & BPF_RINGBUF_DISCARD_BIT))
			take(r, at + BPF_RINGBUF_HDR_SZ, len);
		at += (len + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8;
		__atomic_store_n(r->consumer, at, __ATOMIC_RELEASE);
		n++;
	}
	return n;
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

static void ring_free(struct tlml_ring *r)
{
	if (r->consumer != MAP_FAILED)
		munmap(r->consumer, r->page);
	if (r->producer != MAP_FAILED)
		munmap((void *)r->producer, r->page + r->size);
	free(r);
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
		ring_free(r);
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
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);

	if (!r)
		return tlml_error_set(e, ENOMEM, "no memory to read the ring");
	if (bpf_obj_get_info_by_fd(map_fd, &info, &len)) {
		int err = errno;

		free(r);
		return tlml_error_set(e, err, "cannot ask about the ring: %s", strerror(err));
	}
	*r = (struct tlml_ring){
		.loop = l, .map_fd = map_fd, .idle = idle, .take = record, .arg = arg,
		.op = { .done = go_on, .arg = r }, .last_ns = tlml_loop_now(),
		.size = info.max_entries, .page = sysconf(_SC_PAGESIZE),
	};
	r->consumer = mmap(NULL, r->page, PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);
	r->producer = mmap(NULL, r->page + r->size, PROT_READ, MAP_SHARED, map_fd, r->page);
	if (r->consumer == MAP_FAILED || r->producer == MAP_FAILED) {
		int err = errno;

		ring_free(r);
		return tlml_error_set(e, err, "cannot map the ring: %s", strerror(err));
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
