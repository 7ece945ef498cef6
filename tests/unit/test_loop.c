// SPDX-License-Identifier: BSD-2-Clause
/* The event loop's operations on sockets: each completes once, later, with what really happened. */
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/un.h>

#include "loops.h"

#define MANY	3000	/* more than the submission queue holds */

static void receives(void)
{
	struct step s = {};
	char buf[8];
	int fd[2];

	pair(SOCK_STREAM, fd);
	CHECK_EQ(write(fd[1], "abc", 3), 3);
	tlml_loop_recv(loop, step(&s), fd[0], buf, sizeof(buf));
	CHECK(!s.times && tlml_loop_pending(&s.op), "completed within the starting call");
	run(1);
	CHECK_STEP(s, 3);
	CHECK(!memcmp(buf, "abc", 3), "%.3s", buf);

	tlml_loop_recv(loop, step(&s), fd[0], buf, sizeof(buf));
	close(fd[1]);
	run(1);
	CHECK_STEP(s, 0);
	close(fd[0]);
	tlml_loop_recv(loop, step(&s), fd[0], buf, sizeof(buf));
	run(1);
	CHECK_STEP(s, -EBADF);
	tlml_loop_poll(loop, step(&s), -1, POLLIN);
	run(1);
	CHECK_STEP(s, -EBADF);
}

/* A message with a descriptor, which must not go on to programs that are executed. */
static void passes_descriptors(void)
{
	union { struct cmsghdr head; char room[CMSG_SPACE(sizeof(int))]; } out = {}, in = {};
	struct iovec iov = { "x", 1 }, into = { (char[4]){}, 4 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &out,
			      .msg_controllen = sizeof(out) };
	struct msghdr got = { .msg_iov = &into, .msg_iovlen = 1, .msg_control = &in,
			      .msg_controllen = sizeof(in) };
	struct step s = {}, r = {};
	int fd[2], event = eventfd(7, 0), passed;
	uint64_t v = 0;

	pair(SOCK_SEQPACKET, fd);
	out.head = (struct cmsghdr){ CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS };
	memcpy(CMSG_DATA(&out.head), &event, sizeof(int));
	tlml_loop_recvmsg(loop, step(&r), fd[0], &got);
	tlml_loop_sendmsg(loop, step(&s), fd[1], &msg);
	run(2);
	CHECK_STEP(s, 1);
	CHECK_STEP(r, 1);
	CHECK_EQ(got.msg_controllen, sizeof(in));
	memcpy(&passed, CMSG_DATA(&in.head), sizeof(int));
	CHECK(fcntl(passed, F_GETFD) & FD_CLOEXEC, "stays open over exec");
	CHECK(read(passed, &v, sizeof(v)) == 8 && v == 7, "another descriptor");
	close(passed);
	close(event);
	unpair(fd);
}

static struct {
	char data[1 << 20], copy[1 << 20];
	size_t sent, got;
	struct iovec iov;
	struct msghdr msg;
	int fd[2], parts;
} bulk;

static void bulk_sent(struct tlml_op *op, int res)
{
	if (!CHECK(res > 0, "%d", res)) {
		tlml_loop_stop(loop);
		return;
	}
	bulk.sent += res;
	bulk.parts++;
	bulk.iov = (struct iovec){ bulk.data + bulk.sent, sizeof(bulk.data) - bulk.sent };
	if (bulk.iov.iov_len)
		tlml_loop_sendmsg(loop, op, bulk.fd[0], &bulk.msg);
}

static void bulk_got(struct tlml_op *op, int res)
{
	bulk.got += res > 0 ? res : 0;
	if (!CHECK(res > 0, "%d", res) || bulk.got == sizeof(bulk.data))
		tlml_loop_stop(loop);
	else
		tlml_loop_recv(loop, op, bulk.fd[1], bulk.copy + bulk.got, 10000);
}

static void sends_in_parts(void)
{
	struct tlml_op in = { .done = bulk_got }, out = { .done = bulk_sent };

	memset(&bulk, 0, sizeof(bulk));
	for (size_t i = 0; i < sizeof(bulk.data); i++)
		bulk.data[i] = i * 2654435761u >> 24;
	pair(SOCK_STREAM, bulk.fd);
	bulk.iov = (struct iovec){ bulk.data, sizeof(bulk.data) };
	bulk.msg = (struct msghdr){ .msg_iov = &bulk.iov, .msg_iovlen = 1 };
	tlml_loop_sendmsg(loop, &out, bulk.fd[0], &bulk.msg);
	tlml_loop_recv(loop, &in, bulk.fd[1], bulk.copy, 10000);
	CHECK(!tlml_loop_run(loop, &error), "%s", error.text);
	CHECK(bulk.parts > 1, "all in one");
	CHECK(!memcmp(bulk.data, bulk.copy, sizeof(bulk.data)), "not what was sent");
	unpair(bulk.fd);
}

