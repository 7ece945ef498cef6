/* SPDX-License-Identifier: BSD-2-Clause */
/* From what the large model says to the line of the flow (struct tlml_answer). No I/O. */
#ifndef TLML_ANSWERS_H
#define TLML_ANSWERS_H

#include "hard.h"
#include "maps.h"

/* From a row of probabilities; klass is the likeliest, the first one among equals. */
void tlml_opinion_take(const float *p, const struct tlml_oip_plan *plan,
		       const struct tlml_weights *w, struct tlml_opinion *o);

enum tlml_fate {
	TLML_FATE_APPLIED,	/* it is in the line, and the flow's next packet takes it */
	TLML_FATE_KEPT,		/* the tiny model is at least as sure; its verdict stands */
	TLML_FATE_UNKNOWN,	/* the model in place has no class of that name */
	TLML_FATE_LATE,		/* the flow is over, lost its line, or waits no more */
};

/*
 * Lays an opinion into the line of the flow of r, in buckets flows[mask + 1], until that tick, if
 * it is worth more than the verdict there. a is what was laid, on APPLIED.
 */
enum tlml_fate tlml_answer_give(const struct tlml_weights *w, struct tlml_flow_bucket *flows,
				__u32 mask, const struct tlml_record *r,
				const struct tlml_opinion *o, __u32 until, struct tlml_answer *a);

/*
 * A while later: a decision that was under way may have written its costs over the answer. Then
 * lays it anew and returns 1; 0 if nothing is left to do.
 */
int tlml_answer_mend(struct tlml_flow_bucket *flows, __u32 mask, const struct tlml_record *r,
		     const struct tlml_answer *a);

/* The name of a flow's class by the generation that decided, "" if that is gone; name[NAME_MAX]. */
void tlml_answer_class(const struct tlml_weights *slots, const struct tlml_record *r, char *name);

#endif
