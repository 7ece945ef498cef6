// SPDX-License-Identifier: BSD-2-Clause
/* A hard flow's way from its record to its answer. */
#include "escalation.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "learner.h"

#define CASES_MAX	16384		/* about 7 MiB if all are open at once */
#define AGAIN_NS	5000000000ull	/* for packets up to TLML_CASE_PACKETS to come */
#define MEND_NS		2000000ull	/* no decision takes as long */
#define MENDS_MAX	3

static void go_on_closing(struct tlml_escalation *x);

static void tell(struct tlml_escalation *x, const struct tlml_hard *h, struct tlml_event e)
{
	if (TAILQ_EMPTY(x->watchers))
		return;
	e.path = h->owner;
	e.record = &h->subject.record;
	tlml_watch_tell(x->watchers, &e);
}

/* The timer runs for the case that is due first. */
static void timer_set(struct tlml_escalation *x)
{
	uint64_t next = tlml_hard_next(x->cases);

	if (tlml_loop_pending(&x->timer)) {
		if (next < x->timer_ns)
			tlml_loop_cancel(x->loop, &x->timer);	/* comes back here */
		return;
	}
	x->timer_ns = next;
	if (next != UINT64_MAX)
		tlml_loop_timer(x->loop, &x->timer, next);
}

static void unanswered(struct tlml_escalation *x, struct tlml_hard *h, int err)
{
	struct tlml_path *p = h->owner;
	const char *why = err == -ETIMEDOUT ? "it waited too long" :
			  err == -ENOBUFS ? "the queue is full" :
			  err == -EHOSTDOWN ? "no large model can be reached" :
			  err == -ECANCELED ? "tlmld turned away from the large model" :
			  "the large model failed";

	tlml_path_count(p, unanswered);
	tell(x, h, (struct tlml_event){ TLML_EVENT_UNANSWERED, .why = why });
	tlml_hard_close(x->cases, h);
}

/* In the audit sample nobody chose the flow for being hard: it tells how good the model is. */
static void audit(struct tlml_path *p, const struct tlml_record *r, const struct tlml_opinion *o)
{
	char name[TLML_NAME_MAX];

	tlml_answer_class(p->maps.weights, r, name);
	if (!*name)		/* that model is gone */
		return;
	if (!strncmp(name, o->klass, TLML_NAME_MAX))
		tlml_path_count(p, agree);
	else
		tlml_path_count(p, disagree);
}

/* The last word on a case. */
static void settle(struct tlml_escalation *x, struct tlml_hard *h, const struct tlml_opinion *o)
{
	const struct tlml_record *r = &h->subject.record;
	struct tlml_path *p = h->owner;
	enum tlml_fate fate;

	fate = tlml_answer_give(tlml_maps_deciding(&p->maps, r->generation), p->maps.flows,
				p->flow_mask, r, o, tlml_maps_now() + x->ttl, &h->answer);
	tlml_path_count(p, answered);
	if (r->reason == TLML_REASON_AUDIT)
		audit(p, r, o);
	if (p->learner)
		tlml_learner_take(p->learner, r, o, x->version);
	tell(x, h, (struct tlml_event){ TLML_EVENT_ANSWERED, .opinion = o,
					.applied = fate == TLML_FATE_APPLIED });
	if (fate == TLML_FATE_APPLIED) {
		tlml_path_count(p, applied);
		tlml_hard_move(x->cases, h, TLML_HARD_GIVEN, tlml_loop_now() + MEND_NS);
		timer_set(x);
		return;
	}
	if (fate == TLML_FATE_KEPT)
		tlml_path_count(p, kept);
	else if (fate == TLML_FATE_LATE)
		tlml_path_count(p, late);
	else
		tlml_path_count(p, unknown_class);
	tlml_hard_close(x->cases, h);
}

static void note(struct tlml_escalation *x, const struct tlml_hard *h)
{
	const struct tlml_path *p = h->owner;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	tlml_recent_note(x->recent, p->ifname, &h->subject,
			 now.tv_sec * 1000000ull + now.tv_nsec / 1000, h->asked > 0);
}

