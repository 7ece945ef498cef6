/* SPDX-License-Identifier: BSD-2-Clause */
/* How good a model is on some flows, as JSON and, made from that, as text. */
#ifndef TLML_REPORT_H
#define TLML_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "../../daemon/learn/score.h"

/*
 * Of verdicts on the flows of v, scored, with classes' margins: flows macro_f1 accuracy, classes
 * (name attack flows precision recall f1 margin_act margin_hard), confusion [label][verdict, the
 * last: none], coverage, early, acted. NULL without memory.
 */
json_t *tlml_report_make(const struct tlml_scores *s, const struct tlml_view *v,
			 const struct tlml_costs *c, const struct tlml_class_info *classes);

void tlml_report_print(const json_t *report, const char *title, FILE *f);

#endif
