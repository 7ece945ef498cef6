// SPDX-License-Identifier: BSD-2-Clause
/* One interface's learning: what is kept of answers, and when a course begins. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "learner.h"
#include "learner_impl.h"
#include "log.h"

#define SECOND_NS	1000000000ull
#define SAVE_NS		(60 * SECOND_NS)
#define HELD		6	/* one in so many hard flows is not learned from, but judged by */
#define KNOWN_LEAST	0.5	/* of an answer: probability of classes that the tiny model has */
#define RATE_MEMORY	100	/* audits that the rate of disagreement is of, or so */
#define MARGIN_MEMORY	2048	/* as for threshold.h */
#define LEAST		32	/* answers to learn from */
#define FNV		0x100000001b3ull

/* Of what the large model is fair to be judged by: flows of which the net decided. */
static int is_lesson(const struct tlml_record *r)
{
	if (r->flow.pkts < 2)
		return 0;
	for (unsigned int i = 0; i < TLML_FEATURES_MAX; i++)
		if (r->x[i] > TLML_ACT_MAX)
			return 0;
	return 1;
}

/* Of an IPv4 /24 or an IPv6 /56. */
static uint64_t source_of(const struct tlml_record *r)
{
	const unsigned char *addr = (const unsigned char *)r->saddr;
	uint64_t h = 0xcbf29ce484222325ull ^ r->family;

	for (unsigned int i = 0; i < (r->family == 6 ? 7 : 3); i++)
		h = (h ^ addr[i]) * FNV;
	return h;
}

static uint64_t wall_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * 1000000ull + t.tv_nsec / 1000;
}

/* 0 if most of the answer is about classes that the tiny model does not have. */
static int answered(const struct tlml_learner *l, const struct tlml_record *r,
		    const struct tlml_opinion *o, uint32_t version, struct tlml_answered *a)
{
	float p[TLML_CLASSES_MAX], sum = 0;
	unsigned int c;

	for (c = 0; c < l->live.header.classes; c++)
		sum += o->known[c];
	if (!(sum >= KNOWN_LEAST))
		return 0;
	for (c = 0; c < l->live.header.classes; c++)
		p[c] = o->known[c] / sum;
	*a = (struct tlml_answered){ .time = wall_us(), .source = source_of(r), .version = version,
				     .generation = r->generation, .reason = r->reason,
				     .label = TLML_UNLABELLED };
	memcpy(a->x, r->x, sizeof(a->x));
	tlml_answered_set(a, p, l->live.header.classes);
	return 1;
}

/* A generation that is published has to be no worse than the one before, or it goes. */
static void watch(struct tlml_learner *l, const struct tlml_record *r, int wrong)
{
	enum tlml_sprt_says says;

	if (!l->watching || r->generation != l->generation)
		return;
	says = tlml_sprt_add(&l->watch, wrong);
	if (says == TLML_SPRT_MORE)
		return;
	l->watching = 0;
	if (says == TLML_SPRT_P1)
		tlml_learner_back(l);
	else
		tlml_log(TLML_LOG_NOTICE, "%s: generation %u is no worse than the one before it",
			 l->ifname, l->generation);
}

static void audit(struct tlml_learner *l, const struct tlml_record *r, const struct tlml_opinion *o,
		  unsigned int said)
{
	const struct tlml_policy *policy = l->maps->ctl->policy;
	unsigned int klass = r->flow.klass;
	char name[TLML_NAME_MAX];
	int wrong;

	tlml_answer_class(l->maps->weights, r, name);
	wrong = !!strncmp(name, o->klass, TLML_NAME_MAX);
	l->agree += !wrong;
	l->disagree += wrong;
	l->rate += (wrong - l->rate) /
		   (l->agree + l->disagree < RATE_MEMORY ? l->agree + l->disagree : RATE_MEMORY);
	tlml_doubt_add(&l->doubt, said, klass);
	tlml_threshold_add(&l->threshold, klass, r->flow.margin,
			   r->flow.margin < policy[klass].margin_hard);
	if (tlml_page_hinkley_add(&l->drift, wrong)) {
		l->drift = TLML_PAGE_HINKLEY;
		l->alarms++;
		l->wanted = "the large model disagrees more than before";
		tlml_log(TLML_LOG_NOTICE, "%s: %s, on %.0f %% of audited flows of late: learns",
			 l->ifname, l->wanted, 100 * l->rate);
	}
	watch(l, r, wrong);
}

