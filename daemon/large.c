// SPDX-License-Identifier: BSD-2-Clause
/* Where large models are asked: from the queue to an endpoint, and what became of the questions. */
#include "large_impl.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* --- which questions go where, and when --- */

/*
 * The endpoint for the batch at the head, or NULL if it has to wait. One that is up and busy is
 * waited for unless a full batch is there: the next one may be far away. Questions that failed once
 * go elsewhere if they can.
 */
static struct tlml_endpoint *choose(struct tlml_large *g)
{
	int full = g->batch.waiting >= g->batch.size;
	struct tlml_endpoint *again = NULL;
	unsigned int i;

	for (i = 0; g->batch.head && i < g->endpoints; i++) {
		struct tlml_endpoint *e = &g->endpoint[i];

		if (tlml_endpoint_room(e) && g->batch.head->failed != i + 1)
			return e;
		if (tlml_endpoint_room(e))
			again = e;
		else if (tlml_endpoint_full(e) && !full)
			break;
	}
	return again;
}

static unsigned int under_way(const struct tlml_large *g)
{
	unsigned int i, n = 0;

	for (i = 0; i < g->endpoints; i++)
		n += g->endpoint[i].under_way;
	return n;
}

static int send_batch(struct tlml_large *g, struct tlml_endpoint *e)
{
	struct tlml_request *r = tlml_endpoint_request(e);
	int err;

	r->n = tlml_batch_take(&g->batch, r->q);
	err = tlml_endpoint_send(r, g->batches + 1);
	if (err) {
		tlml_batch_return(&g->batch, r->q, r->n);
		r->n = 0;
		return err;
	}
	g->batches++;
	g->batch_mean += (r->n - g->batch_mean) / (g->batches < 16 ? g->batches : 16);
	return 0;
}

/* Has the loop come back when the next batch is due, if it can go then. */
static void arm(struct tlml_large *g)
{
	uint64_t due = tlml_batch_due(&g->batch, under_way(g));

	int pending = tlml_loop_pending(&g->due);

	if ((pending && g->armed <= due) || !choose(g))
		return;
	if (pending) {
		tlml_loop_cancel(g->loop, &g->due);
	} else {
		g->armed = due;
		tlml_loop_timer(g->loop, &g->due, due);
	}
}

static void dispatch(struct tlml_large *g)
{
	uint64_t now = tlml_loop_now();
	struct tlml_endpoint *e;

	if (g->closing)
		return;
	while (tlml_batch_due(&g->batch, under_way(g)) <= now && (e = choose(g)))
		if (send_batch(g, e))
			break;
	arm(g);
}

/* --- what became of them --- */

static void answer(struct tlml_large *g, struct tlml_question *q, int err)
{
	g->held--;
	g->expired += err == -ETIMEDOUT;
	g->failed += err == -EIO;
	g->answer(g->arg, q, err, NULL, NULL);
}

static void expire(struct tlml_large *g)
{
	struct tlml_question *q;

	while ((q = tlml_batch_expire(&g->batch, tlml_loop_now())))
		answer(g, q, -ETIMEDOUT);
	if (g->batch.head && !g->closing && !tlml_loop_pending(&g->expiry))
		tlml_loop_timer(g->loop, &g->expiry, tlml_batch_expiry(&g->batch));
}

static void take_answers(struct tlml_large *g, struct tlml_endpoint *e, struct tlml_request *r,
			 const float *p)
{
	unsigned int i;

	tlml_batch_took(&g->batch, tlml_loop_now() - r->sent_ns);
	for (i = 0; i < r->n; i++) {
		g->held--;
		g->answered++;
		g->answer(g->arg, r->q[i], 0, p + i * e->plan.classes, &e->plan);
	}
}

/* Once more, or not. Who is told may close us, and then nothing goes out any more. */
static void take_failure(struct tlml_large *g, struct tlml_endpoint *e, struct tlml_request *r)
{
	unsigned int i, again = 0;

	for (i = 0; i < r->n; i++) {
		if (g->closing || r->q[i]->failed)
			answer(g, r->q[i], g->closing ? -ECANCELED : -EIO);
		else
			r->q[again++] = r->q[i];
	}
	for (i = 0; i < again; i++) {
		r->q[i]->failed = e - g->endpoint + 1;
		if (g->closing)
			answer(g, r->q[i], -ECANCELED);
	}
	if (!g->closing)
		tlml_batch_return(&g->batch, r->q, again);
}

static void on_answered(struct tlml_endpoint *e, struct tlml_request *r, const float *p)
{
	if (p)
		take_answers(e->arg, e, r, p);
	else
		take_failure(e->arg, e, r);
}

static void on_changed(struct tlml_endpoint *e)
{
	expire(e->arg);
	dispatch(e->arg);
}

