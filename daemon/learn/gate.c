// SPDX-License-Identifier: BSD-2-Clause
/* Whether a candidate may take the place of the model that is live. */
#include "gate.h"

#include <errno.h>
#include <string.h>

struct gate_state {
	const struct tlml_gate *g;
	struct tlml_gate_report *r;
	const struct tlml_model *model[3];	/* incumbent, candidate, shipped */
	struct tlml_scores scores[3];
	int acts[3];		/* on the flow being looked at, at some decision */
	int side;
};

/* What training summed up and what the integers of the candidate say must be the same. */
static void count_differences(struct gate_state *s)
{
	const struct tlml_net *net = s->g->trained;
	unsigned int inputs = net->layer[0].inputs, classes = net->layer[2].outputs, i, c;
	const struct tlml_view *v = s->g->golden;
	float x[TLML_FEATURES_MAX], z[TLML_CLASSES_MAX];
	uint32_t k;
	size_t n;

	for (n = 0; n < v->n; n++) {
		const struct tlml_run *run = &v->set->runs[v->runs[n]];

		for (k = run->first; k < run->first + run->samples; k++) {
			const struct tlml_sample *p = &v->set->samples[k];
			const int32_t *logit = s->scores[1].logits + k * classes;

			if (!p->point)
				continue;
			for (i = 0; i < inputs; i++)
				x[i] = p->x[i];
			tlml_net_forward(net, x, 1, z, NULL);
			for (c = 0; c < classes; c++)
				s->r->differ += logit[c] != (int32_t)z[c];
			s->r->compared += classes;
		}
	}
}

static int gate_sound(struct gate_state *s, struct tlml_error *e)
{
	const struct tlml_model *was = s->model[0], *is = s->model[1];
	unsigned int c;

	s->r->why = TLML_GATE_UNSOUND;
	if (is->header.generation <= was->header.generation)
		return tlml_error_set(e, EACCES, "generation %u is not newer than the live one, %u",
				      is->header.generation, was->header.generation);
	for (c = 0; c < was->header.classes; c++)
		if (is->header.classes != was->header.classes ||
		    memcmp(is->classes[c].name, was->classes[c].name, TLML_NAME_MAX) ||
		    is->classes[c].attack != was->classes[c].attack)
			return tlml_error_set(e, EACCES, "generation %u has other classes than the live one",
					      is->header.generation);
	if (s->g->trained)
		count_differences(s);
	if (s->r->differ)
		return tlml_error_set(e, EACCES,
				      "generation %u computes other logits than those it was trained with (%u of %u)",
				      is->header.generation, s->r->differ, s->r->compared);
	return 0;
}

static void note_action(void *arg, const struct tlml_sample *p, struct tlml_outcome o)
{
	struct gate_state *s = arg;

	s->acts[s->side] |= tlml_paired_acts(s->model[s->side], s->g->policy, o.klass, o.margin);
}

static void count_golden(struct gate_state *s)
{
	const struct tlml_view *v = s->g->golden;
	struct tlml_gate_report *r = s->r;
	int right[3];
	size_t i;

	for (i = 0; i < v->n; i++) {
		const struct tlml_run *run = &v->set->runs[v->runs[i]];

		r->flows[run->label]++;
		for (s->side = 0; s->side < 3; s->side++) {
			struct tlml_costs c = tlml_costs_of(s->model[s->side]);

			s->acts[s->side] = 0;
			right[s->side] = tlml_score_run(&s->scores[s->side], run, &c, TLML_POINTS,
							note_action, s).klass == run->label;
		}
		r->right[0][run->label] += right[2];
		r->right[1][run->label] += right[1];
		if (!tlml_paired_benign(s->model[0], s->g->policy, run->label))
			continue;
		r->benign++;
		r->dropped += s->acts[1] && !s->acts[0];
	}
}

