// SPDX-License-Identifier: BSD-2-Clause
/* The event loop's timers, cancelling, stopping, rest, and what takes the place of io_uring. */
#include <netinet/in.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include "loops.h"

#define TIMERS	10000

static struct tlml_op timers[TIMERS];
static uint64_t due[TIMERS], last;
static unsigned int fired, early, disorder, cancelled;

static void on_timer(struct tlml_op *op, int res)
{
	uint64_t at = *(uint64_t *)op->arg;

	if (res == -ECANCELED) {
		cancelled++;
	} else {
		early += tlml_loop_now() < at;
		disorder += at < last;
		last = at;
		fired++;
	}
	if (fired + cancelled == TIMERS)
		tlml_loop_stop(loop);
}

static void keeps_order(void)
{
	uint64_t now = tlml_loop_now();

	last = 0;
	fired = early = disorder = cancelled = 0;
	for (unsigned int i = 0; i < TIMERS; i++) {
		due[i] = now + 5 * MS + i * 2654435761u % (50 * MS);
		timers[i] = (struct tlml_op){ .done = on_timer, .arg = &due[i] };
		tlml_loop_timer(loop, &timers[i], due[i]);
	}
	for (unsigned int i = 0; i < TIMERS; i += 3)
		tlml_loop_cancel(loop, &timers[i]);
	CHECK(!tlml_loop_run(loop, &error), "%s", error.text);
	CHECK_EQ(cancelled, (TIMERS + 2) / 3);
	CHECK_EQ(fired, TIMERS - cancelled);
	CHECK_EQ(early, 0);
	CHECK_EQ(disorder, 0);
}

/* A listener whose backlog is full, so that connections to it stay under way. */
static int full_listener(struct sockaddr_in *addr, int *full)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	socklen_t len = sizeof(*addr);

	*addr = (struct sockaddr_in){ .sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	if (bind(fd, (void *)addr, len) || listen(fd, 0) || getsockname(fd, (void *)addr, &len))
		abort();
	for (int i = 0; i < 2; i++) {
		full[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(full[i], (void *)addr, len);
	}
	return fd;
}

enum { RECV, RECVMSG, SENDMSG, ACCEPT, CONNECT, POLL, TIMER, KINDS };

static struct step kinds[KINDS];
static int sockets[4];
static struct sockaddr_in busy;

static void start_all(void)
{
	static char room[1 << 20];
	static struct iovec iov;
	static struct msghdr in, out;

	iov = (struct iovec){ room, sizeof(room) };
	in = out = (struct msghdr){ .msg_iov = &iov, .msg_iovlen = 1 };
	tlml_loop_recv(loop, step(&kinds[RECV]), sockets[0], room, 1);
	tlml_loop_recvmsg(loop, step(&kinds[RECVMSG]), sockets[0], &in);
	tlml_loop_sendmsg(loop, step(&kinds[SENDMSG]), sockets[0], &out);
	tlml_loop_accept(loop, step(&kinds[ACCEPT]), sockets[2]);
	tlml_loop_connect(loop, step(&kinds[CONNECT]), sockets[3], (void *)&busy, sizeof(busy));
	tlml_loop_poll(loop, step(&kinds[POLL]), sockets[0], POLLIN);
	tlml_loop_timer(loop, step(&kinds[TIMER]), tlml_loop_now() + 3600000 * MS);
}

static void cancel_all(void)
{
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < KINDS; i++)
			tlml_loop_cancel(loop, &kinds[i].op);
	CHECK_EQ(kinds[TIMER].times, 0);
	run(KINDS);
	for (int i = 0; i < KINDS; i++) {
		if (kinds[i].times != 1 || kinds[i].res != -ECANCELED)
			printf("# kind %d\n", i);
		CHECK_STEP(kinds[i], -ECANCELED);
		tlml_loop_cancel(loop, &kinds[i].op);
		CHECK_EQ(kinds[i].times, 1);
	}
}

