// SPDX-License-Identifier: BSD-2-Clause
/* A candidate that passed the gate, on live flows. */
#include "trial.h"

#include <errno.h>

#include "learn/gate.h"

void tlml_trial_audit(struct tlml_trial *t, int wrong, double rate)
{
	double sum = t->test.sum;

	/* Traffic may change meanwhile: what counts is how the live model does at this time. */
	t->test = tlml_sprt_worse(rate);
	t->test.sum = sum;
	t->rate = rate;
	t->said = tlml_sprt_add(&t->test, wrong);
	t->audited++;
	t->wrong += wrong;
}

/* One flow more than the share may be the large model's mistake. */
static int drops(const struct tlml_paired *p)
{
	return p->dropped > 1 + TLML_GATE_LIMITS.dropped * p->benign;
}

static int is_worse(const struct tlml_paired *p)
{
	double chance = TLML_GATE_LIMITS.chance;

	return tlml_paired_chance(p->worse, p->better + p->worse) <= chance ||
	       tlml_paired_chance(p->random_worse, p->random_better + p->random_worse) <= chance;
}

/* Who ran out of time. */
static int judge_little(const struct tlml_trial *t, struct tlml_error *e)
{
	if (!t->paired.flows)
		return tlml_error_set(e, EACCES, "the large model said nothing of any flow meanwhile");
	if (t->test.sum > 0)
		return tlml_error_set(e, EACCES, "time is up with %u audited flows, which speak against it: %u wrong, %.0f %% by the live model",
				      t->audited, t->wrong, 100 * t->rate);
	return tlml_error_set(e, 0, "time is up with %u audited flows, which do not speak against it: %u wrong",
			      t->audited, t->wrong);
}

static int judge_canary(const struct tlml_trial *t, uint64_t now_ns, struct tlml_error *e)
{
	if (t->said == TLML_SPRT_P1)
		return tlml_error_set(e, EACCES, "wrong on %u of %u audited flows that it decided about, the live model on %.0f %%",
				      t->wrong, t->audited, 100 * t->rate);
	if (t->said == TLML_SPRT_P0)
		return tlml_error_set(e, 0, "wrong on %u of %u audited flows that it decided about, the live model on %.0f %%",
				      t->wrong, t->audited, 100 * t->rate);
	return now_ns < t->until_ns ? -EAGAIN : judge_little(t, e);
}

int tlml_trial_judge(const struct tlml_trial *t, unsigned int flows, uint64_t now_ns,
		     struct tlml_error *e)
{
	const struct tlml_paired *p = &t->paired;
	int err = 0;

	if (drops(p))
		return tlml_error_set(e, EACCES, "would act on %u of %u benign flows that the live model lets be",
				      p->dropped, p->benign);
	if (t->stage == TLML_TRIAL_CANARY)
		err = judge_canary(t, now_ns, e);
	else if (p->flows < flows && now_ns < t->until_ns)
		err = -EAGAIN;
	else
		tlml_error_set(e, 0, "better on %u and worse on %u of %u live flows", p->better,
			       p->worse, p->flows);
	if (!err && is_worse(p))
		return tlml_error_set(e, EACCES, "better on %u and worse on %u of %u live flows",
				      p->better, p->worse, p->flows);
	return err;
}

void tlml_trial_end(struct tlml_trial *t)
{
	tlml_model_free(&t->candidate);
	*t = (struct tlml_trial){ 0 };
}
