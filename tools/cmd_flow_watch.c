// SPDX-License-Identifier: BSD-2-Clause
/*
 * flow watch: decisions as they are made, with addresses, from the ring. The data path never
 * wakes a reader, so this one looks every 20 ms.
 */
#include <arpa/inet.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "cmd.h"

#define POLL_NS		20000000
#define TRACE_WATCH	2	/* our bit of ctl->trace; the operator's is 1 */

struct watch {
	struct tlml_cmd *c;
	struct tlml_maps m;
	int reason;		/* enum tlml_reason, -1 any */
	__u64 since;		/* tick; what is older was waiting in the ring */
	struct timespec wall;	/* at that tick */
};

static volatile sig_atomic_t stopped;

static void stop(int sig)
{
	stopped = sig;
}

static void print_time(struct watch *w, __u64 tick)
{
	__u64 ns = w->wall.tv_nsec + ((tick - w->since) << TLML_TICK_SHIFT);
	__u64 us = w->wall.tv_sec * 1000000ull + ns / 1000;
	time_t s = us / 1000000;
	struct tm tm;
	char text[16];

	tlml_out_num(&w->c->out, "us", NULL, us);
	strftime(text, sizeof(text), "%H:%M:%S", localtime_r(&s, &tm));
	tlml_out_text(&w->c->out, "%s.%03llu ", text, us / 1000 % 1000);
}

static void print_end(struct tlml_out *o, const char *addr_key, const char *port_key,
		      const __u32 *addr, __u16 port, __u8 family)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(family == 4 ? AF_INET : AF_INET6, addr, text, sizeof(text));
	tlml_out_str(o, addr_key, family == 6 ? "[%s]" : "%s", text);
	tlml_out_num(o, port_key, ":%llu", port);
}

static void print_record(struct watch *w, const struct tlml_record *r)
{
	struct tlml_out *o = &w->c->out;
	char name[TLML_NAME_MAX];

	tlml_out_object(o, NULL);
	print_time(w, r->tick);
	print_end(o, "src", "sport", r->saddr, r->sport, r->family);
	tlml_out_text(o, " > ");
	print_end(o, "dst", "dport", r->daddr, r->dport, r->family);
	tlml_out_num(o, "proto", " proto %llu", r->proto);
	tlml_out_num(o, "vlan", r->vlan ? " vlan %llu" : NULL, r->vlan);
	tlml_out_bool(o, "tunnel", r->flags & TLML_PKT_TUNNEL ? " tunnel" : NULL,
		      r->flags & TLML_PKT_TUNNEL);
	tlml_out_num(o, "packets", " packet %llu", r->flow.pkts);
	tlml_cmd_class_name(&w->m, r->flow.klass, r->generation, name);
	tlml_out_str(o, "class", ": %s", name);
	tlml_out_num(o, "margin", " margin %llu", r->flow.margin);
	tlml_cmd_class_name(&w->m, r->runner_up, r->generation, name);
	tlml_out_str(o, "runner_up", " over %s", name);
	tlml_out_num(o, "anomaly", ", anomaly %llu", r->flow.anomaly);
	tlml_out_str(o, "action", ", %s", tlml_action_name(r->action));
	tlml_out_str(o, "reason", " (%s)\n", tlml_reason_name(r->reason));
	tlml_out_num(o, "generation", NULL, r->generation);
	tlml_out_end(o);
}

static int take_record(void *arg, void *data, size_t size)
{
	const struct tlml_record *r = data;
	struct watch *w = arg;

	if (size != sizeof(*r) || r->reason > TLML_REASON_AUDIT || r->tick < w->since ||
	    (w->reason >= 0 && r->reason != w->reason))
		return 0;
	print_record(w, r);
	return 0;
}

/* Two readers of one ring would each see a part: the lock goes with the process. */
static int lock_ring(struct tlml_cmd *c)
{
	char dir[TLML_PATH_MAX];
	int fd;

	tlml_maps_dir(c->argv[0], dir, sizeof(dir));
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return tlml_error_set(&c->e, errno, "cannot open %s: %s", dir, strerror(errno));
	if (!flock(fd, LOCK_EX | LOCK_NB))
		return fd;
	close(fd);
	return tlml_error_set(&c->e, EBUSY, "somebody else reads the records of %s, and records go to one reader: if it is tlmld, 'tlmlctl watch %s --trace' shows what it reads, else end the other 'flow watch'",
			      c->argv[0], c->argv[0]);
}

static int read_ring(struct watch *w, unsigned long seconds)
{
	static const struct timespec pause = { .tv_nsec = POLL_NS };
	struct sigaction act = { .sa_handler = stop };
	__u64 until = seconds ? tlml_maps_now() + TLML_TICKS(seconds) : TLML_FOREVER;
	struct ring_buffer *ring = ring_buffer__new(w->m.ring_fd, take_record, w, NULL);
	int n, left = 0;

	if (!ring)
		return tlml_error_set(&w->c->e, errno, "cannot read the ring of %s: %s", w->c->argv[0],
				      strerror(errno));
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	signal(SIGPIPE, SIG_IGN);	/* a reader that leaves must not keep us from tidying up */
	w->since = tlml_maps_now();
	clock_gettime(CLOCK_REALTIME, &w->wall);
	if (w->reason < 0 || w->reason == TLML_REASON_TRACE)
		__atomic_fetch_or(&w->m.ctl->trace, TRACE_WATCH, __ATOMIC_RELAXED);
	do {
		nanosleep(&pause, NULL);
		errno = 0;
		n = ring_buffer__consume(ring);
		if (n > 0 && (fflush(stdout) || ferror(stdout)))
			left = errno;
	} while (n >= 0 && !left && !stopped && tlml_maps_now() < until);
	__atomic_fetch_and(&w->m.ctl->trace, ~TRACE_WATCH, __ATOMIC_RELAXED);
	ring_buffer__free(ring);
	if (left == EPIPE) {		/* as if it had not been ignored */
		signal(SIGPIPE, SIG_DFL);
		raise(SIGPIPE);
	}
	return n < 0 ? tlml_error_set(&w->c->e, -n, "cannot read the ring of %s: %s", w->c->argv[0],
				      strerror(-n)) : 0;
}

int tlml_cmd_flow_watch(struct tlml_cmd *c)
{
	const char *reason = NULL, *count = NULL;
	struct watch w = { .c = c, .reason = -1 };
	unsigned long seconds = 0;
	int err, lock;

	if (tlml_cmd_option(c, "--reason", &reason) < 0 || tlml_cmd_option(c, "--seconds", &count) < 0 ||
	    (count && tlml_cmd_number(c, "--seconds", count, 1, 86400 * 366, &seconds)) ||
	    tlml_cmd_words(c, 1, 1))
		return -EINVAL;
	if (reason) {
		for (w.reason = TLML_REASON_AUDIT; w.reason >= 0; w.reason--)
			if (!strcmp(reason, tlml_reason_name(w.reason)))
				break;
		if (w.reason < 0)
			return tlml_error_set(&c->e, EINVAL, "no reason '%s': trace, unsure, anomaly or audit",
					      reason);
	}
	err = tlml_cmd_open(c, &w.m);
	if (err)
		return err;
	lock = lock_ring(c);
	c->out.lines = 1;
	err = lock < 0 ? lock : read_ring(&w, seconds);
	if (lock >= 0)
		close(lock);
	tlml_maps_close(&w.m);
	return err;
}