static void ask(struct tlml_escalation *x, struct tlml_hard *h)
{
	int err;

	if (x->recent)
		note(x, h);
	h->asked++;
	h->asked_packets = h->subject.packets;
	err = tlml_large_ask(x->large, &h->question);
	if (!err)
		return;
	if (h->asked > 1)
		settle(x, h, &h->opinion);
	else
		unanswered(x, h, err);
}

/* With more packets than last time the large model may say something else. */
static void ask_again(struct tlml_escalation *x, struct tlml_hard *h)
{
	if (h->subject.packets <= h->asked_packets) {
		settle(x, h, &h->opinion);
		return;
	}
	tlml_path_count((struct tlml_path *)h->owner, asked_again);
	tlml_hard_move(x->cases, h, TLML_HARD_ASKED, 0);
	ask(x, h);
}

static void answered(void *arg, struct tlml_question *q, int err, const float *p,
		     const struct tlml_oip_plan *plan)
{
	struct tlml_hard *h = (struct tlml_hard *)q;	/* its first member */
	struct tlml_escalation *x = arg;
	struct tlml_path *path = h->owner;
	struct tlml_opinion now;

	if (!path) {
		tlml_hard_close(x->cases, h);
		return;
	}
	if (err && h->asked > 1) {
		settle(x, h, &h->opinion);
		return;
	}
	if (err) {
		unanswered(x, h, err);
		return;
	}
	tlml_opinion_take(p, plan, tlml_maps_current(&path->maps), &now);
	if (now.p >= x->sure || h->asked > 1 || h->subject.record.flow.pkts >= TLML_CASE_PACKETS) {
		settle(x, h, &now);
		return;
	}
	h->opinion = now;
	tlml_path_count(path, unsure);
	tlml_hard_move(x->cases, h, TLML_HARD_KEPT, tlml_loop_now() + AGAIN_NS);
	if (h->subject.packets == TLML_CASE_PACKETS)
		ask_again(x, h);
	else
		timer_set(x);
}

static void mend(struct tlml_escalation *x, struct tlml_hard *h)
{
	struct tlml_path *p = h->owner;

	if (!tlml_answer_mend(p->maps.flows, p->flow_mask, &h->subject.record, &h->answer)) {
		tlml_hard_close(x->cases, h);
		return;
	}
	tlml_path_count(p, mended);
	if (++h->mended < MENDS_MAX)
		tlml_hard_move(x->cases, h, TLML_HARD_GIVEN, tlml_loop_now() + MEND_NS);
	else
		tlml_hard_close(x->cases, h);
}

static void due(struct tlml_op *op, int res)
{
	struct tlml_escalation *x = op->arg;
	uint64_t now = tlml_loop_now();
	struct tlml_hard *h;

	if (x->closed) {
		go_on_closing(x);
		return;
	}
	while ((h = tlml_hard_due(x->cases, TLML_HARD_GIVEN, now)))
		mend(x, h);
	while ((h = tlml_hard_due(x->cases, TLML_HARD_KEPT, now)))
		ask_again(x, h);
	timer_set(x);
}

/* Asked about since: a flow that the data path asks about twice has one case at a time. */
static void take_record(struct tlml_escalation *x, struct tlml_path *p, const struct tlml_case *c)
{
	const struct tlml_record *r = &c->record;
	struct tlml_hard *h;

	if (r->reason == TLML_REASON_TRACE) {
		tlml_watch_tell(x->watchers, &(struct tlml_event){ TLML_EVENT_TRACED, .path = p,
								   .record = r });
		return;
	}
	if (tlml_hard_find(x->cases, p, r->bucket, r->flow.fp)) {
		tlml_path_count(p, repeated);
		return;
	}
	h = tlml_hard_open(x->cases, p, c);
	if (!h) {
		tlml_path_count(p, crowded);
		return;
	}
	tlml_path_count(p, asked);
	tell(x, h, (struct tlml_event){ TLML_EVENT_ASKED });
	ask(x, h);
}

