// SPDX-License-Identifier: BSD-2-Clause
/* Labels teach boosted trees. */
#include "teach.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../learn/gate.h"
#include "../learn/paired.h"
#include "booster.h"
#include "rehearsal.h"

#define ROUNDS		20
#define HELD_OF		4	/* flows: one in so many judges, and is not learned */
#define HELD_LEAST	6	/* fewer could never be better but by chance */

/* Cases that somebody has named, of classes that the model has. */
struct known {
	float (*row)[TLML_CASE_COLUMNS];
	unsigned char label[TLML_LABELS_MAX];
	unsigned int n;
};

struct lesson_plan {
	const struct tlml_teach *t;
	struct tlml_teach_report *r;
	struct tlml_oip_plan plan;
	struct tlml_rehearsal rehearsal;
	struct known learn, held;
	struct tlml_booster *served, *base;	/* base becomes the candidate */
	float *p[2];		/* of golden cases by base, before and after */
};

static unsigned int class_of(const struct tlml_oip_plan *plan, const char *name)
{
	unsigned int c;

	for (c = 0; c < plan->classes && strcmp(plan->klass[c], name); c++)
		;
	return c;
}

/* By its flow, so that what judges was not seen. */
static int is_held(const struct tlml_case_label *label)
{
	return (label->flow ^ label->flow >> 32) % 0xfff1 % HELD_OF == 0;
}

static int take_labels(struct lesson_plan *p, struct tlml_error *e)
{
	const struct tlml_case_labels *labels = p->t->labels;
	struct tlml_teach_report *r = p->r;
	unsigned int i;

	p->learn.row = calloc(labels->n + 1, sizeof(*p->learn.row));
	p->held.row = calloc(labels->n + 1, sizeof(*p->held.row));
	if (!p->learn.row || !p->held.row)
		return tlml_error_set(e, ENOMEM, "no memory for %u labels", labels->n);
	for (i = 0; i < labels->n; i++) {
		const struct tlml_case_label *label = &labels->item[i];
		unsigned int c = class_of(&p->plan, label->klass);
		struct known *to = is_held(label) ? &p->held : &p->learn;

		if (c == p->plan.classes) {
			r->unknown++;
			continue;
		}
		tlml_case_row(&label->inputs, to->row[to->n]);
		to->label[to->n++] = c;
	}
	r->labels = p->learn.n + p->held.n;
	r->held = p->held.n;
	if (r->labels < TLML_TEACH_LEAST || r->held < HELD_LEAST || !p->learn.n)
		return tlml_error_set(e, EAGAIN, "%u labels of classes that the large model has, %u of them to judge by: %u and %u are the least",
				      r->labels, r->held, TLML_TEACH_LEAST, HELD_LEAST);
	return 0;
}

/* Small classes count, large ones still count more; in all the sum. */
static void weigh(const unsigned char *label, unsigned int n, float sum, float *weight)
{
	unsigned int count[TLML_CLASSES_MAX] = { 0 }, i;
	float total = 0;

	for (i = 0; i < n; i++)
		count[label[i]]++;
	for (i = 0; i < n; i++)
		total += weight[i] = 1 / sqrtf(count[label[i]]);
	for (i = 0; i < n; i++)
		weight[i] *= sum / total;
}

/* What was known is to stay as it was said, not as it should have been: nothing new is in that. */
static int learn(struct lesson_plan *p, struct tlml_error *e)
{
	const struct tlml_rehearsal *old = &p->rehearsal;
	unsigned int classes = p->plan.classes, olds = old->n[TLML_REHEARSED], n, i;
	float (*row)[TLML_CASE_COLUMNS], *target, *weight;
	int err;

	n = olds + p->learn.n;
	row = calloc(n, sizeof(*row));
	target = calloc((size_t)n * classes, sizeof(*target));
	weight = calloc(n, sizeof(*weight));
	if (row && target && weight) {
		memcpy(row, old->row[TLML_REHEARSED], olds * sizeof(*row));
		memcpy(row + olds, p->learn.row, p->learn.n * sizeof(*row));
		for (i = 0; i < p->learn.n; i++)
			target[(olds + i) * classes + p->learn.label[i]] = 1;
		weigh(old->label[TLML_REHEARSED], olds, n / 2.0f, weight);
		weigh(p->learn.label, p->learn.n, n / 2.0f, weight + olds);
		err = tlml_booster_ask(p->base, old->row[TLML_REHEARSED], olds, target, e);
	} else {
		err = tlml_error_set(e, ENOMEM, "no memory for %u cases", n);
	}
	if (!err) {
		struct tlml_booster_lesson l = { row, target, weight, n };

		err = tlml_booster_learn(p->base, &l, ROUNDS, p->t->seed, e);
	}
	free(row);
	free(target);
	free(weight);
	return err;
}

static unsigned int best_of(const float *p, unsigned int classes)
{
	unsigned int c, best = 0;

	for (c = 1; c < classes; c++)
		best = p[c] > p[best] ? c : best;
	return best;
}

static int ask_golden(struct lesson_plan *p, int side, struct tlml_error *e)
{
	unsigned int n = p->rehearsal.n[TLML_GOLDEN];

	p->p[side] = calloc((size_t)n * p->plan.classes, sizeof(float));
	if (!p->p[side])
		return tlml_error_set(e, ENOMEM, "no memory for %u golden cases", n);
	return tlml_booster_ask(p->base, p->rehearsal.row[TLML_GOLDEN], n, p->p[side], e);
}

