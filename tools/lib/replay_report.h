/* SPDX-License-Identifier: BSD-2-Clause */
/* What a replay comes to: totals by class, and how verdicts compare with labels. */
#ifndef TLML_REPLAY_REPORT_H
#define TLML_REPLAY_REPORT_H

#include <stdio.h>

#include "../../daemon/learn/figures.h"
#include "labels.h"
#include "replay.h"

/* Totals over all captures of r. -errno with a sentence if the counters cannot be read. */
int tlml_replay_summary(const struct tlml_replay *r, FILE *out, struct tlml_error *e);

/* Flows of the labels' kinds, and what was done to them. */
struct tlml_compare {
	struct tlml_figures figures;	/* of kinds that are classes of the model */
	uint64_t unlabelled;		/* flows that no rule matches */
	uint64_t foreign;		/* labelled ones of kinds that the model does not know */
	uint64_t flows[2];		/* labelled ones: [0] benign, [1] attacks */
	uint64_t acted[2];		/* those of which a packet was dropped or limited */
	uint64_t packets[2];		/* such packets */
};

/* Adds the flows of r. */
void tlml_compare_add(struct tlml_compare *c, const struct tlml_replay *r,
		      const struct tlml_labels *l);

void tlml_compare_print(const struct tlml_compare *c, const struct tlml_model *m, FILE *out);

#endif
