// SPDX-License-Identifier: BSD-2-Clause
/* The process that answers. One thread talks, the queue's workers compute. */
#include "server.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "../log.h"
#include "exchange.h"

#define BODY_MAX	(8 << 20)	/* bytes */
#define HEADERS_MAX	(16 << 10)
#define IDLE_S		60		/* a client silent for longer is cut off */
#define PAUSE_MS	100		/* between looks whether there is room for a connection */
#define STOP_S		5		/* for requests under way */
#define STUCK_S		20		/* no chunk takes that long */
#define BEAT_US		1000000		/* between signs of life at most */

enum { ON_TERM, ON_INT, ON_HUP, ON_QUEUE, ON_MODELS, ON_PAUSE, ON_BEAT, EVENTS };

struct server {
	const struct tlml_server_options *o;
	struct event_base *base;
	struct evhttp *http;
	struct evhttp_bound_socket *bound[TLML_SOCKETS_MAX];
	struct event *on[EVENTS];
	struct tlml_exchange_context context;
	int stopping, look_again;
};

static struct server *self;	/* for the callback of a listener, whose argument is evhttp's */

/*
 * A sign of life, unless a model does not come back from a few flows: then there is no other way
 * to get the thread back. A parent that does not read them looks after itself.
 */
static void beat(const struct server *s)
{
	if (tlml_queue_longest_ns(s->context.queue) > STUCK_S * 1000000000ull) {
		tlml_log(TLML_LOG_ERROR, "a model has computed a few flows for more than %d s and may do so forever: this worker ends",
			 STUCK_S);
		_exit(1);
	}
	if (write(s->o->beat_fd, "", 1) < 0)
		return;
}

static void stop_if_idle(struct server *s)
{
	const struct timeval flush = { .tv_usec = 50000 };

	if (s->stopping && !tlml_models_loading(s->context.models) &&
	    !tlml_queue_jobs(s->context.queue))
		event_base_loopexit(s->base, &flush);
}

static void stop(struct server *s)
{
	const struct timeval most = { .tv_sec = STOP_S };
	unsigned int i;

	if (s->stopping)
		return;
	s->stopping = 1;
	for (i = 0; i < s->o->sockets; i++)
		evhttp_del_accept_socket(s->http, s->bound[i]);
	event_base_loopexit(s->base, &most);
	stop_if_idle(s);
}

static void look(struct server *s)
{
	int err = tlml_models_load(s->context.models, NULL, NULL, NULL);

	s->look_again = err == -EBUSY;
	if (err && !s->look_again)
		tlml_log(TLML_LOG_WARNING, "cannot start a thread that looks for models");
}

static void on_signal(evutil_socket_t sig, short what, void *arg)
{
	if (sig == SIGHUP)
		look(arg);
	else
		stop(arg);
}

static void on_queue(evutil_socket_t fd, short what, void *arg)
{
	struct server *s = arg;
	struct tlml_job *job;

	while ((job = tlml_queue_take(s->context.queue)))
		tlml_exchange_end(job);
	stop_if_idle(s);
}

static void on_models(evutil_socket_t fd, short what, void *arg)
{
	struct server *s = arg;

	tlml_models_finish(s->context.models);
	if (s->look_again && !s->stopping)
		look(s);
	stop_if_idle(s);
}

static void on_beat(evutil_socket_t fd, short what, void *arg)
{
	beat(arg);
}

/* There is room again, perhaps. */
static void on_pause(evutil_socket_t fd, short what, void *arg)
{
	struct server *s = arg;
	unsigned int i;

	for (i = 0; !s->stopping && i < s->o->sockets; i++)
		evconnlistener_enable(evhttp_bound_socket_get_listener(s->bound[i]));
}

/* No descriptor is left for a connection: those that wait are taken when others have gone. */
static void on_full(struct evconnlistener *listener, void *http)
{
	const struct timeval pause = { .tv_usec = PAUSE_MS * 1000 };

	evconnlistener_disable(listener);
	evtimer_add(self->on[ON_PAUSE], &pause);
}

static int events_new(struct server *s)
{
	const uint64_t us = s->o->beat_us && s->o->beat_us < BEAT_US ? s->o->beat_us : BEAT_US;
	const struct timeval every = { us / 1000000, us % 1000000 };
	const struct tlml_exchange_context *c = &s->context;
	int i, n;

	s->on[ON_TERM] = evsignal_new(s->base, SIGTERM, on_signal, s);
	s->on[ON_INT] = evsignal_new(s->base, SIGINT, on_signal, s);
	s->on[ON_HUP] = evsignal_new(s->base, SIGHUP, on_signal, s);
	s->on[ON_QUEUE] = event_new(s->base, tlml_queue_fd(c->queue), EV_READ | EV_PERSIST,
				    on_queue, s);
	s->on[ON_MODELS] = event_new(s->base, tlml_models_fd(c->models), EV_READ | EV_PERSIST,
				     on_models, s);
	s->on[ON_PAUSE] = evtimer_new(s->base, on_pause, s);
	s->on[ON_BEAT] = event_new(s->base, -1, EV_PERSIST, on_beat, s);
	for (i = 0; i < EVENTS; i++)
		if (!s->on[i])
			return -ENOMEM;
	for (i = n = 0; i < ON_PAUSE; i++)
		n |= event_add(s->on[i], NULL);
	n |= event_add(s->on[ON_BEAT], &every);
	return n ? -ENOMEM : 0;
}

static int http_new(struct server *s)
{
	unsigned int i;

	s->http = evhttp_new(s->base);
	if (!s->http)
		return -ENOMEM;
	evhttp_set_max_body_size(s->http, BODY_MAX);
	evhttp_set_max_headers_size(s->http, HEADERS_MAX);
	evhttp_set_timeout(s->http, IDLE_S);
	evhttp_set_allowed_methods(s->http, ~0);	/* those refused get JSON, too */
	evhttp_set_gencb(s->http, tlml_exchange_begin, &s->context);
	for (i = 0; i < s->o->sockets; i++) {
		s->bound[i] = evhttp_accept_socket_with_handle(s->http, s->o->fd[i]);
		if (!s->bound[i])
			return -ENOMEM;
		evconnlistener_set_error_cb(evhttp_bound_socket_get_listener(s->bound[i]), on_full);
	}
	return 0;
}

static void server_free(struct server *s)
{
	int i;

	if (s->context.queue)
		tlml_queue_free(s->context.queue);
	if (s->http)
		evhttp_free(s->http);
	if (s->context.models)
		tlml_models_free(s->context.models);
	for (i = 0; i < EVENTS; i++)
		if (s->on[i])
			event_free(s->on[i]);
	if (s->base)
		event_base_free(s->base);
}

int tlml_server_run(const struct tlml_server_options *o, struct tlml_error *e)
{
	struct server s = { .o = o };
	int err;

	self = &s;
	signal(SIGPIPE, SIG_IGN);
	err = tlml_models_new(&o->shelf, &s.context.models, e);
	if (!err)
		err = tlml_queue_new(o->shelf.workers, o->queue, &s.context.queue, e);
	if (!err) {
		s.base = event_base_new();
		err = s.base ? events_new(&s) : -ENOMEM;
		if (!err)
			err = http_new(&s);
		if (err)
			tlml_error_set(e, -err, "cannot set up the event loop: %s", strerror(-err));
	}
	if (!err) {
		beat(&s);
		event_base_dispatch(s.base);
	}
	server_free(&s);
	return err;
}
