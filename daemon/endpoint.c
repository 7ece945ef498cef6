// SPDX-License-Identifier: BSD-2-Clause
/* One place where large models are asked. */
#include "endpoint.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define MS		1000000ull
#define CHECK_MS	30000	/* how often one that is up is asked what it is */
#define MISMATCH_MS	15000	/* and, at least, one that does not fit: somebody must act first */

/* --- when to look again --- */

static void arm(struct tlml_endpoint *e, uint64_t at)
{
	e->wake = at;
	if (!tlml_loop_pending(&e->timer)) {
		e->armed = at;
		tlml_loop_timer(e->loop, &e->timer, at);
	} else if (at < e->armed) {
		tlml_loop_cancel(e->loop, &e->timer);
	}
}

static void is_up(struct tlml_endpoint *e, uint64_t now)
{
	e->state = TLML_ENDPOINT_UP;
	if (!e->breaker.run)
		e->why[0] = 0;
	arm(e, now + CHECK_MS * MS);
}

/* The breaker is open. A name may stand for another address when it is tried again. */
static void is_not(struct tlml_endpoint *e, enum tlml_endpoint_state state)
{
	e->state = state;
	e->stale = e->named;
	arm(e, e->breaker.until);
}

/* --- what it is --- */

static void is_lost(struct tlml_endpoint *e, const struct tlml_error *why)
{
	snprintf(e->why, sizeof(e->why), "%s", why->text);
	tlml_breaker_open(&e->breaker, tlml_loop_now());
	is_not(e, TLML_ENDPOINT_DOWN);
}

/* Goes on with probing, once no request is under way that may be answered by other rules. */
static void probe(struct tlml_endpoint *e)
{
	struct tlml_conn *c = &e->request[0].conn;

	if (e->state != TLML_ENDPOINT_PROBING || e->probing || e->under_way || e->closing ||
	    tlml_lookup_pending(&e->lookup))
		return;
	if (e->stale) {
		if (tlml_lookup_begin(&e->lookup))
			is_lost(e, &e->lookup.why);
		return;
	}
	e->probing = 1;
	tlml_probe_head(&e->probe, e->url.host, e->o->model, c->head, sizeof(c->head));
	tlml_conn_request(c, NULL, 0);
}

static void begin_probe(struct tlml_endpoint *e)
{
	e->state = TLML_ENDPOINT_PROBING;
	tlml_probe_begin(&e->probe);
	probe(e);
}

static void probed(struct tlml_endpoint *e, struct tlml_conn *c, int err)
{
	uint64_t now = tlml_loop_now();

	e->probing = 0;
	if (!err) {
		err = tlml_probe_take(&e->probe, &c->http, e->o, &e->plan, &c->why);
		if (err == -EPROTO) {
			snprintf(e->why, sizeof(e->why), "%s", c->why.text);
			tlml_breaker_hold(&e->breaker, now, MISMATCH_MS * MS);
			is_not(e, TLML_ENDPOINT_MISMATCH);
			return;
		}
	}
	if (err < 0) {
		is_lost(e, &c->why);
	} else if (err) {
		probe(e);
	} else {
		is_up(e, now);
	}
}

/* --- questions --- */

unsigned int tlml_endpoint_room(const struct tlml_endpoint *e)
{
	unsigned int most = e->breaker.state == TLML_BREAKER_CLOSED ? e->o->window : 1;

	return e->state == TLML_ENDPOINT_UP && e->under_way < most ? most - e->under_way : 0;
}

int tlml_endpoint_full(const struct tlml_endpoint *e)
{
	return e->state == TLML_ENDPOINT_UP && e->breaker.state == TLML_BREAKER_CLOSED &&
	       e->under_way >= e->o->window;
}

struct tlml_request *tlml_endpoint_request(struct tlml_endpoint *e)
{
	struct tlml_request *r = NULL;
	unsigned int i;