int tlml_large_ask(struct tlml_large *g, struct tlml_question *q)
{
	unsigned int i, hope = 0;

	if (g->closing)
		return -ECANCELED;
	for (i = 0; i < g->endpoints; i++)
		hope |= g->endpoint[i].state <= TLML_ENDPOINT_UP;
	if (!hope || g->held >= g->o.queue) {
		g->refused++;
		return hope ? -ENOBUFS : -EHOSTDOWN;
	}
	g->held++;
	g->asked++;
	q->failed = 0;
	tlml_batch_add(&g->batch, q, tlml_loop_now());
	if (!tlml_loop_pending(&g->expiry))
		tlml_loop_timer(g->loop, &g->expiry, tlml_batch_expiry(&g->batch));
	/* Even one that goes at once waits for those that are asked in the same breath. */
	if (g->batch.waiting >= g->batch.size)
		dispatch(g);
	else
		arm(g);
	return 0;
}

/* --- beginning and end --- */

/* done() is called by the loop alone: there is a last round of a timer for it. */
static void settle(struct tlml_large *g)
{
	if (!g->closing || g->open || tlml_loop_pending(&g->due) || tlml_loop_pending(&g->expiry))
		return;
	if (g->last) {
		g->done(g->arg);
		return;
	}
	g->last = 1;
	tlml_loop_timer(g->loop, &g->due, 0);
}

static void on_timer(struct tlml_op *op, int res)
{
	struct tlml_large *g = op->arg;

	if (!g->closing) {
		expire(g);
		dispatch(g);
	}
	settle(g);
}

static void on_gone(struct tlml_endpoint *e)
{
	struct tlml_large *g = e->arg;

	g->open--;
	settle(g);
}

void tlml_large_close(struct tlml_large *g, void (*done)(void *arg))
{
	struct tlml_question *q;
	unsigned int i;

	g->done = done;
	g->closing = 1;
	g->open = g->endpoints + 1;
	while ((q = tlml_batch_expire(&g->batch, TLML_BATCH_NEVER)))
		answer(g, q, -ECANCELED);
	for (i = 0; i < g->endpoints; i++)
		tlml_endpoint_shut(&g->endpoint[i]);
	tlml_loop_cancel(g->loop, &g->due);
	tlml_loop_cancel(g->loop, &g->expiry);
	g->open--;
	settle(g);
}

static const struct tlml_endpoint_owner owner = {
	.answered = on_answered,
	.changed = on_changed,
	.gone = on_gone,
};

/* It becomes part of a path, so no other characters. */
static int is_name(const char *text)
{
	size_t n = strlen(text);

	for (; isalnum((unsigned char)*text) || (*text && strchr("._-", *text)); text++)
		;
	return !*text && n >= 1 && n < TLML_OIP_NAME;
}

int tlml_large_new(struct tlml_loop *l, const struct tlml_large_options *o,
		   tlml_large_answer *answer, void *arg, struct tlml_large **large,
		   struct tlml_error *e)
{
	struct tlml_large *g;
	unsigned int i;
	int err = 0;

	if (!is_name(o->model))
		return tlml_error_set(e, EINVAL, "'%s' is not a model's name: 1 to %d letters, digits, dots, dashes and underscores",
				      o->model, TLML_OIP_NAME - 1);
	g = calloc(1, sizeof(*g) + o->urls * sizeof(g->endpoint[0]));
	if (!g)
		return tlml_error_set(e, ENOMEM, "no memory for %u endpoints", o->urls);
	g->loop = l;
	g->o = *o;
	strcpy(g->model, o->model);
	g->o.model = g->model;
	memset(g->o.url, 0, sizeof(g->o.url));	/* the endpoints have them */
	g->answer = answer;
	g->arg = arg;
	g->due = g->expiry = (struct tlml_op){ .done = on_timer, .arg = g };
	tlml_batch_init(&g->batch, o);
	for (i = 0; !err && i < o->urls; i++) {
		g->endpoint[i].owner = &owner;
		g->endpoint[i].arg = g;
		g->endpoint[i].loop = l;
		g->endpoint[i].o = &g->o;
		err = tlml_endpoint_init(&g->endpoint[i], o->url[i], e);
		g->endpoints++;
	}
	if (err) {
		tlml_large_free(g);
		return err;
	}
	for (i = 0; i < g->endpoints; i++)
		tlml_endpoint_start(&g->endpoint[i]);
	*large = g;
	return 0;
}

void tlml_large_free(struct tlml_large *g)
{
	unsigned int i;

	for (i = 0; g && i < g->endpoints; i++)
		tlml_endpoint_free(&g->endpoint[i]);
	free(g);
}
