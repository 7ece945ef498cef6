/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A candidate that passed the gate, on live flows: first beside the live model, deciding nothing,
 * then as a canary, deciding about a share of them. What comes of it the learner does.
 */
#ifndef TLML_TRIAL_H
#define TLML_TRIAL_H

#include "learn/drift.h"
#include "learn/paired.h"

enum tlml_trial_stage { TLML_TRIAL_NONE, TLML_TRIAL_SHADOW, TLML_TRIAL_CANARY };

/* Begins as all zeros. */
struct tlml_trial {
	enum tlml_trial_stage stage;
	struct tlml_model candidate;
	uint64_t until_ns;		/* of the stage, on the loop's clock */
	struct tlml_paired paired;	/* the live model, the candidate; of both stages */
	struct tlml_sprt test;		/* CANARY: of what the data path made of it */
	enum tlml_sprt_says said;
	unsigned int audited, wrong;	/* flows that it decided about; it disagreed */
	double rate;			/* at which the live model disagrees meanwhile */
};

/* Of a flow that was audited, and that the canary decided about; rate: of the live model now. */
void tlml_trial_audit(struct tlml_trial *t, int wrong, double rate);

/*
 * 0 if it passed the stage, -EACCES if it failed, either with a sentence; -EAGAIN while more flows
 * are to be seen: at most so many answered ones in the shadow run. That is passed by what is not
 * worse by more than chance, a canary's stage by the sequential test. Where there is too little
 * traffic to tell, it passes if what was seen does not speak against it: the gate found it better,
 * and it is on probation afterwards.
 */
int tlml_trial_judge(const struct tlml_trial *t, unsigned int flows, uint64_t now_ns,
		     struct tlml_error *e);

void tlml_trial_end(struct tlml_trial *t);

#endif