	for (i = 0; i < e->o->window; i++) {
		if (e->request[i].n)
			continue;
		if (tlml_conn_idle(&e->request[i].conn))
			return &e->request[i];
		if (!r)
			r = &e->request[i];
	}
	return r;
}

static void write_head(struct tlml_request *r, long len, size_t json_len)
{
	const struct tlml_endpoint *e = r->endpoint;
	struct tlml_conn *c = &r->conn;
	int n;

	n = snprintf(c->head, sizeof(c->head), "POST /v2/models/%s/infer HTTP/1.1\r\n"
		     "Host: %s\r\nContent-Length: %ld\r\n", e->o->model, e->url.host, len);
	if (e->plan.binary)
		snprintf(c->head + n, sizeof(c->head) - n, "Content-Type: application/octet-stream\r\n"
			 "Inference-Header-Content-Length: %zu\r\n\r\n", json_len);
	else
		snprintf(c->head + n, sizeof(c->head) - n, "Content-Type: application/json\r\n\r\n");
}

int tlml_endpoint_send(struct tlml_request *r, uint64_t id)
{
	const struct tlml_case *cases[TLML_OIP_BATCH];
	struct tlml_endpoint *e = r->endpoint;
	size_t json_len;
	unsigned int i;
	long len;

	for (i = 0; i < r->n; i++)
		cases[i] = r->q[i]->subject;
	len = tlml_oip_request(&e->plan, cases, r->n, id, &r->body, &r->room, &json_len);
	if (len < 0)
		return len;
	write_head(r, len, json_len);
	r->sent_ns = tlml_loop_now();
	e->under_way++;
	e->requests++;
	tlml_conn_request(&r->conn, r->body, len);
	return 0;
}

static int check(struct tlml_conn *c)
{
	struct tlml_request *r = c->arg;
	struct tlml_endpoint *e = r->endpoint;

	if (!r->n || c->http.status != 200)
		return 0;
	return tlml_oip_reply_parse(&e->plan, c->http.body, c->http.len, c->http.json_len, r->n,
				    e->p, &c->why);
}

static void succeeded(struct tlml_endpoint *e, const struct tlml_request *r)
{
	tlml_latency_add(&e->latency, (tlml_loop_now() - r->sent_ns) / 1000);
	e->answers += r->n;
	tlml_breaker_success(&e->breaker);
}

static void failed(struct tlml_endpoint *e, const struct tlml_conn *c, int err)
{
	uint64_t now = tlml_loop_now();
	char text[160];

	e->failures++;
	if (err) {
		snprintf(e->why, sizeof(e->why), "%s", c->why.text);
	} else {
		tlml_oip_failure(c->http.body, c->http.len, text, sizeof(text));
		snprintf(e->why, sizeof(e->why), "a request failed with status %u: %s",
			 c->http.status, text);
	}
	if (!err && c->http.status == 503 && c->http.retry_after > 0)
		tlml_breaker_hold(&e->breaker, now, c->http.retry_after * 1000 * MS);
	else if (c->connecting && e->breaker.state != TLML_BREAKER_OPEN)
		tlml_breaker_open(&e->breaker, now);	/* nobody is there, so no need to count */
	else
		tlml_breaker_failure(&e->breaker, now);
	if (e->state == TLML_ENDPOINT_DOWN || e->state == TLML_ENDPOINT_MISMATCH)
		return;
	if (e->breaker.state == TLML_BREAKER_OPEN)
		is_not(e, TLML_ENDPOINT_DOWN);
	else if (e->state == TLML_ENDPOINT_UP && (err == -EPROTO || c->http.status / 100 == 4))
		begin_probe(e);		/* perhaps the model is another one now */
}