static int unix_socket(struct sockaddr_un *a, socklen_t *len)
{
	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	*len = offsetof(struct sockaddr_un, sun_path) + 1 +
	       sprintf(a->sun_path + 1, "tlml-test-loop-%d", getpid());
	return socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static void connects_by_unix(void)
{
	struct step c = {}, a = {};
	struct sockaddr_un addr;
	int fd, peer, more;
	socklen_t len;

	fd = unix_socket(&addr, &len);
	peer = unix_socket(&addr, &len);
	more = unix_socket(&addr, &len);
	tlml_loop_connect(loop, step(&c), peer, (void *)&addr, len);
	CHECK(!c.times, "completed within the starting call");
	run(1);
	CHECK_STEP(c, -ECONNREFUSED);
	CHECK(!bind(fd, (void *)&addr, len) && !listen(fd, 0), "%s", strerror(errno));
	tlml_loop_accept(loop, step(&a), fd);
	tlml_loop_connect(loop, step(&c), peer, (void *)&addr, len);
	run(2);
	CHECK_STEP(c, 0);
	CHECK(a.times == 1 && a.res >= 0, "%d", a.res);
	CHECK(fcntl(a.res, F_GETFD) & FD_CLOEXEC && fcntl(a.res, F_GETFL) & O_NONBLOCK, "flags");
	CHECK(write(a.res, "hi", 2) == 2 && read(peer, (char[2]){}, 2) == 2, "not joined");
	close(a.res);
	close(peer);
	peer = unix_socket(&addr, &len);
	CHECK(!connect(peer, (void *)&addr, len), "%s", strerror(errno));
	tlml_loop_connect(loop, step(&c), more, (void *)&addr, len);
	run(1);
	CHECK_STEP(c, -EAGAIN);
	close(more);
	close(peer);
	close(fd);
}

static int tcp(void)
{
	return socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static void connects_by_tcp(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(addr);
	struct step c = {}, a = {};
	int fd = tcp(), peer = tcp();

	CHECK(!bind(fd, (void *)&addr, len) && !listen(fd, 1), "%s", strerror(errno));
	CHECK(!getsockname(fd, (void *)&addr, &len), "%s", strerror(errno));
	tlml_loop_accept(loop, step(&a), fd);
	tlml_loop_connect(loop, step(&c), peer, (void *)&addr, len);
	run(2);
	CHECK_STEP(c, 0);
	CHECK(a.times == 1 && a.res >= 0, "%d", a.res);
	close(a.res);
	close(peer);
	close(fd);
	peer = tcp();
	tlml_loop_connect(loop, step(&c), peer, (void *)&addr, len);
	run(1);
	CHECK_STEP(c, -ECONNREFUSED);
	close(peer);
}

static void tells_of_hang_ups(void)
{
	struct iovec iov = { "x", 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct step s = {}, p = {};
	char buf[4];
	int fd[2];

	pair(SOCK_STREAM, fd);
	CHECK_EQ(write(fd[0], "unread", 6), 6);
	tlml_loop_recv(loop, step(&s), fd[0], buf, sizeof(buf));
	tlml_loop_poll(loop, step(&p), fd[0], POLLPRI);
	close(fd[1]);
	run(2);
	CHECK_STEP(s, -ECONNRESET);
	CHECK(p.times == 1 && p.res & POLLHUP, "%#x", p.res);
	tlml_loop_sendmsg(loop, step(&s), fd[0], &msg);
	run(1);
	CHECK_STEP(s, -EPIPE);
	close(fd[0]);
}

static void polls_once(void)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	uint64_t one = 1;
	struct step p = {}, t = {};

	tlml_loop_poll(loop, step(&p), fd, POLLIN);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(write(fd, &one, sizeof(one)), 8);
		tlml_loop_timer(loop, step(&t), tlml_loop_now() + MS);
		run(i ? 1 : 2);
	}
	CHECK_STEP(p, POLLIN);
	tlml_loop_poll(loop, step(&p), fd, POLLIN | POLLOUT);
	run(1);
	CHECK_STEP(p, POLLIN | POLLOUT);
	close(fd);
}

/* Waiters of one descriptor do not keep each other's events, nor share one message. */
static void shares_a_descriptor(void)
{
	struct iovec iov = { bulk.data, sizeof(bulk.data) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct step r[3] = {}, s = {}, t = {};
	char buf[3][4];
	int fd[2];

	pair(SOCK_STREAM, fd);
	while (write(fd[0], bulk.data, sizeof(bulk.data)) > 0)
		;
	tlml_loop_sendmsg(loop, step(&s), fd[0], &msg);
	for (int i = 0; i < 3; i++)
		tlml_loop_recv(loop, step(&r[i]), fd[0], buf[i], sizeof(buf[i]));
	for (int i = 1; i <= 3; i++) {
		tlml_loop_timer(loop, step(&t), tlml_loop_now() + MS);
		run(1);
		CHECK_EQ(write(fd[1], "abcd", 4), 4);
		run(1);
		CHECK_EQ(r[0].times + r[1].times + r[2].times, i);
	}
	for (int i = 0; i < 3; i++)
		CHECK_STEP(r[i], 4);
	CHECK_EQ(s.times, 0);
	while (!s.times && read(fd[1], bulk.copy, sizeof(bulk.copy)) > 0) {
		tlml_loop_timer(loop, step(&t), tlml_loop_now() + MS / 10);
		awaited = 0;
		while (!t.times && !s.times) {
			awaited = 1;
			CHECK(!tlml_loop_run(loop, &error), "%s", error.text);
		}
		while (!t.times)
			run(1);
	}
	CHECK(s.times == 1 && s.res > 0, "%d", s.res);
	unpair(fd);
}

static int rounds, echo[2];

static void again(struct tlml_op *op, int res)
{
	CHECK_EQ(res, 1);
	if (++rounds == 1000) {
		tlml_loop_stop(loop);
		return;
	}
	CHECK_EQ(write(echo[1], "x", 1), 1);
	tlml_loop_recv(loop, op, echo[0], op->arg, 1);
}

static void restarts_from_done(void)
{
	char buf;
	struct tlml_op op = { .done = again, .arg = &buf };

	rounds = 0;
	pair(SOCK_STREAM, echo);
	CHECK_EQ(write(echo[1], "x", 1), 1);
	tlml_loop_recv(loop, &op, echo[0], &buf, 1);
	CHECK(!tlml_loop_run(loop, &error), "%s", error.text);
	CHECK_EQ(rounds, 1000);
	unpair(echo);
}

static void holds_many(void)
{
	static struct step s[MANY];
	static int fd[MANY][2];
	static char buf[MANY];
	struct rlimit lim;
	int n = MANY;

	if (getrlimit(RLIMIT_NOFILE, &lim))
		abort();
	lim.rlim_cur = lim.rlim_max;
	setrlimit(RLIMIT_NOFILE, &lim);
	if (lim.rlim_cur < 2 * MANY + 64)
		n = (lim.rlim_cur - 64) / 2;
	for (int i = 0; i < n; i++) {
		pair(SOCK_STREAM, fd[i]);
		tlml_loop_recv(loop, step(&s[i]), fd[i][0], &buf[i], 1);
	}
	for (int i = 0; i < n; i++)
		CHECK_EQ(write(fd[i][1], "x", 1), 1);
	run(n);
	for (int i = 0; i < n; i++) {
		CHECK_STEP(s[i], 1);
		tlml_loop_recv(loop, step(&s[i]), fd[i][0], &buf[i], 1);
	}
	for (int i = 0; i < n; i += 2)
		tlml_loop_cancel(loop, &s[i].op);
	run((n + 1) / 2);
	for (int i = 1; i < n; i += 2)
		tlml_loop_cancel(loop, &s[i].op);
	run(n / 2);
	for (int i = 0; i < n; i++) {
		CHECK_STEP(s[i], -ECANCELED);
		unpair(fd[i]);
	}
}

static const struct tap_test tests[] = {
	{ "receives what came, comes, or ends", receives },
	{ "descriptors pass, closed on exec", passes_descriptors },
	{ "sends in parts", sends_in_parts },
	{ "unix: connect, accept, refused, full", connects_by_unix },
	{ "tcp: connect, accept, refused", connects_by_tcp },
	{ "hang-ups are told, by no signal", tells_of_hang_ups },
	{ "polls once", polls_once },
	{ "waiters share a descriptor", shares_a_descriptor },
	{ "restarts from its own done()", restarts_from_done },
	{ "thousands at once", holds_many },
};

int main(void)
{
	return loops_main(tests, sizeof(tests) / sizeof(tests[0]));
}
