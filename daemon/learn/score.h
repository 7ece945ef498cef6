/* SPDX-License-Identifier: BSD-2-Clause */
/* What a model says of the flows of a set, decision by decision, as the data path would. */
#ifndef TLML_LEARN_SCORE_H
#define TLML_LEARN_SCORE_H

#include "infer.h"
#include "set.h"
#include "../../uapi/tlml_verdict.h"

#define TLML_UNDECIDED	TLML_CLASSES_MAX	/* klass of a flow that met no decision point */

/* How logits become verdicts: the fields of these names of a model's header. */
struct tlml_costs {
	uint32_t points;
	uint8_t shift[2];
	uint8_t decay;
};

/* Logits and anomaly of the samples of a set, so that costs can be tried out quickly. */
struct tlml_scores {
	const struct tlml_set *set;
	unsigned int classes;
	int32_t *logits;	/* [sample][classes]; only of the views that were scored */
	uint8_t *anomaly;	/* [sample] */
};

struct tlml_outcome {
	uint8_t klass;		/* or TLML_UNDECIDED */
	uint8_t margin;
	uint8_t anomaly;	/* of the last decision of the net */
};

/* Called after each decision of a flow. */
typedef void tlml_score_fn(void *arg, const struct tlml_sample *s, struct tlml_outcome o);

int tlml_scores_init(struct tlml_scores *s, const struct tlml_set *set, unsigned int classes,
		     struct tlml_error *e);

/* Runs m on the samples of v. */
void tlml_scores_fill(struct tlml_scores *s, const struct tlml_view *v, const struct tlml_model *m);

/* The verdict on a run after its decisions at packets up to 2^last; each may be NULL. */
struct tlml_outcome tlml_score_run(const struct tlml_scores *s, const struct tlml_run *run,
				   const struct tlml_costs *c, unsigned int last,
				   tlml_score_fn *each, void *arg);

struct tlml_costs tlml_costs_of(const struct tlml_model *m);

void tlml_scores_free(struct tlml_scores *s);

#endif
