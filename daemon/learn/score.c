// SPDX-License-Identifier: BSD-2-Clause
/* What a model says of the flows of a set, decision by decision. */
#include "score.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int tlml_scores_init(struct tlml_scores *s, const struct tlml_set *set, unsigned int classes,
		     struct tlml_error *e)
{
	s->set = set;
	s->classes = classes;
	s->logits = calloc(set->n_samples + 1, classes * sizeof(*s->logits));
	s->anomaly = calloc(set->n_samples + 1, sizeof(*s->anomaly));
	if (s->logits && s->anomaly)
		return 0;
	tlml_scores_free(s);
	return tlml_error_set(e, ENOMEM, "no memory for %zu samples: use fewer captures",
			      set->n_samples);
}

void tlml_scores_fill(struct tlml_scores *s, const struct tlml_view *v, const struct tlml_model *m)
{
	size_t i;
	uint32_t k;

	for (i = 0; i < v->n; i++) {
		const struct tlml_run *run = &s->set->runs[v->runs[i]];

		for (k = run->first; k < run->first + run->samples; k++) {
			const struct tlml_sample *p = &s->set->samples[k];

			if (p->point)
				s->anomaly[k] = tlml_infer_net(m, p->x, s->logits + k * s->classes);
			else
				tlml_infer_first(m, p->x, s->logits + k * s->classes);
		}
	}
}

struct tlml_outcome tlml_score_run(const struct tlml_scores *s, const struct tlml_run *run,
				   const struct tlml_costs *c, unsigned int last,
				   tlml_score_fn *each, void *arg)
{
	struct tlml_outcome out = { .klass = TLML_UNDECIDED };
	uint8_t cost[TLML_CLASSES_MAX] = { 0 };
	uint32_t k;

	for (k = run->first; k < run->first + run->samples; k++) {
		const struct tlml_sample *p = &s->set->samples[k];
		struct tlml_verdict v;

		if (p->point > last || !(c->points >> p->point & 1))
			continue;
		v = tlml_cost_add(cost, s->logits + k * s->classes, s->classes,
				  c->shift[p->point > 0], c->decay);
		out.klass = v.klass;
		out.margin = v.margin;
		out.anomaly = p->point ? s->anomaly[k] : out.anomaly;
		if (each)
			each(arg, p, out);
	}
	return out;
}

struct tlml_costs tlml_costs_of(const struct tlml_model *m)
{
	struct tlml_costs c = { .points = m->header.points, .decay = m->header.cost_decay };

	memcpy(c.shift, m->header.cost_shift, sizeof(c.shift));
	return c;
}

void tlml_scores_free(struct tlml_scores *s)
{
	free(s->logits);
	free(s->anomaly);
	s->logits = NULL;
	s->anomaly = NULL;
}
