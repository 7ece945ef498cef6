/* SPDX-License-Identifier: BSD-2-Clause */
/* What is chosen on validation flows once the weights are there: costs, margins, marks. */
#ifndef TLML_LEARN_TUNE_H
#define TLML_LEARN_TUNE_H

#include "blob.h"
#include "score.h"

/*
 * Cost shifts, decay and decision points with the best macro-F1 after the last decision; of those
 * within a thousandth of it the one that is right earliest. bits: 2^bits is a nat, of the
 * additive head and of the net.
 */
struct tlml_costs tlml_tune_costs(const struct tlml_scores *s, const struct tlml_view *v,
				  const unsigned int bits[2]);

/*
 * Temperature of the net, calibration of margins and each class's margin_act and margin_hard, by
 * the flows of v; train only raises margin_act, where something benign was taken for an attack.
 */
int tlml_tune_margins(const struct tlml_scores *s, const struct tlml_view *v,
		      const struct tlml_view *train, const struct tlml_costs *c, double nat,
		      struct tlml_model_header *h, struct tlml_class_info *classes,
		      struct tlml_error *e);

/* Anomaly marks: above 99 % and 99.9 % of the net's decisions on benign flows. */
void tlml_tune_anomaly(const struct tlml_scores *s, const struct tlml_view *v,
		       struct tlml_model_header *h);

/*
 * All of that for parts whose weights are there. bits: as above, or NULL to keep the costs that
 * the header has. -errno with a sentence.
 */
int tlml_tune(struct tlml_parts *p, const struct tlml_view *v, const struct tlml_view *train,
	      const unsigned int *bits, struct tlml_error *e);

#endif