static int gate_golden(struct lesson_plan *p, struct tlml_error *e)
{
	const struct tlml_gate_limits limits = TLML_GATE_LIMITS;
	unsigned int of[TLML_CLASSES_MAX] = { 0 }, right[2][TLML_CLASSES_MAX] = { { 0 } };
	unsigned int classes = p->plan.classes, i, c, side;
	struct tlml_teach_report *r = p->r;

	r->why = TLML_TEACH_FORGOT;
	r->golden = p->rehearsal.n[TLML_GOLDEN];
	for (i = 0; i < r->golden; i++) {
		c = p->rehearsal.label[TLML_GOLDEN][i];
		of[c]++;
		for (side = 0; side < 2; side++)
			right[side][c] += best_of(p->p[side] + i * classes, classes) == c;
	}
	for (c = 0; c < classes; c++)
		for (side = 0; side < 2; side++)
			r->right[side] += right[side][c];
	for (c = 0; c < classes; c++)
		if (right[0][c] > right[1][c] + 1 + limits.class_loss * of[c])
			return tlml_error_set(e, EACCES, "it would know %u of %u golden cases of class %s, and knew %u as it was made",
					      right[1][c], of[c], p->plan.klass[c], right[0][c]);
	if (r->right[0] > r->right[1] + limits.loss * r->golden)
		return tlml_error_set(e, EACCES, "it would be right on %u of %u golden cases, and was on %u as it was made",
				      r->right[1], r->golden, r->right[0]);
	return 0;
}

static int gate_held(struct lesson_plan *p, struct tlml_error *e)
{
	const struct tlml_gate_limits limits = TLML_GATE_LIMITS;
	unsigned int n = p->held.n, classes = p->plan.classes, i;
	float *before = calloc((size_t)n * classes, sizeof(*before));
	float *after = calloc((size_t)n * classes, sizeof(*after));
	struct tlml_teach_report *r = p->r;
	int err;

	err = before && after ? tlml_booster_ask(p->served, p->held.row, n, before, e) :
	      tlml_error_set(e, ENOMEM, "no memory for %u held labels", n);
	if (!err)
		err = tlml_booster_ask(p->base, p->held.row, n, after, e);
	for (i = 0; !err && i < n; i++) {
		int was = best_of(before + i * classes, classes) == p->held.label[i];
		int is = best_of(after + i * classes, classes) == p->held.label[i];

		r->better += is && !was;
		r->worse += was && !is;
	}
	free(before);
	free(after);
	if (err)
		return err;
	r->why = TLML_TEACH_NO_BETTER;
	r->chance = tlml_paired_chance(r->better, r->better + r->worse);
	if (r->chance > limits.chance)
		return tlml_error_set(e, EACCES, "it would be better on %u and worse on %u of %u labels that it did not learn: that may be chance (p %.2g)",
				      r->better, r->worse, r->held, r->chance);
	return 0;
}

static int open_all(struct lesson_plan *p, struct tlml_error *e)
{
	const struct tlml_teach *t = p->t;
	int err;

	err = tlml_booster_open(t->model, t->model_size, &p->served, &p->plan, e);
	if (!err)
		err = tlml_booster_open(t->model, t->model_size, &p->base, &p->plan, e);
	if (!err)
		err = tlml_booster_cut(p->base, e);
	if (!err)
		err = tlml_rehearsal_parse(t->rehearsal, t->rehearsal_size, "the anchor", &p->plan,
					   &p->rehearsal, e);
	return err;
}

int tlml_teach(const struct tlml_teach *t, void **model, size_t *size,
	       struct tlml_teach_report *r, struct tlml_error *e)
{
	struct lesson_plan *p = calloc(1, sizeof(*p));
	int err;

	memset(r, 0, sizeof(*r));
	if (!p)
		return tlml_error_set(e, ENOMEM, "no memory");
	p->t = t;
	p->r = r;
	err = open_all(p, e);
	if (!err)
		err = take_labels(p, e);
	if (!err)
		err = ask_golden(p, 0, e);
	if (!err)
		err = learn(p, e);
	if (!err)
		err = ask_golden(p, 1, e);
	if (!err)
		err = gate_golden(p, e);
	if (!err)
		err = gate_held(p, e);
	if (!err) {
		r->why = TLML_TEACH_PASSED;
		err = tlml_booster_save(p->base, model, size, e);
	}
	if (p->served)
		tlml_booster_free(p->served);
	if (p->base)
		tlml_booster_free(p->base);
	tlml_rehearsal_free(&p->rehearsal);
	free(p->learn.row);
	free(p->held.row);
	free(p->p[0]);
	free(p->p[1]);
	free(p);
	return err;
}

json_t *tlml_teach_json(const struct tlml_teach_report *r)
{
	return json_pack("{s:i, s:i, s:i, s:i, s:[ii], s:i, s:i, s:f}", "labels", (int)r->labels,
			 "unknown", (int)r->unknown, "held", (int)r->held, "golden",
			 (int)r->golden, "right", (int)r->right[0], (int)r->right[1], "better",
			 (int)r->better, "worse", (int)r->worse, "chance", r->chance);
}
