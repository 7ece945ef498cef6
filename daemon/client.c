// SPDX-License-Identifier: BSD-2-Clause
/* One connection of the control socket: a request, its reply, the next one; events in between. */
#include "client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FDS_MAX		32	/* of more in one message the kernel closes the rest, and says so */

struct tlml_client {
	struct tlml_control *control;
	TAILQ_ENTRY(tlml_client) all;
	struct tlml_watcher watcher;
	int fd, watching, ending;
	int surplus;			/* there were as many as are served when it came */
	struct tlml_op in, out;
	struct msghdr in_msg, out_msg;
	struct iovec in_iov, out_iov;
	char *reply, *sending;		/* ready; under way */
	char text[TLML_REQUEST_MAX];	/* the request */
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(FDS_MAX * sizeof(int))];
	} ancillary;
};

static void client_receive(struct tlml_client *c)
{
	c->in_iov = (struct iovec){ c->text, sizeof(c->text) };
	c->in_msg = (struct msghdr){
		.msg_iov = &c->in_iov, .msg_iovlen = 1,
		.msg_control = &c->ancillary, .msg_controllen = sizeof(c->ancillary),
	};
	tlml_loop_recvmsg(c->control->loop, &c->in, c->fd, &c->in_msg);
}

/* Replies come before events. The next request is read when the last reply is on its way. */
static void client_send(struct tlml_client *c)
{
	if (c->ending || tlml_loop_pending(&c->out))
		return;
	c->sending = c->reply;
	c->reply = NULL;
	if (c->sending)
		client_receive(c);
	else if (c->watching)
		c->sending = tlml_watch_fetch(&c->watcher);
	if (!c->sending)
		return;
	c->out_iov = (struct iovec){ c->sending, strlen(c->sending) };
	c->out_msg = (struct msghdr){ .msg_iov = &c->out_iov, .msg_iovlen = 1 };
	tlml_loop_sendmsg(c->control->loop, &c->out, c->fd, &c->out_msg);
}

static void client_free(struct tlml_client *c)
{
	struct tlml_control *control = c->control;

	TAILQ_REMOVE(&control->clients, c, all);
	control->count--;
	close(c->fd);
	free(c->reply);
	free(c->sending);
	free(c);
	tlml_control_left(control);
}

static void client_rest(struct tlml_client *c)
{
	if (c->ending && !tlml_loop_pending(&c->in) && !tlml_loop_pending(&c->out))
		client_free(c);
}

void tlml_client_end(struct tlml_client *c)
{
	if (c->ending)
		return;
	c->ending = 1;
	if (c->watching) {
		c->watching = 0;
		tlml_watch_end(c->control->watchers, &c->watcher);
		c->control->calls->watched(c->control->arg);
	}
	tlml_loop_cancel(c->control->loop, &c->in);
	tlml_loop_cancel(c->control->loop, &c->out);
}

static void client_ready(struct tlml_watcher *w)
{
	client_send((struct tlml_client *)((char *)w - offsetof(struct tlml_client, watcher)));
}

static void client_watch(struct tlml_client *c, const struct tlml_request *r)
{
	if (!c->watching)
		tlml_watch_begin(c->control->watchers, &c->watcher);
	c->watching = 1;
	strcpy(c->watcher.ifname, r->ifname);
	c->watcher.trace = r->trace;
	c->watcher.payload = r->payload;
	c->control->calls->watched(c->control->arg);
}

char *tlml_client_error(const char *sentence)
{
	char text[sizeof(((struct tlml_error *)0)->text)], *out;
	json_t *o;

	snprintf(text, sizeof(text), "%s", sentence);
	for (char *s = text; *s; s++)
		if (*s < ' ' || *s > '~')
			*s = '?';
	o = json_pack("{s:s}", "error", text);
	out = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	return out;
}

/* The descriptors of the message into fds[FDS_MAX]; how many. */
static int client_fds(struct msghdr *msg, int *fds)
{
	struct cmsghdr *h;
	int n = 0;

	for (h = CMSG_FIRSTHDR(msg); h; h = CMSG_NXTHDR(msg, h)) {
		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
			continue;
		n = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);	/* a message has one of them */
		memcpy(fds, CMSG_DATA(h), n * sizeof(int));
	}
	return n;
}

static int client_add(struct tlml_client *c, const struct tlml_request *r, const int *fds, int n,
		      struct tlml_error *e)
{
	if (n != (int)r->maps + 1) {
		for (int i = 0; i < n; i++)
			close(fds[i]);
		return tlml_error_set(e, EINVAL, "%d descriptors came with %u names of maps: send one more than names, that of the directory",
				      n, r->maps);
	}
	return c->control->calls->add(c->control->arg, r, fds, e);
}

