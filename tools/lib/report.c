// SPDX-License-Identifier: BSD-2-Clause
/* How good a model is on some flows: the figures as JSON. report_text.c prints them. */
#include "report.h"

#include <stdlib.h>
#include <string.h>

#include "../../daemon/learn/figures.h"

static json_t *report_classes(const struct tlml_figures *f, const struct tlml_class_info *classes,
			      const uint32_t *acted)
{
	json_t *list = json_array();
	unsigned int k;

	for (k = 0; k < f->classes; k++)
		json_array_append_new(list, json_pack("{s:s, s:b, s:i, s:f, s:f, s:f, s:i, s:i, s:i}",
			"name", classes[k].name, "attack", classes[k].attack,
			"flows", (int)tlml_figures_flows(f, k),
			"precision", tlml_figures_precision(f, k),
			"recall", tlml_figures_recall(f, k), "f1", tlml_figures_f1(f, k),
			"margin_act", classes[k].margin_act, "margin_hard", classes[k].margin_hard,
			"acted", (int)acted[k]));
	return list;
}

static json_t *report_confusion(const struct tlml_figures *f)
{
	json_t *rows = json_array();
	unsigned int i, k;

	for (i = 0; i < f->classes; i++) {
		json_t *row = json_array();

		for (k = 0; k < f->classes; k++)
			json_array_append_new(row, json_integer(f->n[i][k]));
		json_array_append_new(row, json_integer(f->n[i][TLML_UNDECIDED]));
		json_array_append_new(rows, row);
	}
	return rows;
}

/* Accuracy on the flows that are left when the least sure ones are handed on. */
static json_t *report_coverage(const struct tlml_scores *s, const struct tlml_view *v,
			       const struct tlml_costs *c)
{
	static const double share[] = { 1, 0.95, 0.9, 0.8, 0.5 };
	uint32_t all[256] = { 0 }, right[256] = { 0 };
	json_t *list = json_array();
	unsigned int k;
	size_t i;

	for (i = 0; i < v->n; i++) {
		const struct tlml_run *run = &s->set->runs[v->runs[i]];
		struct tlml_outcome o = tlml_score_run(s, run, c, TLML_POINTS, NULL, NULL);

		all[o.margin]++;
		right[o.margin] += o.klass == run->label;
	}
	for (k = 0; k < sizeof(share) / sizeof(share[0]); k++) {
		double want = share[k] * v->n, kept = 0, good = 0;
		int margin;

		for (margin = 255; margin >= 0 && kept < want; margin--) {
			double part = all[margin] > want - kept ? (want - kept) / all[margin] : 1;

			kept += part * all[margin];
			good += part * right[margin];
		}
		json_array_append_new(list, json_pack("{s:f, s:f}", "coverage", share[k], "accuracy",
						      kept ? good / kept : 0));
	}
	return list;
}

static json_t *report_early(const struct tlml_scores *s, const struct tlml_view *v,
			    const struct tlml_costs *c)
{
	json_t *list = json_array();
	unsigned int last;

	for (last = 0; last <= 10; last++) {
		struct tlml_figures f = tlml_figures_of(s, v, c, last);

		json_array_append_new(list, json_pack("{s:i, s:f, s:f}", "packets", 1 << last,
						      "macro_f1", tlml_figures_macro_f1(&f),
						      "accuracy", tlml_figures_accuracy(&f)));
	}
	return list;
}

/* Whether a flow was ever, on the verdict of the moment, taken for an attack with enough margin. */
struct acting {
	const struct tlml_class_info *classes;
	int acted;
};

static void act_on_decision(void *arg, const struct tlml_sample *s, struct tlml_outcome o)
{
	struct acting *a = arg;

	(void)s;
	a->acted |= a->classes[o.klass].attack && o.margin >= a->classes[o.klass].margin_act;
}

/* Flows of each class that were, be it rightly as another attack. */
static void count_acted(const struct tlml_scores *s, const struct tlml_view *v,
			const struct tlml_costs *c, const struct tlml_class_info *classes,
			uint32_t *acted)
{
	size_t i;

	for (i = 0; i < v->n; i++) {
		const struct tlml_run *run = &s->set->runs[v->runs[i]];
		struct acting a = { .classes = classes };

		tlml_score_run(s, run, c, TLML_POINTS, act_on_decision, &a);
		acted[run->label] += a.acted;
	}
}

static json_t *report_acted(const struct tlml_figures *f, const struct tlml_class_info *classes,
			    const uint32_t *acted)
{
	uint32_t flows[2] = { 0, 0 }, of[2] = { 0, 0 };
	unsigned int k;

	for (k = 0; k < f->classes; k++) {
		flows[classes[k].attack] += tlml_figures_flows(f, k);
		of[classes[k].attack] += acted[k];
	}
	return json_pack("{s:i, s:i, s:i, s:i}", "benign", (int)flows[0], "benign_acted", (int)of[0],
			 "attack", (int)flows[1], "attack_acted", (int)of[1]);
}

json_t *tlml_report_make(const struct tlml_scores *s, const struct tlml_view *v,
			 const struct tlml_costs *c, const struct tlml_class_info *classes)
{
	struct tlml_figures f = tlml_figures_of(s, v, c, TLML_POINTS);
	uint32_t acted[TLML_CLASSES_MAX] = { 0 };

	count_acted(s, v, c, classes, acted);
	return json_pack("{s:I, s:f, s:f, s:o, s:o, s:o, s:o, s:o}", "flows", (json_int_t)v->n,
			 "macro_f1", tlml_figures_macro_f1(&f),
			 "accuracy", tlml_figures_accuracy(&f),
			 "classes", report_classes(&f, classes, acted), "confusion", report_confusion(&f),
			 "coverage", report_coverage(s, v, c), "early", report_early(s, v, c),
			 "acted", report_acted(&f, classes, acted));
}