static void cancels_each_kind(void)
{
	struct step t = {};
	int listener, full[2], fd[2];
	struct sockaddr_in own;

	pair(SOCK_STREAM, sockets);
	while (write(sockets[0], &busy, 1) == 1)
		;
	listener = full_listener(&busy, full);
	sockets[2] = full_listener(&own, fd);
	while (accept(sockets[2], NULL, NULL) >= 0)
		;
	sockets[3] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	start_all();
	cancel_all();		/* before any of them was taken up */
	close(sockets[3]);
	sockets[3] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	start_all();
	tlml_loop_timer(loop, step(&t), tlml_loop_now() + MS);
	run(1);
	CHECK_STEP(t, 0);
	cancel_all();		/* while they wait */
	unpair(sockets);
	unpair(sockets + 2);
	unpair(full);
	unpair(fd);
	close(listener);
}

/* What had completed stays as it was, and the data of a cancelled receive is not lost. */
static void cancel_loses_nothing(void)
{
	struct step r = {}, t = {};
	char buf[4] = "";
	int fd[2];

	pair(SOCK_STREAM, fd);
	tlml_loop_recv(loop, step(&r), fd[0], buf, sizeof(buf));
	tlml_loop_timer(loop, step(&t), tlml_loop_now() + MS);
	run(1);
	CHECK_EQ(write(fd[1], "abc", 3), 3);
	tlml_loop_cancel(loop, &r.op);
	run(1);
	CHECK_EQ(r.times, 1);
	if (r.res == -ECANCELED) {
		tlml_loop_recv(loop, step(&r), fd[0], buf, sizeof(buf));
		run(1);
	}
	CHECK_STEP(r, 3);
	CHECK(!memcmp(buf, "abc", 3), "%.3s", buf);
	unpair(fd);
}

/* A number comes again for another descriptor, while what it was lives on and has something. */
static void forgets_descriptors(void)
{
	struct step r = {}, p = {}, t = {};
	int old[2], new[2], keep;
	char buf[4];

	pair(SOCK_STREAM, old);
	tlml_loop_recv(loop, step(&r), old[0], buf, sizeof(buf));
	tlml_loop_timer(loop, step(&t), tlml_loop_now() + MS);
	run(1);
	tlml_loop_cancel(loop, &r.op);
	run(1);
	CHECK_STEP(r, -ECANCELED);
	keep = dup(old[0]);
	close(old[0]);
	pair(SOCK_STREAM, new);
	CHECK_EQ(new[0], old[0]);
	tlml_loop_poll(loop, step(&p), new[0], POLLIN);
	CHECK_EQ(write(old[1], "ab", 2), 2);
	tlml_loop_timer(loop, step(&t), tlml_loop_now() + MS);
	run(1);
	CHECK_STEP(t, 0);
	CHECK_EQ(write(new[1], "ab", 2), 2);
	run(1);
	CHECK_STEP(p, POLLIN);
	close(keep);
	close(old[1]);
	unpair(new);
}

static unsigned int spins;

static void spin(struct tlml_op *op, int res)
{
	if (++spins == 500)
		CHECK_EQ(write(*(int *)op->arg, "ab", 2), 2);
	if (spins < 1000)
		tlml_loop_timer(loop, op, 0);
	else
		tlml_loop_stop(loop);
}

static void starves_nobody(void)
{
	int fd[2];
	struct tlml_op busy_timer = { .done = spin, .arg = &fd[1] };
	struct step r = {};
	char buf[4];

	spins = 0;
	pair(SOCK_STREAM, fd);
	tlml_loop_recv(loop, step(&r), fd[0], buf, sizeof(buf));
	tlml_loop_timer(loop, &busy_timer, 0);
	run(1);
	CHECK_STEP(r, 2);
	CHECK(spins < 1000, "only after %u timers", spins);
	tlml_loop_cancel(loop, &busy_timer);
	spins = 1000;
	CHECK(!tlml_loop_run(loop, &error), "%s", error.text);
	unpair(fd);
}