static void done(struct tlml_conn *c, int err)
{
	struct tlml_request *r = c->arg;
	struct tlml_endpoint *e = r->endpoint;
	int ok = !err && c->http.status == 200;

	if (!r->n) {
		if (!e->closing)
			probed(e, c, err);
	} else {
		if (ok)
			succeeded(e, r);
		else if (!e->closing)
			failed(e, c, err);
		e->owner->answered(e, r, ok ? e->p : NULL);
		r->n = 0;
		e->under_way--;
		probe(e);
	}
	if (!e->closing)
		e->owner->changed(e);
}

/* --- beginning and end --- */

static void gone(struct tlml_endpoint *e)
{
	if (!--e->closing)
		e->owner->gone(e);
}

static void conn_gone(struct tlml_conn *c)
{
	struct tlml_request *r = c->arg;

	gone(r->endpoint);
}

static void looked_up(struct tlml_lookup *k, int err)
{
	struct tlml_endpoint *e = k->arg;

	if (e->closing) {
		gone(e);
		return;
	}
	e->stale = err != 0;
	if (err)
		is_lost(e, &k->why);
	else
		probe(e);
	e->owner->changed(e);
}

/* One that was set to a later time than is wanted now was cancelled, and is set anew. */
static void on_timer(struct tlml_op *op, int res)
{
	struct tlml_endpoint *e = op->arg;

	if (e->closing) {
		gone(e);
	} else if (tlml_loop_now() < e->wake) {
		arm(e, e->wake);
	} else if (e->state != TLML_ENDPOINT_PROBING) {
		tlml_breaker_try(&e->breaker);
		begin_probe(e);
	} else {
		probe(e);
	}
}

int tlml_endpoint_init(struct tlml_endpoint *e, const char *url, struct tlml_error *err)
{
	uint64_t seed;
	unsigned int i;
	int ret = tlml_url_parse(url, &e->url, err);

	if (ret)
		return ret;
	e->request = calloc(e->o->window, sizeof(*e->request));
	if (!e->request)
		return tlml_error_set(err, ENOMEM, "no memory for %u connections to '%s'",
				      e->o->window, url);
	/* So that gateways that lost the same server do not come back as one. */
	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed))
		seed = tlml_loop_now();
	tlml_breaker_init(&e->breaker, seed);
	e->named = e->stale = !e->url.len;
	e->lookup.loop = e->loop;
	e->lookup.url = &e->url;
	e->lookup.arg = e;
	e->lookup.done = looked_up;
	e->timer = (struct tlml_op){ .done = on_timer, .arg = e };
	for (i = 0; i < e->o->window; i++) {
		struct tlml_request *r = &e->request[i];

		r->endpoint = e;
		r->conn.loop = e->loop;
		r->conn.url = &e->url;
		r->conn.timeout_ms = e->o->timeout_ms;
		r->conn.arg = r;
		r->conn.check = check;
		r->conn.done = done;
		r->conn.gone = conn_gone;
		tlml_conn_init(&r->conn);
	}
	return 0;
}

void tlml_endpoint_free(struct tlml_endpoint *e)
{
	unsigned int i;

	for (i = 0; e->request && i < e->o->window; i++) {
		tlml_conn_free(&e->request[i].conn);
		free(e->request[i].body);
	}
	free(e->request);
	e->request = NULL;
}

/* Not before the loop runs: a thread is to have no rights that the process gives up until then. */
void tlml_endpoint_start(struct tlml_endpoint *e)
{
	e->state = TLML_ENDPOINT_PROBING;
	tlml_probe_begin(&e->probe);
	arm(e, tlml_loop_now());
}

void tlml_endpoint_shut(struct tlml_endpoint *e)
{
	unsigned int i;

	e->closing = e->o->window + 3;	/* timer, look-up, and this function itself */
	for (i = 0; i < e->o->window; i++)
		tlml_conn_shut(&e->request[i].conn);
	if (tlml_loop_pending(&e->timer))
		tlml_loop_cancel(e->loop, &e->timer);
	else
		gone(e);
	if (tlml_lookup_pending(&e->lookup))
		tlml_lookup_cancel(&e->lookup);
	else
		gone(e);
	gone(e);
}
