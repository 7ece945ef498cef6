// SPDX-License-Identifier: BSD-2-Clause
/* A generation that is new has to be no worse than the one before it. */
#include "probation.h"

#define CHANCE	0.05

void tlml_probation_begin(struct tlml_probation *p, struct tlml_model *before, double rate)
{
	tlml_probation_end(p);
	*p = (struct tlml_probation){ .before = *before, .rate = rate,
				      .test = tlml_sprt_worse(rate) };
	*before = (struct tlml_model){ 0 };
}

int tlml_probation_guilty(const struct tlml_probation *p)
{
	const struct tlml_paired *pair = &p->paired;

	return p->before.blob &&
	       tlml_paired_chance(pair->random_worse, pair->random_better + pair->random_worse) <=
		       CHANCE;
}

enum tlml_sprt_says tlml_probation_add(struct tlml_probation *p, const struct tlml_model *live,
				       const struct tlml_answered *a, int wrong)
{
	enum tlml_sprt_says says;

	tlml_paired_add(&p->paired, &p->before, live, NULL, a);
	says = tlml_sprt_add(&p->test, wrong);
	if (says != TLML_SPRT_P1 || tlml_probation_guilty(p))
		return says;
	p->test.sum = 0;	/* the one before would be as wrong: looks on */
	return TLML_SPRT_MORE;
}

void tlml_probation_end(struct tlml_probation *p)
{
	tlml_model_free(&p->before);
	*p = (struct tlml_probation){ 0 };
}