/* o, a reference that is taken over, is the reply. */
static int client_reply(struct tlml_client *c, json_t *o, struct tlml_error *e)
{
	c->reply = o ? json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(5)) : NULL;
	json_decref(o);
	return c->reply ? 0 : tlml_error_set(e, ENOMEM, "no memory for the reply");
}

/* A file may come with it, one at most. */
static int client_models(struct tlml_client *c, const struct tlml_request *r, const int *fds, int n,
			 struct tlml_error *e)
{
	json_t *reply = c->control->calls->models(c->control->arg, r, n == 1 ? fds[0] : -1, e);

	return reply ? client_reply(c, reply, e) : -EREMOTEIO;
}

static int client_label(struct tlml_client *c, const struct tlml_request *r, struct tlml_error *e)
{
	const struct tlml_control *control = c->control;
	json_t *reply = r->verb == TLML_DO_LABEL ? control->calls->label(control->arg, r, e) :
			control->calls->teach(control->arg, e);

	return reply ? client_reply(c, reply, e) : -EREMOTEIO;
}

static int client_do(struct tlml_client *c, int len, struct tlml_error *e)
{
	const struct tlml_control_calls *calls = c->control->calls;
	int fds[FDS_MAX], n = client_fds(&c->in_msg, fds), err;
	struct tlml_request r;

	if (c->surplus)
		err = tlml_error_set(e, EUSERS, "tlmld serves %d clients at a time: end one of the others",
				     TLML_CLIENTS_MAX);
	else if (c->in_msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
		err = tlml_error_set(e, EMSGSIZE, "the message has more than %u bytes, or %d descriptors",
				     TLML_REQUEST_MAX, FDS_MAX);
	else
		err = tlml_request_parse(c->text, len, &r, e);
	if (!err && r.verb == TLML_DO_ADD)
		return client_add(c, &r, fds, n, e);
	if (!err && tlml_request_of_models(&r))
		err = client_models(c, &r, fds, n, e);
	for (int i = 0; i < n; i++)
		close(fds[i]);
	if (err || tlml_request_of_models(&r))
		return err;
	if (r.verb == TLML_DO_REMOVE)
		return calls->remove(c->control->arg, r.ifname, e);
	if (r.verb == TLML_DO_LEARN)
		return calls->learn(c->control->arg, r.ifname, e);
	if (r.verb == TLML_DO_LABEL || r.verb == TLML_DO_TEACH)
		return client_label(c, &r, e);
	if (r.verb == TLML_DO_STATUS)
		return client_reply(c, calls->status(c->control->arg, r.from), e);
	client_watch(c, &r);
	return 0;
}

static void client_in(struct tlml_op *op, int res)
{
	struct tlml_client *c = op->arg;
	struct tlml_error e;

	if (c->ending || res <= 0) {
		tlml_client_end(c);
		client_rest(c);
		return;
	}
	if (client_do(c, res, &e))
		c->reply = tlml_client_error(e.text);
	else if (!c->reply)
		c->reply = strdup("{\"ok\":true}");
	if (c->reply && strlen(c->reply) <= TLML_REQUEST_MAX) {
		client_send(c);
		return;
	}
	tlml_client_end(c);		/* no memory, or more than a message holds */
	client_rest(c);
}

static void client_out(struct tlml_op *op, int res)
{
	struct tlml_client *c = op->arg;

	free(c->sending);
	c->sending = NULL;
	if (res < 0)
		tlml_client_end(c);
	client_send(c);
	client_rest(c);
}

struct tlml_client *tlml_client_next(struct tlml_control *control, struct tlml_client *c)
{
	return c ? TAILQ_NEXT(c, all) : TAILQ_FIRST(&control->clients);
}

int tlml_client_new(struct tlml_control *control, int fd)
{
	struct tlml_client *c = calloc(1, sizeof(*c));

	if (!c) {
		close(fd);
		return -ENOMEM;
	}
	c->control = control;
	c->fd = fd;
	c->surplus = control->count >= TLML_CLIENTS_MAX;
	c->in = (struct tlml_op){ .done = client_in, .arg = c };
	c->out = (struct tlml_op){ .done = client_out, .arg = c };
	c->watcher.ready = client_ready;
	TAILQ_INSERT_TAIL(&control->clients, c, all);
	control->count++;
	client_receive(c);
	return 0;
}