static void take_more(struct tlml_escalation *x, struct tlml_path *p, const struct tlml_more *m)
{
	struct tlml_hard *h = tlml_hard_find(x->cases, p, m->bucket, m->fp);

	if (h && tlml_case_more(&h->subject, m) && h->state == TLML_HARD_KEPT &&
	    h->subject.packets == TLML_CASE_PACKETS)
		ask_again(x, h);
}

/* No large model takes payloads: they are for who watches. */
static void take_payload(struct tlml_escalation *x, struct tlml_path *p,
			 const struct tlml_payload *payload)
{
	const struct tlml_hard *h = tlml_hard_find(x->cases, p, payload->bucket, payload->fp);

	if (!payload->len || payload->len > TLML_PAYLOAD_MAX)
		tlml_path_count(p, malformed);
	else
		tlml_watch_tell(x->watchers, &(struct tlml_event){
			TLML_EVENT_PAYLOAD, .path = p, .payload = payload,
			.record = h ? &h->subject.record : NULL });
}

void tlml_escalation_take(void *arg, struct tlml_path *p, const void *data, size_t size)
{
	struct tlml_escalation *x = arg;
	struct tlml_case c;

	tlml_path_count(p, records);
	if (size == sizeof(struct tlml_payload))
		take_payload(x, p, data);
	else if (size == sizeof(struct tlml_more))
		take_more(x, p, data);
	else if (tlml_case_begin(&c, data, size) || c.record.bucket > p->flow_mask)
		tlml_path_count(p, malformed);
	else
		take_record(x, p, &c);
}

void tlml_escalation_forget(struct tlml_escalation *x, struct tlml_path *p)
{
	tlml_hard_disown(x->cases, p);
}

int tlml_escalation_open(struct tlml_escalation *x, struct tlml_loop *l,
			 struct tlml_watchers *watchers, const struct tlml_conf *conf,
			 const char *default_url, struct tlml_error *e)
{
	int err;

	*x = (struct tlml_escalation){ .loop = l, .watchers = watchers,
				       .timer = { .done = due, .arg = x } };
	if (tlml_hard_new(CASES_MAX, &x->cases))
		return tlml_error_set(e, ENOMEM, "no memory for %u open cases", CASES_MAX);
	err = tlml_escalation_change(x, conf, default_url, 1, e);
	if (err)
		tlml_hard_free(x->cases);
	return err;
}

static void large_closed(void *arg)
{
	struct tlml_escalation *x = arg;

	tlml_large_free(x->old);
	x->old = NULL;
	go_on_closing(x);
}

static void turn_away(struct tlml_escalation *x, struct tlml_large *next)
{
	x->old = x->large;
	x->large = next;
	if (x->old)
		tlml_large_close(x->old, large_closed);
}

int tlml_escalation_change(struct tlml_escalation *x, const struct tlml_conf *conf,
			   const char *default_url, int reconnect, struct tlml_error *e)
{
	struct tlml_large_options o;
	struct tlml_large *next;
	int err;

	if (reconnect) {
		if (x->old)
			return tlml_error_set(e, EBUSY, "the endpoints before these are not let go yet: try again in a second");
		tlml_conf_large(conf, default_url, &o);
		err = tlml_large_new(x->loop, &o, answered, x, &next, e);
		if (err)
			return err;
		turn_away(x, next);
	}
	x->sure = conf->sure;
	x->version = tlml_conf_large_hash(conf, default_url);
	x->ttl = TLML_TICKS(conf->answer_ttl_s);
	return 0;
}

/* One large model after the other, then the timer; with that nothing is under way any more. */
static void go_on_closing(struct tlml_escalation *x)
{
	if (!x->closed || x->old)
		return;
	if (x->large) {
		turn_away(x, NULL);
	} else if (tlml_loop_pending(&x->timer)) {
		tlml_loop_cancel(x->loop, &x->timer);
	} else {
		tlml_hard_free(x->cases);
		x->closed(x->closed_arg);
	}
}

void tlml_escalation_close(struct tlml_escalation *x, void (*done)(void *arg), void *arg)
{
	x->closed = done;
	x->closed_arg = arg;
	go_on_closing(x);
}
