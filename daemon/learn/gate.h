/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether a candidate may take the place of the model that is live: sound, no worse on what was
 * known, better on what is new, and not about to drop what is benign. The golden flows alone would
 * refuse what adapts; recent answers alone would believe a teacher that lies.
 */
#ifndef TLML_LEARN_GATE_H
#define TLML_LEARN_GATE_H

#include "net.h"
#include "paired.h"
#include "score.h"

struct tlml_gate_limits {
	double loss;		/* of the golden flows, in all; a share */
	double class_loss;	/* of those of a class, and one flow more */
	double chance;		/* of being better, or worse, on audits by luck (McNemar) */
	double dropped;		/* share of benign flows that it would act on and the other not */
};

#define TLML_GATE_LIMITS ((struct tlml_gate_limits){ \
	.loss = 0.008, .class_loss = 0.03, .chance = 0.05, .dropped = 0.005 })

enum tlml_gate_why {
	TLML_GATE_PASSED,
	TLML_GATE_UNSOUND,	/* other classes, older, or integers that were not trained */
	TLML_GATE_FORGOT,	/* worse on golden flows */
	TLML_GATE_DROPS,	/* benign flows */
	TLML_GATE_NO_BETTER,	/* on recent audits */
};

/* What it found; what lies beyond the refusal was not looked at and is 0. [0] is the incumbent. */
struct tlml_gate_report {
	enum tlml_gate_why why;
	uint32_t compared, differ;	/* logits: integers and training's sums */
	uint32_t flows[TLML_CLASSES_MAX], right[2][TLML_CLASSES_MAX];	/* golden, by label; */
	double golden[2];	/* share that is right; [0] is of what is compared with */
	uint32_t benign, dropped;
	uint32_t audits, better, worse;	/* flows that only one of both is right on */
	uint32_t random_better, random_worse;	/* those of them that were audited at random */
	double chance;
};

struct tlml_gate {
	const struct tlml_model *incumbent, *candidate;
	/* What golden flows are compared with, lest losses add up; NULL: the incumbent. */
	const struct tlml_model *shipped;
	const struct tlml_net *trained;		/* what the candidate was exported from, or NULL */
	const struct tlml_view *golden;		/* labelled flows that neither learned from */
	/* Answers that neither learned from: random audits, some hard flows, where they differ. */
	const struct tlml_reservoir *audits;
	const struct tlml_policy *policy;	/* [classes] of the operator; NULL: the models' */
	struct tlml_gate_limits limits;
};

/* 0, or -EACCES with a sentence of why it is refused, or -ENOMEM. */
int tlml_gate_pass(const struct tlml_gate *g, struct tlml_gate_report *r, struct tlml_error *e);

#endif
