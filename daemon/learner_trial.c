// SPDX-License-Identifier: BSD-2-Clause
/* A candidate's way from the gate to where it decides: beside the live model, as a canary, live. */
#include <errno.h>
#include <stdio.h>

#include "learner.h"
#include "learner_impl.h"
#include "log.h"

#define SECOND_NS	1000000000ull

static void say(struct tlml_learner *l, const char *what, const char *why)
{
	tlml_log(TLML_LOG_NOTICE, "%s: generation %u %s: %s", l->ifname,
		 l->trial.candidate.header.generation, what, why);
}

/* What cannot be written is a pity, and changes nothing. */
static void complain(const struct tlml_learner *l, int err, const struct tlml_error *e)
{
	if (err)
		tlml_log(TLML_LOG_WARNING, "%s: %s", l->ifname, e->text);
}

static void end(struct tlml_learner *l)
{
	struct tlml_trial *t = &l->trial;
	const struct tlml_model *m = &t->candidate;
	struct tlml_error e;

	if (t->stage == TLML_TRIAL_CANARY) {
		l->last.outcome = "withdrawn";
		say(l, "is withdrawn", l->last.why.text);
		complain(l, tlml_generations_withdraw(l->generations, l->maps, m->blob,
						      m->header.size, l->last.why.text, &e), &e);
	} else {
		tlml_learner_refuse(l, m->blob, m->header.size);
	}
	tlml_trial_end(t);
}

/* Published, or promoted: either way it is signed and kept before it is live. */
static void go_live(struct tlml_learner *l, const struct tlml_error *passed)
{
	struct tlml_trial *t = &l->trial;
	const struct tlml_model *m = &t->candidate;
	struct tlml_model was = l->live;
	int err;

	err = (t->stage == TLML_TRIAL_CANARY ? tlml_generations_promote : tlml_generations_publish)
		(l->generations, l->maps, m->blob, m->header.size, passed->text, &l->last.why);
	if (err) {
		tlml_log(TLML_LOG_ERROR, "%s: learned, but not published: %s", l->ifname,
			 l->last.why.text);
		end(l);
		l->last.outcome = "failed";
		return;
	}
	l->last.outcome = "published";
	l->last.why = (struct tlml_error){ "" };
	say(l, "is live", passed->text);
	l->live = t->candidate;
	t->candidate = (struct tlml_model){ 0 };
	tlml_trial_end(t);
	tlml_learner_succeed(l, &was);
}

static void go_canary(struct tlml_learner *l, const struct tlml_error *passed)
{
	const struct tlml_conf *conf = l->school->conf;
	struct tlml_trial *t = &l->trial;
	const struct tlml_model *m = &t->candidate;

	if (conf->learn != TLML_LEARN_ON) {
		l->last.outcome = "shadow";
		say(l, "is not published, as learn is not on", passed->text);
		tlml_trial_end(t);
		return;
	}
	if (!conf->canary) {
		go_live(l, passed);
		return;
	}
	if (tlml_generations_canary(l->generations, l->maps, m->blob, m->header.size,
				    (conf->canary * TLML_CANARY_ALL + 99) / 100, passed->text,
				    &l->last.why)) {
		tlml_log(TLML_LOG_ERROR, "%s: learned, but no canary: %s", l->ifname,
			 l->last.why.text);
		l->last.outcome = "failed";
		tlml_trial_end(t);
		return;
	}
	t->stage = TLML_TRIAL_CANARY;
	t->until_ns = tlml_loop_now() + conf->canary_s * SECOND_NS;
	say(l, "is a canary", passed->text);
}

void tlml_learner_try(struct tlml_learner *l, const struct tlml_course_result *r)
{
	const struct tlml_conf *conf = l->school->conf;
	struct tlml_trial *t = &l->trial;
	struct tlml_error why, e;

	if (tlml_model_parse(r->blob, r->size, "the candidate", &t->candidate, &l->last.why)) {
		complain(l, -EINVAL, &l->last.why);
		return;
	}
	if (t->candidate.header.generation < tlml_generations_next(l->generations, l->maps)) {
		tlml_error_set(&l->last.why, ESTALE, "another model went live meanwhile");
		complain(l, -ESTALE, &l->last.why);
		tlml_trial_end(t);
		return;
	}
	tlml_error_set(&why, 0, "learned from %u answers; better on %u and worse on %u of %u judged flows",
		       r->answers, r->report.better, r->report.worse, r->report.audits);
	if (!conf->shadow_flows) {
		go_canary(l, &why);
		return;
	}
	l->last.outcome = "on trial";
	t->stage = TLML_TRIAL_SHADOW;
	t->until_ns = tlml_loop_now() + conf->shadow_s * SECOND_NS;
	say(l, "runs beside the live one", why.text);
	complain(l, tlml_generations_tell(l->generations, t->candidate.header.generation, why.text,
					  &e), &e);
}

void tlml_learner_trial_stop(struct tlml_learner *l, const char *why)
{
	if (l->trial.stage == TLML_TRIAL_NONE)
		return;
	tlml_error_set(&l->last.why, 0, "%s", why);
	end(l);
}

/* NULL if the trial may go on. */
static const char *hindrance(const struct tlml_learner *l)
{
	const struct tlml_model *m = &l->trial.candidate;
	int canary = l->trial.stage == TLML_TRIAL_CANARY;

	if (tlml_generations_pinned(l->generations))
		return "the generation was pinned";
	if (l->school->conf->learn == TLML_LEARN_OFF ||
	    (canary && l->school->conf->learn != TLML_LEARN_ON))
		return "learning was turned off";
	if (l->stale)
		return "the large model does not answer";
	if (canary && tlml_maps_deciding(l->maps, m->header.generation)->generation !=
		      m->header.generation)
		return "another program took it out of the data path";
	return NULL;
}

void tlml_learner_trial_tick(struct tlml_learner *l)
{
	struct tlml_trial *t = &l->trial;
	struct tlml_error e;
	const char *why;
	int err;

	if (t->stage == TLML_TRIAL_NONE)
		return;
	why = hindrance(l);
	if (why) {
		tlml_learner_trial_stop(l, why);
		return;
	}
	err = tlml_trial_judge(t, l->school->conf->shadow_flows, tlml_loop_now(), &e);
	if (err == -EACCES)
		tlml_learner_trial_stop(l, e.text);
	else if (!err && t->stage == TLML_TRIAL_SHADOW)
		go_canary(l, &e);
	else if (!err)
		go_live(l, &e);
}
