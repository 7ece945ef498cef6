// SPDX-License-Identifier: BSD-2-Clause
/* The control socket: listens, and keeps the number of its clients in bounds. */
#include "control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "listen.h"
#include "log.h"

#define PAUSE_NS	1000000000ull	/* after there was no descriptor for a client */

static void accepted(struct tlml_op *op, int res)
{
	struct tlml_control *c = op->arg;
	int paused = c->pausing;

	c->pausing = 0;
	if (c->closed) {
		if (!paused && res >= 0)
			close(res);
		tlml_control_left(c);
		return;
	}
	if (!paused && res < 0) {
		tlml_log(TLML_LOG_WARNING, "no connection to the control socket: %s", strerror(-res));
		c->pausing = 1;
		tlml_loop_timer(c->loop, op, tlml_loop_now() + PAUSE_NS);
		return;
	}
	if (!paused && c->count == TLML_CLIENTS_MAX + TLML_CLIENTS_TOLD)
		close(res);
	else if (!paused && tlml_client_new(c, res))
		tlml_log(TLML_LOG_WARNING, "no memory for a client of the control socket");
	tlml_loop_accept(c->loop, op, c->fd);
}

int tlml_control_open(struct tlml_loop *l, const char *path, struct tlml_watchers *watchers,
		      const struct tlml_control_calls *calls, void *arg, struct tlml_control **to,
		      struct tlml_error *e)
{
	struct tlml_control *c = calloc(1, sizeof(*c));
	int err = 0;

	if (c)
		c->path = strdup(path);
	if (!c || !c->path) {
		err = tlml_error_set(e, ENOMEM, "no memory for the control socket");
		goto free;
	}
	c->fd = tlml_listen_unix(path, SOCK_SEQPACKET, 0600, e);
	if (c->fd < 0) {
		err = c->fd;
		goto free;
	}
	c->loop = l;
	c->watchers = watchers;
	c->calls = calls;
	c->arg = arg;
	c->op = (struct tlml_op){ .done = accepted, .arg = c };
	TAILQ_INIT(&c->clients);
	tlml_loop_accept(l, &c->op, c->fd);
	*to = c;
	return 0;
free:
	if (c)
		free(c->path);
	free(c);
	return err;
}

/* A client is gone, or the socket accepts no more: with the last of them all is closed. */
void tlml_control_left(struct tlml_control *c)
{
	void (*closed)(void *arg) = c->closed;
	void *arg = c->closed_arg;

	if (!closed || c->count || tlml_loop_pending(&c->op))
		return;
	unlink(c->path);
	close(c->fd);
	free(c->path);
	free(c);
	closed(arg);
}

void tlml_control_close(struct tlml_control *c, void (*done)(void *arg), void *arg)
{
	struct tlml_client *client = NULL;

	c->closed = done;
	c->closed_arg = arg;
	tlml_loop_cancel(c->loop, &c->op);
	while ((client = tlml_client_next(c, client)))
		tlml_client_end(client);
}
