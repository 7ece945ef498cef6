/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A generation that is new has to be no worse than the one before it. That it disagrees with the
 * large model more often may be the traffic's fault: what the one before would have said of the
 * same flows tells both apart.
 */
#ifndef TLML_PROBATION_H
#define TLML_PROBATION_H

#include "learn/drift.h"
#include "learn/paired.h"

/* Begins as all zeros; under way while before has a blob. */
struct tlml_probation {
	struct tlml_model before;
	struct tlml_paired paired;	/* the one before, the new one; audited flows */
	struct tlml_sprt test;
	double rate;			/* at which the one before disagreed */
};

/* In place of one under way. before is taken over. */
void tlml_probation_begin(struct tlml_probation *p, struct tlml_model *before, double rate);

/*
 * An audited flow that the new generation, live, decided about: whether it disagreed. P1: it is
 * worse; P0: it is not.
 */
enum tlml_sprt_says tlml_probation_add(struct tlml_probation *p, const struct tlml_model *live,
				       const struct tlml_answered *a, int wrong);

/* 1 if the one before is right more often, and by more than chance. */
int tlml_probation_guilty(const struct tlml_probation *p);

void tlml_probation_end(struct tlml_probation *p);

#endif