void tlml_learner_take(struct tlml_learner *l, const struct tlml_record *r,
		       const struct tlml_opinion *o, uint32_t version)
{
	struct tlml_answered a;
	struct tlml_error e;

	if (l->stale)
		tlml_log(TLML_LOG_NOTICE, "%s: the large model answers again: learning goes on",
			 l->ifname);
	l->stale = 0;
	l->answer_ns = tlml_loop_now();
	if (l->school->conf->learn == TLML_LEARN_OFF)
		return;
	if (tlml_maps_current(l->maps)->generation != l->generation)
		tlml_learner_look(l);
	if (!l->live.blob || o->generation != l->generation || !is_lesson(r) ||
	    !answered(l, r, o, version, &a))
		return;
	l->taken++;
	if (r->reason == TLML_REASON_AUDIT)
		audit(l, r, o, tlml_answered_class(&a, l->live.header.classes));
	/* What is kept while the large model tells nothing apart would be learned when it does. */
	if (tlml_doubt_check(&l->doubt, l->live.classes, &e))
		return;
	if (r->reason == TLML_REASON_AUDIT || !(l->taken % HELD)) {
		tlml_reservoir_add(&l->audits, &a);
	} else {
		tlml_reservoir_add(&l->answers, &a);
		l->fresh++;
	}
}

/* NULL if a course may begin, else why not. */
static const char *hindrance(const struct tlml_learner *l)
{
	if (l->school->conf->learn == TLML_LEARN_OFF)
		return "learning is off: set learn in tlmld.conf";
	if (!l->live.blob)
		return "tlmld has no file of the model that is live: 'tlmlctl model push' gives it one";
	if (tlml_generations_pinned(l->generations))
		return "the generation is pinned: 'tlmlctl model unpin' lets it learn";
	if (l->stale)
		return "the large model does not answer: see 'tlmlctl large'";
	if (l->answers.n < LEAST)
		return "there are too few answers yet: 32 are the least";
	return NULL;
}

static void begin(struct tlml_learner *l)
{
	struct tlml_course_plan plan = {
		.live = &l->live, .answers = &l->answers, .audits = &l->audits,
		.generation = tlml_generations_next(l->generations, l->maps),
	};
	struct tlml_error e;
	int err;

	if (tlml_doubt_check(&l->doubt, l->live.classes, &e)) {
		tlml_learner_doubt(l, &e);
		return;
	}
	plan.seed = plan.generation;
	err = tlml_learning_begin(l->school, l, &plan, &e);
	if (err == -EBUSY)
		return;
	l->fresh = 0;
	l->wanted = NULL;
	if (err)
		tlml_log(TLML_LOG_WARNING, "%s: %s", l->ifname, e.text);
}

static void check_stale(struct tlml_learner *l, uint64_t now)
{
	unsigned int most = l->school->conf->learn_stale_s;

	if (l->stale || now - l->answer_ns < most * SECOND_NS)
		return;
	l->stale = 1;
	if (l->school->conf->learn != TLML_LEARN_OFF)
		tlml_log(TLML_LOG_NOTICE, "%s: the large model has said nothing for %u s: learning stops",
			 l->ifname, most);
}

/* Margins below which flows are asked about follow the share that the operator wants. */
static void follow_share(struct tlml_learner *l)
{
	struct tlml_policy *policy = l->maps->ctl->policy;

	l->threshold.rate = l->school->conf->ask_share;
	for (unsigned int c = 0; l->threshold.rate > 0 && c < l->live.header.classes; c++)
		__atomic_store_n(&policy[c].margin_hard,
				 tlml_threshold_of(&l->threshold, c, policy[c].margin_hard),
				 __ATOMIC_RELAXED);
}

