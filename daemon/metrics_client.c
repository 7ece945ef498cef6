// SPDX-License-Identifier: BSD-2-Clause
/* One connection of a scraper: a request, its response, and the end, all before a deadline. */
#include "metrics_client.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "metrics_request.h"

#define DEADLINE_NS	5000000000ull

struct tlml_metrics_client {
	struct tlml_metrics *metrics;
	TAILQ_ENTRY(tlml_metrics_client) all;
	struct tlml_op io, deadline;
	struct tlml_metrics_request request;
	int fd, ending, answered;
	char *body;
	size_t len;
	struct iovec iov[2];	/* what is still to be sent of head and body */
	struct msghdr msg;
	char head[192], in[1024];
};

static void client_end(struct tlml_metrics_client *c)
{
	struct tlml_metrics *m = c->metrics;

	c->ending = 1;
	tlml_loop_cancel(m->loop, &c->io);
	tlml_loop_cancel(m->loop, &c->deadline);
	if (tlml_loop_pending(&c->io) || tlml_loop_pending(&c->deadline))
		return;
	TAILQ_REMOVE(&m->clients, c, all);
	m->count--;
	close(c->fd);
	free(c->body);
	free(c);
	tlml_metrics_left(m);
}

static const char *reason_of(int status)
{
	switch (status) {
	case 200: return "OK";
	case 400: return "Bad Request";
	case 404: return "Not Found";
	case 405: return "Method Not Allowed";
	case 431: return "Request Header Fields Too Large";
	default: return "Service Unavailable";
	}
}

static int body_write(struct tlml_metrics_client *c, int status)
{
	FILE *f = open_memstream(&c->body, &c->len);

	if (!f)
		return -ENOMEM;
	if (status == 200)
		c->metrics->write(c->metrics->arg, f);
	else
		fprintf(f, "%s: there is GET /metrics here, and nothing else\n", reason_of(status));
	return fclose(f) ? -ENOMEM : 0;
}

static void client_answer(struct tlml_metrics_client *c, int status)
{
	int n;

	if (body_write(c, status)) {
		status = 503;
		c->len = 0;
	}
	n = snprintf(c->head, sizeof(c->head),
		     "HTTP/1.1 %d %s\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
		     "Content-Length: %zu\r\n%sConnection: close\r\n\r\n", status, reason_of(status),
		     c->len, status == 405 ? "Allow: GET\r\n" : "");
	c->iov[0] = (struct iovec){ c->head, n };
	c->iov[1] = (struct iovec){ c->body, c->len };
	c->msg = (struct msghdr){ .msg_iov = c->iov, .msg_iovlen = 2 };
	c->answered = 1;
	tlml_loop_sendmsg(c->metrics->loop, &c->io, c->fd, &c->msg);
}

static int unsent(const struct tlml_metrics_client *c)
{
	return c->iov[0].iov_len || c->iov[1].iov_len;
}

static void sent(struct tlml_metrics_client *c, size_t n)
{
	for (unsigned int i = 0; i < 2; i++) {
		size_t part = n < c->iov[i].iov_len ? n : c->iov[i].iov_len;

		c->iov[i].iov_base = (char *)c->iov[i].iov_base + part;
		c->iov[i].iov_len -= part;
		n -= part;
	}
}

/*
 * After the response, bytes that still come are read away until the peer ends: to close with bytes
 * unread resets the connection, and takes the response with it.
 */
static void client_io(struct tlml_op *op, int res)
{
	struct tlml_metrics_client *c = op->arg;
	struct tlml_loop *l = c->metrics->loop;
	int status = 0;

	if (c->ending || res <= 0) {
		client_end(c);
		return;
	}
	if (unsent(c)) {
		sent(c, res);
		if (unsent(c)) {
			tlml_loop_sendmsg(l, op, c->fd, &c->msg);
			return;
		}
		shutdown(c->fd, SHUT_WR);
	} else if (!c->answered) {
		status = tlml_metrics_request_feed(&c->request, c->in, res);
	}
	if (status)
		client_answer(c, status);
	else
		tlml_loop_recv(l, op, c->fd, c->in, sizeof(c->in));
}

static void client_late(struct tlml_op *op, int res)
{
	client_end(op->arg);
}

int tlml_metrics_client_new(struct tlml_metrics *m, int fd)
{
	struct tlml_metrics_client *c = calloc(1, sizeof(*c));

	if (!c) {
		close(fd);
		return -ENOMEM;
	}
	c->metrics = m;
	c->fd = fd;
	c->io = (struct tlml_op){ .done = client_io, .arg = c };
	c->deadline = (struct tlml_op){ .done = client_late, .arg = c };
	tlml_metrics_request_init(&c->request);
	TAILQ_INSERT_TAIL(&m->clients, c, all);
	m->count++;
	tlml_loop_recv(m->loop, &c->io, fd, c->in, sizeof(c->in));
	tlml_loop_timer(m->loop, &c->deadline, tlml_loop_now() + DEADLINE_NS);
	return 0;
}

/* Each has something under way, so none leaves at once. */
void tlml_metrics_client_end_all(struct tlml_metrics *m)
{
	struct tlml_metrics_client *c;

	TAILQ_FOREACH(c, &m->clients, all)
		client_end(c);
}