static void stops_at_once(void)
{
	struct step t[3] = {};

	for (int i = 0; i < 3; i++)
		tlml_loop_timer(loop, step(&t[i]), 1);
	for (int i = 1; i <= 3; i++) {
		run(1);
		CHECK_EQ(t[0].times + t[1].times + t[2].times, i);
	}
}

static volatile sig_atomic_t alarms;

static void on_alarm(int sig)
{
	alarms++;
}

static void survives_signals(void)
{
	struct itimerval every = { { 0, 1000 }, { 0, 1000 } }, none = {};
	struct sigaction sa = { .sa_handler = on_alarm };
	struct step t = {};

	alarms = 0;
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
	while (alarms < 10) {
		tlml_loop_timer(loop, step(&t), tlml_loop_now() + 20 * MS);
		run(1);
		CHECK_STEP(t, 0);
	}
	setitimer(ITIMER_REAL, &none, NULL);
}

/* CPU time that a process has used, in ns. */
static uint64_t used(pid_t pid)
{
	struct timespec ts = {};
	clockid_t clock;

	if (!clock_getcpuclockid(pid, &clock))
		clock_gettime(clock, &ts);
	return ts.tv_sec * 1000 * MS + ts.tv_nsec;
}

/* With a peer that waits, one that hung up unheard, and a timer far away, nothing runs. */
static void rests(void)
{
	enum tlml_loop_kind kind = strcmp(tlml_loop_name(loop), "epoll") ? TLML_LOOP_URING :
				   TLML_LOOP_EPOLL;
	struct step r = {}, gone = {}, t = {};
	int fd[2], other[2], ready[2];
	uint64_t before = 0, after = 1;
	char buf[4];
	pid_t pid;

	pair(SOCK_STREAM, ready);
	pid = fork();
	if (!pid) {
		if (tlml_loop_new(kind, &loop, &error))
			_exit(1);
		pair(SOCK_STREAM, fd);
		pair(SOCK_STREAM, other);
		tlml_loop_recv(loop, step(&gone), other[0], buf, 1);
		tlml_loop_timer(loop, step(&t), tlml_loop_now() + MS);
		run(1);
		close(other[1]);
		run(1);
		tlml_loop_recv(loop, step(&r), fd[0], buf, 1);
		tlml_loop_timer(loop, step(&t), tlml_loop_now() + 3600000 * MS);
		_exit(write(ready[1], "x", 1) != 1 || tlml_loop_run(loop, &error));
	}
	close(ready[1]);
	while (read(ready[0], buf, 1) < 0 && errno == EAGAIN)
		usleep(1000);
	for (int i = 0; i < 20 && before != after; i++) {
		before = used(pid);
		usleep(100000);
		after = used(pid);
	}
	CHECK(after && before == after, "it ran %llu ns in 100 ms",
	      (unsigned long long)(after - before));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(ready[0]);
}

/* In a child, as filters stay. */
static void falls_back(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int status;
	pid_t pid;

	seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(io_uring_setup), 0);
	pid = fork();
	if (!pid) {
		if (seccomp_load(filter) ||
		    tlml_loop_new(TLML_LOOP_URING, &loop, &error) != -EPERM ||
		    !strstr(error.text, "io_uring") ||
		    tlml_loop_new(TLML_LOOP_AUTO, &loop, &error))
			_exit(1);
		_exit(strcmp(tlml_loop_name(loop), "epoll") != 0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && !status, "%#x", status);
	seccomp_release(filter);
}

static const struct tap_test tests[] = {
	{ "10,000 timers in order, some cancelled", keeps_order },
	{ "each kind is cancelled, before and after it waits", cancels_each_kind },
	{ "cancelling loses no data", cancel_loses_nothing },
	{ "closed descriptors are forgotten", forgets_descriptors },
	{ "a timer that is always due starves nobody", starves_nobody },
	{ "stops at once, and goes on where it was", stops_at_once },
	{ "signals do not end it", survives_signals },
	{ "rests without a wake-up", rests },
	{ "epoll takes the place of a refused io_uring", falls_back },
};

int main(void)
{
	return loops_main(tests, sizeof(tests) / sizeof(tests[0]));
}
