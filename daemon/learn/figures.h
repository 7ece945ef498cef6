/* SPDX-License-Identifier: BSD-2-Clause */
/* How good verdicts are: a confusion matrix and what follows from it. */
#ifndef TLML_LEARN_FIGURES_H
#define TLML_LEARN_FIGURES_H

#include <stdint.h>

#include "score.h"

struct tlml_figures {
	unsigned int classes;
	uint32_t n[TLML_CLASSES_MAX][TLML_CLASSES_MAX + 1];	/* [label][verdict]; last: none */
};

/* Of verdicts on the flows of v after packets up to 2^last. */
struct tlml_figures tlml_figures_of(const struct tlml_scores *s, const struct tlml_view *v,
				    const struct tlml_costs *c, unsigned int last);

/* 0..1; 0 where nothing is to be divided by. */
double tlml_figures_precision(const struct tlml_figures *f, unsigned int k);
double tlml_figures_recall(const struct tlml_figures *f, unsigned int k);
double tlml_figures_f1(const struct tlml_figures *f, unsigned int k);

/* Mean F1 of the classes that have flows. */
double tlml_figures_macro_f1(const struct tlml_figures *f);
double tlml_figures_accuracy(const struct tlml_figures *f);
uint32_t tlml_figures_flows(const struct tlml_figures *f, unsigned int k);

#endif
