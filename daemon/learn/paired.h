/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two models on the same answered flows: which one is right more often than the other, as the
 * large model sees it, and which benign flows only one of them would have dropped.
 */
#ifndef TLML_LEARN_PAIRED_H
#define TLML_LEARN_PAIRED_H

#include "infer.h"
#include "reservoir.h"
#include "../../uapi/tlml_ctl.h"

/* Flows that both are right on, or both wrong, tell nothing of which is the better one. */
struct tlml_paired {
	uint32_t flows, better, worse;	/* that only the second, or only the first is right on */
	uint32_t random_better, random_worse;	/* those of them that were audited at random */
	uint32_t benign, dropped;	/* benign ones, that only the second would act on */
};

/* policy: [classes] of the operator, or NULL: that of each model for itself. */
void tlml_paired_add(struct tlml_paired *p, const struct tlml_model *first,
		     const struct tlml_model *second, const struct tlml_policy *policy,
		     const struct tlml_answered *a);

/*
 * 1 if a flow with such a verdict is dropped or limited where that policy is enforced. Attacks
 * count as such whatever their action is: what is watched today may be dropped tomorrow.
 */
int tlml_paired_acts(const struct tlml_model *m, const struct tlml_policy *policy,
		     unsigned int klass, unsigned int margin);

/* 1 if flows of that class are to be left alone. */
int tlml_paired_benign(const struct tlml_model *m, const struct tlml_policy *policy,
		       unsigned int klass);

/* Probability that n fair coins show at least k heads; 1 for none: McNemar's exact test. */
double tlml_paired_chance(unsigned int k, unsigned int n);

#endif
