// SPDX-License-Identifier: BSD-2-Clause
/*
 * A client's keep-alive HTTP connection. It reads as long as it is open, so that a server that
 * closes it between requests is noticed then, and not by the next request. Closing takes until no
 * operation is under way any more; only then is the request done, so that who is told may use
 * everything anew. The timer is not renewed for each request: it looks whether it came too early.
 */
#include "conn.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#define MS	1000000ull

void tlml_conn_free(struct tlml_conn *c)
{
	tlml_http_free(&c->http);
}

int tlml_conn_idle(const struct tlml_conn *c)
{
	return c->fd >= 0 && !c->busy;
}

/* The request under way has its outcome; a new one may begin from within. */
static void finish(struct tlml_conn *c, int err)
{
	if (!c->busy)
		return;
	c->busy = 0;
	c->done(c, err);
}

/* After each operation: goes on with closing as far as possible. */
static void settle(struct tlml_conn *c)
{
	if (tlml_loop_pending(&c->out) || tlml_loop_pending(&c->in))
		return;
	if (c->closing) {
		if (c->fd >= 0)
			close(c->fd);
		c->fd = -1;
		c->closing = 0;
		finish(c, c->err);
	}
	if (c->shut && !c->over && !tlml_loop_pending(&c->timer)) {
		c->over = 1;
		c->gone(c);
	}
}

/* Begins to close; err is what the request under way ends with. */
static void begin_close(struct tlml_conn *c, int err)
{
	if (c->closing)
		return;
	c->closing = 1;
	c->err = err;
	tlml_loop_cancel(c->loop, &c->out);
	tlml_loop_cancel(c->loop, &c->in);
}

static void listen_on(struct tlml_conn *c)
{
	tlml_loop_recv(c->loop, &c->in, c->fd, c->buf, sizeof(c->buf));
}

/* Takes n bytes of the response, or its end. */
static void take(struct tlml_conn *c, int n)
{
	int err = tlml_http_feed(&c->http, c->buf, n, &c->why);

	if (!err && !c->http.complete) {
		listen_on(c);
		return;
	}
	if (!err)
		err = c->check(c);
	/* One that came before the request was out says nothing of what it would find next. */
	if (err || !n || !c->http.keep_alive || tlml_loop_pending(&c->out)) {
		begin_close(c, err);
		return;
	}
	listen_on(c);
	finish(c, 0);
}

static void on_in(struct tlml_op *op, int res)
{
	struct tlml_conn *c = op->arg;

	if (c->closing)
		;
	else if (!c->busy)	/* it ends, or speaks unasked */
		begin_close(c, 0);
	else if (res < 0)
		begin_close(c, tlml_error_set(&c->why, -res, "the connection was lost: %s",
					      strerror(-res)));
	else
		take(c, res);
	settle(c);
}

static int cannot_connect(struct tlml_conn *c, int code)
{
	const char *what = strerror(code);

	if (code == ENOENT)
		what = "there is no such socket: is the server running?";
	else if (code == ECONNREFUSED)
		what = "nobody listens there: is the server running?";
	else if (code == EAGAIN)
		what = "its backlog is full: it does not keep up";
	else if (code == EBADF)
		what = "no descriptor is left for a socket: raise the limit of open files";
	return tlml_error_set(&c->why, code, "cannot connect: %s", what);
}

static void send_rest(struct tlml_conn *c)
{
	while (c->msg.msg_iovlen && !c->msg.msg_iov->iov_len) {
		c->msg.msg_iov++;
		c->msg.msg_iovlen--;
	}
	if (c->msg.msg_iovlen)
		tlml_loop_sendmsg(c->loop, &c->out, c->fd, &c->msg);
}

static void sent(struct tlml_conn *c, size_t n)
{
	struct iovec *v = c->msg.msg_iov;
	size_t part;

	for (; n; n -= part, v++) {
		part = n < v->iov_len ? n : v->iov_len;
		v->iov_base = (char *)v->iov_base + part;
		v->iov_len -= part;
	}
	send_rest(c);
}

static void on_out(struct tlml_op *op, int res)
{
	struct tlml_conn *c = op->arg;

	if (c->closing)
		;
	else if (res < 0 && c->connecting)
		begin_close(c, cannot_connect(c, -res));
	else if (res == -EPIPE || res == -ECONNRESET)
		;	/* reading tells more: perhaps a response came before the end */
	else if (res < 0)
		begin_close(c, tlml_error_set(&c->why, -res, "cannot send: %s", strerror(-res)));
	else if (c->connecting) {
		c->connecting = 0;
		listen_on(c);
		send_rest(c);
	} else
		sent(c, res);
	settle(c);
}

static void on_timer(struct tlml_op *op, int res)
{
	struct tlml_conn *c = op->arg;

	if (!c->busy || c->closing || c->shut)
		;
	else if (res)
		begin_close(c, tlml_error_set(&c->why, -res, "cannot wait for a response: %s",
					      strerror(-res)));
	else if (tlml_loop_now() >= c->deadline)
		begin_close(c, tlml_error_set(&c->why, ETIMEDOUT, "no response within %u ms",
					      c->timeout_ms));
	else
		tlml_loop_timer(c->loop, &c->timer, c->deadline);
	settle(c);
}

void tlml_conn_init(struct tlml_conn *c)
{
	tlml_http_init(&c->http);
	c->fd = -1;
	c->out = (struct tlml_op){ .done = on_out, .arg = c };
	c->in = (struct tlml_op){ .done = on_in, .arg = c };
	c->timer = (struct tlml_op){ .done = on_timer, .arg = c };
}

static void begin_connect(struct tlml_conn *c)
{
	int family = c->url->addr.ss_family, one = 1;

	c->fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd >= 0 && family != AF_UNIX)
		setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	/* Without a descriptor connecting fails, and tells so in due order. */
	tlml_loop_connect(c->loop, &c->out, c->fd, (const struct sockaddr *)&c->url->addr,
			  c->url->len);
}

void tlml_conn_request(struct tlml_conn *c, const void *body, size_t len)
{
	tlml_http_reset(&c->http);
	c->iov[0] = (struct iovec){ c->head, strlen(c->head) };
	c->iov[1] = (struct iovec){ (void *)body, len };
	c->msg = (struct msghdr){ .msg_iov = c->iov, .msg_iovlen = 2 };
	c->busy = 1;
	c->connecting = c->fd < 0;
	c->deadline = tlml_loop_now() + c->timeout_ms * MS;
	if (!tlml_loop_pending(&c->timer))
		tlml_loop_timer(c->loop, &c->timer, c->deadline);
	if (c->fd >= 0)
		send_rest(c);
	else
		begin_connect(c);
}

void tlml_conn_shut(struct tlml_conn *c)
{
	c->shut = 1;
	tlml_loop_cancel(c->loop, &c->timer);
	if (c->fd >= 0 || c->busy)
		begin_close(c, tlml_error_set(&c->why, ECANCELED, "closed"));
	settle(c);
}
