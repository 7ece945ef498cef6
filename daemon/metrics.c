// SPDX-License-Identifier: BSD-2-Clause
/* GET /metrics: listens, and keeps the number of scrapers in bounds. */
#include "metrics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "listen.h"
#include "log.h"
#include "metrics_client.h"

#define CLIENTS_MAX	8		/* at a time; others wait in the backlog */
#define PAUSE_NS	1000000000ull	/* after there was no descriptor for one */

static void go_on(struct tlml_metrics_listener *l)
{
	if (!tlml_loop_pending(&l->op) && l->metrics->count < CLIENTS_MAX)
		tlml_loop_accept(l->metrics->loop, &l->op, l->fd);
}

static void metrics_free(struct tlml_metrics *m)
{
	for (unsigned int i = 0; i < m->listeners; i++)
		close(m->listener[i].fd);
	free(m->path);
	free(m);
}

/* A client is gone, or a socket accepts no more: with the last of them all is closed. */
void tlml_metrics_left(struct tlml_metrics *m)
{
	void (*closed)(void *arg) = m->closed;
	void *arg = m->closed_arg;
	int busy = m->count;

	for (unsigned int i = 0; i < m->listeners; i++) {
		if (!closed)
			go_on(&m->listener[i]);
		busy |= tlml_loop_pending(&m->listener[i].op);
	}
	if (!closed || busy)
		return;
	unlink(m->path);
	metrics_free(m);
	closed(arg);
}

static void accepted(struct tlml_op *op, int res)
{
	struct tlml_metrics_listener *l = op->arg;
	int paused = l->pausing;

	l->pausing = 0;
	if (l->metrics->closed) {
		if (!paused && res >= 0)
			close(res);
		tlml_metrics_left(l->metrics);
		return;
	}
	if (!paused && res >= 0)
		res = tlml_metrics_client_new(l->metrics, res);
	if (paused || res >= 0) {
		go_on(l);
		return;
	}
	tlml_log(TLML_LOG_WARNING, "no connection of a scraper: %s", strerror(-res));
	l->pausing = 1;
	tlml_loop_timer(l->metrics->loop, op, tlml_loop_now() + PAUSE_NS);
}

/* Takes over the descriptor, if it is one; else it is an error. */
static int add_listener(struct tlml_metrics *m, int fd)
{
	struct tlml_metrics_listener *l = &m->listener[m->listeners];

	if (fd < 0)
		return fd;
	*l = (struct tlml_metrics_listener){ .metrics = m, .fd = fd,
					     .op = { .done = accepted, .arg = l } };
	m->listeners++;
	return 0;
}

int tlml_metrics_open(struct tlml_loop *l, const char *path, const char *listen,
		      tlml_metrics_write *write, void *arg, struct tlml_metrics **to,
		      struct tlml_error *e)
{
	struct tlml_metrics *m = calloc(1, sizeof(*m));
	int err;

	if (!m)
		return tlml_error_set(e, ENOMEM, "no memory for the metrics");
	*m = (struct tlml_metrics){ .loop = l, .path = strdup(path), .write = write, .arg = arg };
	TAILQ_INIT(&m->clients);
	err = m->path ? 0 : tlml_error_set(e, ENOMEM, "no memory for the metrics");
	if (!err && listen)
		err = add_listener(m, tlml_listen_tcp(listen, e));
	if (!err)		/* counters are no secret on this machine */
		err = add_listener(m, tlml_listen_unix(path, SOCK_STREAM, 0666, e));
	if (err) {
		metrics_free(m);
		return err;
	}
	for (unsigned int i = 0; i < m->listeners; i++)
		go_on(&m->listener[i]);
	*to = m;
	return 0;
}

void tlml_metrics_close(struct tlml_metrics *m, void (*done)(void *arg), void *arg)
{
	m->closed = done;
	m->closed_arg = arg;
	for (unsigned int i = 0; i < m->listeners; i++)
		tlml_loop_cancel(m->loop, &m->listener[i].op);
	tlml_metrics_client_end_all(m);
}