static int gate_golden(struct gate_state *s, struct tlml_error *e)
{
	const struct tlml_gate_limits *l = &s->g->limits;
	unsigned int generation = s->model[1]->header.generation, c, side;
	struct tlml_gate_report *r = s->r;

	count_golden(s);
	for (c = 0; c < TLML_CLASSES_MAX; c++)
		for (side = 0; side < 2; side++)
			r->golden[side] += (double)r->right[side][c] / (s->g->golden->n ?: 1);
	r->why = TLML_GATE_FORGOT;
	if (!s->g->golden->n)
		return tlml_error_set(e, EACCES, "generation %u has no golden flows to be judged by",
				      generation);
	for (c = 0; c < TLML_CLASSES_MAX; c++)
		if (r->right[0][c] > r->right[1][c] + 1 + l->class_loss * r->flows[c])
			return tlml_error_set(e, EACCES,
					      "generation %u knows %u of %u golden flows of class %s, the shipped one %u",
					      generation, r->right[1][c], r->flows[c],
					      s->model[1]->classes[c].name, r->right[0][c]);
	if (r->golden[0] - r->golden[1] > l->loss)
		return tlml_error_set(e, EACCES,
				      "generation %u is right on %.4f of golden flows, the shipped one on %.4f: more than %.4f are lost",
				      generation, r->golden[1], r->golden[0], l->loss);
	return 0;
}

static void count_audits(struct gate_state *s)
{
	const struct tlml_reservoir *audits = s->g->audits;
	struct tlml_gate_report *r = s->r;
	struct tlml_paired p = { 0 };
	uint32_t i;

	for (i = 0; i < audits->n; i++)
		tlml_paired_add(&p, s->model[0], s->model[1], s->g->policy, &audits->item[i]);
	r->audits = p.flows;
	r->better = p.better;
	r->worse = p.worse;
	r->random_better = p.random_better;
	r->random_worse = p.random_worse;
	r->benign += p.benign;
	r->dropped += p.dropped;
	r->chance = tlml_paired_chance(r->better, r->better + r->worse);
}

static int gate_audits(struct gate_state *s, struct tlml_error *e)
{
	unsigned int generation = s->model[1]->header.generation;
	struct tlml_gate_report *r = s->r;

	count_audits(s);
	r->why = TLML_GATE_DROPS;
	if (r->dropped > s->g->limits.dropped * r->benign)
		return tlml_error_set(e, EACCES,
				      "generation %u would act on %u of %u benign flows that the live one lets be",
				      generation, r->dropped, r->benign);
	r->why = TLML_GATE_NO_BETTER;
	if (r->chance > s->g->limits.chance)
		return tlml_error_set(e, EACCES,
				      "generation %u is better on %u and worse on %u of %u audited flows: that may be chance (p %.2g)",
				      generation, r->better, r->worse, r->audits, r->chance);
	if (tlml_paired_chance(r->random_worse, r->random_better + r->random_worse) <=
	    s->g->limits.chance)
		return tlml_error_set(e, EACCES,
				      "generation %u is better on hard flows, but better on %u and worse on %u of those audited at random",
				      generation, r->random_better, r->random_worse);
	return 0;
}

int tlml_gate_pass(const struct tlml_gate *g, struct tlml_gate_report *r, struct tlml_error *e)
{
	struct gate_state s = { .g = g, .r = r, .model = { g->incumbent, g->candidate,
							   g->shipped ?: g->incumbent } };
	int err = 0, i;

	memset(r, 0, sizeof(*r));
	for (i = 0; i < 3 && !err; i++) {
		err = tlml_scores_init(&s.scores[i], g->golden->set, s.model[i]->header.classes, e);
		if (!err)
			tlml_scores_fill(&s.scores[i], g->golden, s.model[i]);
	}
	if (!err)
		err = gate_sound(&s, e);
	if (!err)
		err = gate_golden(&s, e);
	if (!err)
		err = gate_audits(&s, e);
	if (!err)
		r->why = TLML_GATE_PASSED;
	for (i = 0; i < 3; i++)
		tlml_scores_free(&s.scores[i]);
	return err;
}
