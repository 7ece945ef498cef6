// SPDX-License-Identifier: BSD-2-Clause
/* What an interface's learning tells of itself. */
#include "learner.h"

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
	if (l->trial.stage != TLML_TRIAL_NONE)
		return l->trial.stage == TLML_TRIAL_CANARY ? "canary" : "shadow run";
	return l->probation.before.blob ? "on probation" : "collecting";
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

static json_t *trial_json(const struct tlml_learner *l)
{
	const struct tlml_trial *t = &l->trial;
	const struct tlml_paired *p = &t->paired;
	int canary = t->stage == TLML_TRIAL_CANARY;
	uint64_t now = tlml_loop_now();

	if (t->stage == TLML_TRIAL_NONE)
		return json_null();
	return json_pack("{s:s, s:I, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i}", "stage",
			 canary ? "canary" : "shadow", "generation",
			 (json_int_t)t->candidate.header.generation, "percent",
			 canary ? (int)l->maps->ctl->canary_share * 100 / TLML_CANARY_ALL : 0,
			 "flows", (int)p->flows, "better", (int)p->better, "worse", (int)p->worse,
			 "benign", (int)p->benign, "dropped", (int)p->dropped,
			 "audited", (int)t->audited, "wrong", (int)t->wrong, "left_s",
			 t->until_ns > now ? (int)((t->until_ns - now) / 1000000000) : 0);
}

json_t *tlml_learner_status(const struct tlml_learner *l)
{
	static const char *const modes[] = { "on", "shadow", "off" };

	return json_pack("{s:s, s:s, s:i, s:i, s:I, s:f, s:f, s:i, s:i, s:o, s:o}",
			 "mode", modes[l->school->conf->learn], "state", state_of(l),
			 "answers", (int)l->answers.n, "audits", (int)l->audits.n,
			 "fresh", (json_int_t)l->fresh, "disagreement", l->rate,
			 "psi", l->census.psi, "alarms", (int)l->alarms, "rollbacks", (int)l->rollbacks,
			 "trial", trial_json(l), "last", last_json(&l->last));
}
