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
#define CENSUS_NS	(2 * SECOND_NS)
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

/* Something is not as it was: the generation that is new, or the traffic. */
static void alarm(struct tlml_learner *l, const char *what)
{
	l->alarms++;
	tlml_log(TLML_LOG_NOTICE, "%s: %s: %s", l->ifname, what,
		 tlml_probation_guilty(&l->probation) ? "the new generation is the cause" : "learns");
	if (tlml_probation_guilty(&l->probation))
		tlml_learner_back(l);
	else
		l->wanted = what;
}

static void watch(struct tlml_learner *l, const struct tlml_answered *a, int wrong)
{
	enum tlml_sprt_says says = tlml_probation_add(&l->probation, &l->live, a, wrong);

	if (says == TLML_SPRT_P1)
		tlml_learner_back(l);
	if (says != TLML_SPRT_P0)
		return;
	tlml_probation_end(&l->probation);
	tlml_log(TLML_LOG_NOTICE, "%s: generation %u is no worse than the one before it", l->ifname,
		 l->generation);
}

/* Of the generation that is live. */
static void audit_live(struct tlml_learner *l, const struct tlml_record *r,
		       const struct tlml_answered *a, int wrong)
{
	unsigned int klass = r->flow.klass;

	l->rated++;
	l->rate += (wrong - l->rate) / (l->rated < RATE_MEMORY ? l->rated : RATE_MEMORY);
	tlml_threshold_add(&l->threshold, klass, r->flow.margin,
			   r->flow.margin < l->maps->ctl->policy[klass].margin_hard);
	if (tlml_page_hinkley_add(&l->drift, wrong)) {
		l->drift = TLML_PAGE_HINKLEY;
		alarm(l, "the large model disagrees more than before");
	}
	if (l->probation.before.blob)
		watch(l, a, wrong);
}

static void audit(struct tlml_learner *l, const struct tlml_record *r, const struct tlml_opinion *o,
		  const struct tlml_answered *a)
{
	char name[TLML_NAME_MAX];
	int wrong;

	tlml_answer_class(l->maps->weights, r, name);
	wrong = !!strncmp(name, o->klass, TLML_NAME_MAX);
	tlml_doubt_add(&l->doubt, tlml_answered_class(a, l->live.header.classes), r->flow.klass);
	if (r->generation == l->generation)
		audit_live(l, r, a, wrong);
	else if (l->trial.stage == TLML_TRIAL_CANARY &&
		 r->generation == l->trial.candidate.header.generation)
		tlml_trial_audit(&l->trial, wrong, l->rate);
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
		audit(l, r, o, &a);
	if (o->generation != l->generation)	/* it was rolled back by that */
		return;
	/* What is kept while the large model tells nothing apart would be learned when it does. */
	if (tlml_doubt_check(&l->doubt, l->live.classes, &e))
		return;
	if (l->trial.stage != TLML_TRIAL_NONE)
		tlml_paired_add(&l->trial.paired, &l->live, &l->trial.candidate,
				l->maps->ctl->policy, &a);
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
	if (l->trial.stage != TLML_TRIAL_NONE)
		return "a candidate is on trial: 'tlmlctl learn' tells how it goes";
	if (l->answers.n < LEAST)
		return "there are too few answers yet: 32 are the least";
	return NULL;
}

static void begin(struct tlml_learner *l)
{
	struct tlml_course_plan plan = {
		.live = &l->live, .answers = &l->answers, .audits = &l->audits,
		.policy = l->maps->ctl->policy,
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

/* Traffic may change in ways that nobody asks the large model about. */
static void take_census(struct tlml_learner *l, uint64_t now)
{
	struct tlml_stats stats;
	struct tlml_error e;

	if (now - l->census_ns < CENSUS_NS || l->school->conf->learn == TLML_LEARN_OFF)
		return;
	l->census_ns = now;
	if (!tlml_maps_stats(l->maps, &stats, &e) &&
	    tlml_census_add(&l->census, stats.drift, l->school->conf->drift_flows))
		alarm(l, "the traffic is another one than before");
}

void tlml_learner_changed(struct tlml_learner *l)
{
	if (tlml_maps_current(l->maps)->generation != l->generation)
		tlml_learner_look(l);
	tlml_learner_trial_tick(l);
}

void tlml_learner_tick(struct tlml_learner *l)
{
	uint64_t now = tlml_loop_now();

	check_stale(l, now);
	tlml_learner_changed(l);
	take_census(l, now);
	follow_share(l);
	if (now - l->saved_ns >= SAVE_NS) {
		tlml_learner_save(l, 0);
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
	tlml_learner_trial_stop(l, "tlmld turned away from the interface");
	tlml_probation_end(&l->probation);
	tlml_learner_save(l, 1);
	tlml_reservoir_free(&l->answers);
	tlml_reservoir_free(&l->audits);
	tlml_model_free(&l->live);
	free(l);
}
