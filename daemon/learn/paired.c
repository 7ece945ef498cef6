// SPDX-License-Identifier: BSD-2-Clause
/* Two models on the same answered flows. */
#include "paired.h"

#include <math.h>

#include "../../uapi/tlml_verdict.h"

#define DECISIONS	3	/* at packets 2, 4 and 8, as of any flow that is asked about */

/*
 * A model's verdict on an answered flow, as if it had looked at the earlier decisions as it does at
 * the one that is known: from one alone, margins were less than those that the policy is about.
 */
static struct tlml_verdict verdict_of(const struct tlml_model *m, const struct tlml_answered *a)
{
	uint8_t cost[TLML_CLASSES_MAX] = { 0 };
	int32_t logit[TLML_CLASSES_MAX];
	struct tlml_verdict v;

	tlml_infer_net(m, a->x, logit);
	for (unsigned int i = 0; i < DECISIONS; i++)
		v = tlml_cost_add(cost, logit, m->header.classes, m->header.cost_shift[1],
				  m->header.cost_decay);
	return v;
}

static int is_stopped(const struct tlml_policy *policy, unsigned int klass)
{
	return policy && (policy[klass].action == TLML_ACTION_DROP ||
			  policy[klass].action == TLML_ACTION_LIMIT);
}

int tlml_paired_acts(const struct tlml_model *m, const struct tlml_policy *policy,
		     unsigned int klass, unsigned int margin)
{
	unsigned int least = policy ? policy[klass].margin_act : m->classes[klass].margin_act;

	return !tlml_paired_benign(m, policy, klass) && margin >= least;
}

int tlml_paired_benign(const struct tlml_model *m, const struct tlml_policy *policy,
		       unsigned int klass)
{
	return !m->classes[klass].attack && !is_stopped(policy, klass);
}

void tlml_paired_add(struct tlml_paired *p, const struct tlml_model *first,
		     const struct tlml_model *second, const struct tlml_policy *policy,
		     const struct tlml_answered *a)
{
	struct tlml_verdict was = verdict_of(first, a), is = verdict_of(second, a);
	unsigned int label = tlml_answered_class(a, first->header.classes);
	int better = is.klass == label && was.klass != label;
	int worse = is.klass != label && was.klass == label;

	p->flows++;
	p->better += better;
	p->worse += worse;
	if (a->reason == TLML_REASON_AUDIT) {
		p->random_better += better;
		p->random_worse += worse;
	}
	if (!tlml_paired_benign(first, policy, label))
		return;
	p->benign++;
	p->dropped += tlml_paired_acts(second, policy, is.klass, is.margin) &&
		      !tlml_paired_acts(first, policy, was.klass, was.margin);
}

double tlml_paired_chance(unsigned int k, unsigned int n)
{
	double p = 0;

	for (; k <= n; k++)
		p += exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) - n * M_LN2);
	return p < 1 ? p : 1;
}