void tlml_learner_tick(struct tlml_learner *l)
{
	uint64_t now = tlml_loop_now();

	if (tlml_maps_current(l->maps)->generation != l->generation)
		tlml_learner_look(l);
	check_stale(l, now);
	follow_share(l);
	if (now - l->saved_ns >= SAVE_NS) {
		tlml_learner_save(l);
		l->saved_ns = now;
	}
	if ((l->wanted || l->fresh >= l->school->conf->learn_answers) && !hindrance(l))
		begin(l);
}

int tlml_learner_now(struct tlml_learner *l, struct tlml_error *e)
{
	const char *why = hindrance(l);

	if (why)
		return tlml_error_set(e, EAGAIN, "%s: %s", l->ifname, why);
	l->wanted = "it was told to";
	return 0;
}

/* In a word, for people. */
static const char *state_of(const struct tlml_learner *l)
{
	if (l->school->conf->learn == TLML_LEARN_OFF)
		return "off";
	if (l->school->pupil == l)
		return "learning";
	if (!l->live.blob)
		return "model not known";
	if (tlml_generations_pinned(l->generations))
		return "pinned";
	if (l->stale)
		return "no answers";
	return l->watching ? "on probation" : "collecting";
}

static json_t *last_json(const struct tlml_learner_last *l)
{
	const struct tlml_gate_report *r = &l->report;
	json_t *o;

	o = json_pack("{s:s, s:s, s:I, s:I, s:i, s:i, s:f, s:f}", "outcome", l->outcome,
		      "why", l->why.text, "time", (json_int_t)l->time,
		      "generation", (json_int_t)l->generation, "answers", (int)l->answers,
		      "steps", (int)l->steps, "loss", l->loss, "seconds", l->seconds);
	if (o)
		json_object_update_new(o, json_pack("{s:[ff], s:i, s:i, s:i, s:f, s:i, s:i}", "golden",
						    r->golden[0], r->golden[1],
						    "judged", (int)r->audits,
						    "better", (int)r->better, "worse", (int)r->worse,
						    "chance", r->chance, "benign", (int)r->benign,
						    "dropped", (int)r->dropped));
	return o;
}

json_t *tlml_learner_status(const struct tlml_learner *l)
{
	static const char *const modes[] = { "on", "shadow", "off" };

	return json_pack("{s:s, s:s, s:i, s:i, s:I, s:I, s:I, s:f, s:i, s:i, s:o}",
			 "mode", modes[l->school->conf->learn], "state", state_of(l),
			 "answers", (int)l->answers.n, "audits", (int)l->audits.n,
			 "fresh", (json_int_t)l->fresh, "agree", (json_int_t)l->agree,
			 "disagree", (json_int_t)l->disagree, "disagreement", l->rate,
			 "alarms", (int)l->alarms, "rollbacks", (int)l->rollbacks,
			 "last", last_json(&l->last));
}

int tlml_learner_open(struct tlml_learning *s, const char *ifname, const char *dir,
		      struct tlml_maps *m, struct tlml_generations *g, struct tlml_learner **to,
		      struct tlml_error *e)
{
	struct tlml_learner *l = calloc(1, sizeof(*l));

	if (!l)
		return tlml_error_set(e, ENOMEM, "%s: no memory to learn", ifname);
	if (snprintf(l->dir, sizeof(l->dir), "%s", dir) >= (int)sizeof(l->dir) - 16) {
		free(l);
		return tlml_error_set(e, ENAMETOOLONG, "%s: too long a path: shorten it", dir);
	}
	snprintf(l->ifname, sizeof(l->ifname), "%s", ifname);
	l->school = s;
	l->maps = m;
	l->generations = g;
	l->drift = TLML_PAGE_HINKLEY;
	l->threshold.memory = MARGIN_MEMORY;
	l->last.outcome = "none";
	l->answer_ns = l->saved_ns = tlml_loop_now();
	tlml_learner_look(l);
	*to = l;
	return 0;
}

void tlml_learner_close(struct tlml_learner *l)
{
	tlml_learning_leave(l->school, l);
	tlml_learner_save(l);
	tlml_reservoir_free(&l->answers);
	tlml_reservoir_free(&l->audits);
	tlml_model_free(&l->live);
	free(l);
}
