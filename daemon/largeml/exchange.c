// SPDX-License-Identifier: BSD-2-Clause
/*
 * One HTTP request and its reply. evhttp keeps a request until it has its reply, also if the client
 * is gone by then.
 */
#include "exchange.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/keyvalq_struct.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "reply.h"
#include "inference.h"
#include "route.h"

#define JSON_LENGTH	"Inference-Header-Content-Length"
#define RETRY_AFTER	"1"	/* seconds; the shortest that HTTP can say */

/* An inference under way. */
struct asking {
	struct tlml_job job;
	struct tlml_inference request;
	struct tlml_served *served;
	struct evhttp_request *req;
};

/* Sends JSON, which it takes over, and what is to come after it. */
static void send_json(struct evhttp_request *req, int status, json_t *json, const void *data,
		      size_t len)
{
	char *text = json ? json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
	struct evkeyvalq *headers = evhttp_request_get_output_headers(req);
	struct evbuffer *body = evhttp_request_get_output_buffer(req);
	char number[24];

	json_decref(json);
	evhttp_add_header(headers, "Content-Type",
			  len ? "application/octet-stream" : "application/json");
	if (!text) {
		evhttp_send_reply(req, HTTP_INTERNAL, NULL, NULL);
		return;
	}
	if (len) {
		snprintf(number, sizeof(number), "%zu", strlen(text));
		evhttp_add_header(headers, JSON_LENGTH, number);
	}
	/* The reply to HEAD has no body, but evhttp would send one. */
	if (evhttp_request_get_command(req) != EVHTTP_REQ_HEAD) {
		evbuffer_add(body, text, strlen(text));
		evbuffer_add(body, data, len);
	}
	free(text);
	evhttp_send_reply(req, status, NULL, NULL);
}

static void send_error(struct evhttp_request *req, int status, const char *text)
{
	if (status == HTTP_SERVUNAVAIL)
		evhttp_add_header(evhttp_request_get_output_headers(req), "Retry-After",
				  RETRY_AFTER);
	send_json(req, status, tlml_reply_error(text), NULL, 0);
}

static void asking_free(struct asking *a)
{
	if (a->served)
		tlml_models_put(a->served);
	tlml_inference_free(&a->request);
	free(a->job.p);
	free(a);
}

static void count(struct tlml_served_stats *s, const struct tlml_job *job)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	s->last_ms = now.tv_sec * 1000ull + now.tv_nsec / 1000000;
	if (job->err) {
		s->failed++;
		s->failed_ns += job->done_ns - job->queued_ns;
		return;
	}
	s->requests++;
	s->flows += job->flows;
	s->chunks += (job->flows + TLML_CHUNK - 1) / TLML_CHUNK;
	s->queue_ns += job->begun_ns - job->queued_ns;
	s->compute_ns += job->compute_ns;
	s->wall_ns += job->done_ns - job->queued_ns;
}

void tlml_exchange_end(struct tlml_job *job)
{
	struct asking *a = (struct asking *)job;
	size_t len = a->request.binary ?
		     (size_t)job->flows * job->classes * sizeof(*job->p) : 0;

	count(&a->served->stats, job);
	if (job->err)
		send_error(a->req, HTTP_INTERNAL, job->error.text);
	else
		send_json(a->req, HTTP_OK, tlml_reply_infer(a->served, &a->request, job->p),
			  job->p, len);
	asking_free(a);
}

/* The length of the JSON part, -1 if all of the body is JSON; -2 if the field says nothing. */
static long json_length(struct evhttp_request *req)
{
	const char *v = evhttp_find_header(evhttp_request_get_input_headers(req), JSON_LENGTH);

	if (!v)
		return -1;
	return *v && strlen(v) < 10 && strspn(v, "0123456789") == strlen(v) ? atol(v) : -2;
}

/* Reads the body, which is freed with the request. */
static int asking_parse(struct asking *a, struct tlml_error *e)
{
	struct evbuffer *body = evhttp_request_get_input_buffer(a->req);
	size_t len = evbuffer_get_length(body);
	long json_len = json_length(a->req);
	const char *data;

	if (evhttp_find_header(evhttp_request_get_input_headers(a->req), "Content-Encoding"))
		return tlml_error_set(e, EINVAL, "send the body as it is, without Content-Encoding");
	if (json_len < -1)
		return tlml_error_set(e, EINVAL, JSON_LENGTH " is no number of bytes");
	data = len ? (const char *)evbuffer_pullup(body, -1) : "";
	if (!data)
		return tlml_error_set(e, ENOMEM, "no memory for a body of %zu bytes", len);
	return tlml_inference_parse(&a->served->plan, data, len, json_len, &a->request, e);
}

static int asking_begin(struct asking *a, struct tlml_queue *queue, struct tlml_error *e)
{
	int err = asking_parse(a, e);

	if (err)
		return err;
	a->job.engine = a->served->engine;
	a->job.state = a->served->state;
	a->job.flows = a->request.flows;
	a->job.classes = a->served->plan.classes;
	a->job.rows = a->request.rows;
	a->job.p = malloc((size_t)a->job.flows * a->job.classes * sizeof(*a->job.p));
	if (!a->job.p)
		return tlml_error_set(e, ENOMEM, "no memory for %u flows", a->job.flows);
	return tlml_queue_put(queue, &a->job);
}

/* served is taken over. */
static void infer(const struct tlml_exchange_context *c, struct tlml_served *served,
		  struct evhttp_request *req)
{
	struct asking *a = calloc(1, sizeof(*a));
	struct tlml_error e = { "no memory" };
	int err = -ENOMEM;

