// SPDX-License-Identifier: BSD-2-Clause
/* How good verdicts are. */
#include "figures.h"

struct tlml_figures tlml_figures_of(const struct tlml_scores *s, const struct tlml_view *v,
				    const struct tlml_costs *c, unsigned int last)
{
	struct tlml_figures f = { .classes = s->classes };
	size_t i;

	for (i = 0; i < v->n; i++) {
		const struct tlml_run *run = &s->set->runs[v->runs[i]];

		f.n[run->label][tlml_score_run(s, run, c, last, NULL, NULL).klass]++;
	}
	return f;
}

uint32_t tlml_figures_flows(const struct tlml_figures *f, unsigned int k)
{
	uint32_t sum = f->n[k][TLML_UNDECIDED];
	unsigned int i;

	for (i = 0; i < f->classes; i++)
		sum += f->n[k][i];
	return sum;
}

double tlml_figures_precision(const struct tlml_figures *f, unsigned int k)
{
	uint32_t sum = 0;
	unsigned int i;

	for (i = 0; i < f->classes; i++)
		sum += f->n[i][k];
	return sum ? (double)f->n[k][k] / sum : 0;
}

double tlml_figures_recall(const struct tlml_figures *f, unsigned int k)
{
	uint32_t flows = tlml_figures_flows(f, k);

	return flows ? (double)f->n[k][k] / flows : 0;
}

double tlml_figures_f1(const struct tlml_figures *f, unsigned int k)
{
	double p = tlml_figures_precision(f, k), r = tlml_figures_recall(f, k);

	return p + r > 0 ? 2 * p * r / (p + r) : 0;
}

double tlml_figures_macro_f1(const struct tlml_figures *f)
{
	unsigned int k, present = 0;
	double sum = 0;

	for (k = 0; k < f->classes; k++) {
		if (!tlml_figures_flows(f, k))
			continue;
		sum += tlml_figures_f1(f, k);
		present++;
	}
	return present ? sum / present : 0;
}

double tlml_figures_accuracy(const struct tlml_figures *f)
{
	uint32_t right = 0, all = 0;
	unsigned int k;

	for (k = 0; k < f->classes; k++) {
		right += f->n[k][k];
		all += tlml_figures_flows(f, k);
	}
	return all ? (double)right / all : 0;
}