	if (!a)
		tlml_models_put(served);
	if (a) {
		a->served = served;
		a->req = req;
		err = asking_begin(a, c->queue, &e);
	}
	if (!err)
		return;
	send_error(req, err == -EINVAL ? HTTP_BADREQUEST : HTTP_SERVUNAVAIL, e.text);
	if (a)
		asking_free(a);
}

/* Whether who asks came over the Unix socket, which only those can open who may. */
static int is_local(struct evhttp_request *req)
{
	struct bufferevent *bev =
		evhttp_connection_get_bufferevent(evhttp_request_get_connection(req));
	struct sockaddr_storage addr = { .ss_family = AF_UNSPEC };
	socklen_t len = sizeof(addr);

	return !getsockname(bufferevent_getfd(bev), (struct sockaddr *)&addr, &len) &&
	       addr.ss_family == AF_UNIX;
}

static void load_done(void *arg, int err, const struct tlml_error *e)
{
	struct evhttp_request *req = arg;

	if (!err)
		send_json(req, HTTP_OK, json_object(), NULL, 0);
	else
		send_error(req, err == -ENOENT ? HTTP_NOTFOUND : HTTP_BADREQUEST, e->text);
}

static void control(const struct tlml_exchange_context *c, const struct tlml_route *r,
		    struct evhttp_request *req)
{
	int err;

	if (!is_local(req)) {
		send_error(req, 403, "models are loaded and unloaded over the Unix socket only");
		return;
	}
	if (r->kind == TLML_ROUTE_UNLOAD) {
		err = tlml_models_unload(c->models, r->name);
		if (err)
			send_error(req, HTTP_NOTFOUND, "there is no such model");
		else
			send_json(req, HTTP_OK, json_object(), NULL, 0);
		return;
	}
	err = tlml_models_load(c->models, r->name, load_done, req);
	if (err)
		send_error(req, HTTP_SERVUNAVAIL, err == -EBUSY ? "another load is under way" :
			   "cannot start a thread to load it");
}

static void model(const struct tlml_exchange_context *c, const struct tlml_route *r,
		  struct evhttp_request *req)
{
	struct tlml_served *m = tlml_models_get(c->models, r->name,
						*r->version ? r->version : NULL);

	if (!m) {
		send_error(req, HTTP_NOTFOUND,
			   "there is no such model or version: POST /v2/repository/index lists them");
		return;
	}
	if (r->kind == TLML_ROUTE_INFER) {
		infer(c, m, req);
		return;
	}
	send_json(req, HTTP_OK, r->kind == TLML_ROUTE_MODEL ? tlml_reply_model(m) :
		  r->kind == TLML_ROUTE_STATS ? tlml_reply_stats(m) :
		  json_pack("{s:s, s:b}", "name", m->name, "ready", 1), NULL, 0);
	tlml_models_put(m);
}

static int is_ready(const struct tlml_models *m)
{
	const struct tlml_models_entry *entry;
	unsigned int i;

	for (i = 0; (entry = tlml_models_entry(m, i)); i++)
		if (entry->served)
			return 1;
	return 0;
}

static void dispatch(const struct tlml_exchange_context *c, const struct tlml_route *r,
		     struct evhttp_request *req)
{
	switch (r->kind) {
	case TLML_ROUTE_LIVE:
		send_json(req, HTTP_OK, json_pack("{s:b}", "live", 1), NULL, 0);
		break;
	case TLML_ROUTE_READY:
		if (is_ready(c->models))
			send_json(req, HTTP_OK, json_pack("{s:b}", "ready", 1), NULL, 0);
		else
			send_error(req, HTTP_SERVUNAVAIL, "no model is loaded");
		break;
	case TLML_ROUTE_SERVER:
		send_json(req, HTTP_OK, tlml_reply_server(), NULL, 0);
		break;
	case TLML_ROUTE_INDEX:
		send_json(req, HTTP_OK, tlml_reply_index(c->models), NULL, 0);
		break;
	case TLML_ROUTE_LOAD:
	case TLML_ROUTE_UNLOAD:
		control(c, r, req);
		break;
	case TLML_ROUTE_NONE:
		send_error(req, HTTP_NOTFOUND, "there is nothing at this path: see the Open Inference Protocol v2");
		break;
	default:
		/* A full queue is told before anybody reads what was sent. */
		if (r->kind == TLML_ROUTE_INFER && tlml_queue_full(c->queue))
			send_error(req, HTTP_SERVUNAVAIL, "the queue is full: ask again later");
		else
			model(c, r, req);
	}
}

/* The path, decoded; one with a 0 byte is none of ours. */
static void route(struct evhttp_request *req, struct tlml_route *r)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(req);
	const char *raw = uri ? evhttp_uri_get_path(uri) : NULL;
	size_t len = 0;
	char *path = raw ? evhttp_uridecode(raw, 0, &len) : NULL;

	tlml_route_parse(path && strlen(path) == len ? path : "", r);
	free(path);
}

void tlml_exchange_begin(struct evhttp_request *req, void *context)
{
	struct tlml_route r;
	enum evhttp_cmd_type want;

	route(req, &r);
	want = r.post ? EVHTTP_REQ_POST : EVHTTP_REQ_GET;
	if (r.kind == TLML_ROUTE_NONE || evhttp_request_get_command(req) == want) {
		dispatch(context, &r, req);
		return;
	}
	evhttp_add_header(evhttp_request_get_output_headers(req), "Allow",
			  r.post ? "POST" : "GET");
	send_error(req, HTTP_BADMETHOD, r.post ? "ask by POST" : "ask by GET");
}
