// SPDX-License-Identifier: BSD-2-Clause
/* Costs, decision points and anomaly marks, chosen on validation flows. */
#include "tune.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "figures.h"

#define WITHIN	0.001	/* macro-F1 that is as good as the best */

/* Cost units of 1/4 nat count 16 nats in one decision, more than a logit that is right needs. */
static const unsigned int unit_bits[] = { 2, 1, 3 };
/* How much more a first packet's evidence is shifted: it repeats part of what the net sees. */
static const unsigned int first_extra[] = { 1, 0, 2 };
static const uint8_t decays[] = { 0, 1, 2, 8 };
static const uint32_t points[] = { 0x7ff, 0x3ff, 0xff, 0x3f };

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define WAYS		(COUNT(unit_bits) * COUNT(first_extra) * COUNT(decays) * COUNT(points))

static double early_f1(const struct tlml_scores *s, const struct tlml_view *v,
		       const struct tlml_costs *c)
{
	double sum = 0;
	unsigned int last;

	for (last = 0; last < 5; last++) {
		struct tlml_figures f = tlml_figures_of(s, v, c, last);

		sum += tlml_figures_macro_f1(&f);
	}
	return sum / 5;
}

/* The n-th way to make costs, those to prefer first; 0 if logits are too small for it. */
static int costs_nth(unsigned int n, const unsigned int bits[2], struct tlml_costs *c)
{
	unsigned int extra = first_extra[n % COUNT(first_extra)];
	unsigned int unit = unit_bits[n / COUNT(first_extra) % COUNT(unit_bits)];
	int first = bits[0] - unit + extra, net = bits[1] - unit;

	n /= COUNT(first_extra) * COUNT(unit_bits);
	c->decay = decays[n % COUNT(decays)];
	c->points = points[n / COUNT(decays)];
	c->shift[0] = first;
	c->shift[1] = net;
	return first >= 0 && net >= 0 && first <= 15 && net <= 15;
}

struct tlml_costs tlml_tune_costs(const struct tlml_scores *s, const struct tlml_view *v,
				  const unsigned int bits[2])
{
	double f1[WAYS] = { 0 }, best = 0, earliest = -1;
	struct tlml_costs c, chosen = { 0 };
	unsigned int i;

	for (i = 0; i < WAYS; i++) {
		struct tlml_figures f;

		if (!costs_nth(i, bits, &c))
			continue;
		f = tlml_figures_of(s, v, &c, TLML_POINTS);
		f1[i] = tlml_figures_macro_f1(&f);
		best = f1[i] > best ? f1[i] : best;
	}
	for (i = 0; i < WAYS; i++) {
		double early;

		if (f1[i] < best - WITHIN || !costs_nth(i, bits, &c))
			continue;
		early = early_f1(s, v, &c);
		if (early > earliest + WITHIN) {
			earliest = early;
			chosen = c;
		}
	}
	return chosen;
}

void tlml_tune_anomaly(const struct tlml_scores *s, const struct tlml_view *v,
		       struct tlml_model_header *h)
{
	uint32_t seen[TLML_ACT_MAX + 2] = { 0 }, all = 0, above = 0, k;
	unsigned int mark;
	size_t i;

	for (i = 0; i < v->n; i++) {
		const struct tlml_run *run = &s->set->runs[v->runs[i]];

		if (s->set->classes[run->label].attack)
			continue;
		for (k = run->first; k < run->first + run->samples; k++) {
			if (!s->set->samples[k].point)
				continue;
			seen[s->anomaly[k]]++;
			all++;
		}
	}
	h->anomaly_low = h->anomaly_high = TLML_ACT_MAX + 1;
	for (mark = TLML_ACT_MAX + 1; all && mark-- > 0;) {
		above += seen[mark];
		if (above <= all / 1000)
			h->anomaly_high = mark;
		if (above <= all / 100)
			h->anomaly_low = mark;
	}
}

static int tune_scored(struct tlml_parts *p, const struct tlml_model *m, const struct tlml_view *v,
		       const struct tlml_view *train, const unsigned int *bits,
		       struct tlml_error *e)
{
	struct tlml_scores s;
	struct tlml_costs c;
	int err;

	err = tlml_scores_init(&s, v->set, m->header.classes, e);
	if (err)
		return err;
	tlml_scores_fill(&s, v, m);
	c = bits ? tlml_tune_costs(&s, v, bits) : tlml_costs_of(m);
	p->header.points = c.points;
	memcpy(p->header.cost_shift, c.shift, sizeof(c.shift));
	p->header.cost_decay = c.decay;
	p->header.anomaly_low = p->header.anomaly_high = TLML_ACT_MAX + 1;
	if (m->decode.outputs)
		tlml_tune_anomaly(&s, v, &p->header);
	tlml_scores_fill(&s, train, m);
	err = tlml_tune_margins(&s, v, train, &c,
				ldexp(1, -(int)tlml_net_bits(tlml_net_precision(m->header.wide))),
				&p->header, p->classes, e);
	tlml_scores_free(&s);
	return err;
}

int tlml_tune(struct tlml_parts *p, const struct tlml_view *v, const struct tlml_view *train,
	      const unsigned int *bits, struct tlml_error *e)
{
	struct tlml_model model;
	size_t size;
	void *blob;
	int err;

	if (bits) {	/* anything that a model may have */
		p->header.points = 1;
		p->header.temperature = 1;
	}
	p->header.anomaly_low = p->header.anomaly_high = TLML_ACT_MAX + 1;
	blob = tlml_blob_build(p, "{}", &size);
	if (!blob)
		return tlml_error_set(e, ENOMEM, "no memory for the model");
	err = tlml_model_parse(blob, size, "the model just trained", &model, e);
	free(blob);
	if (err)
		return err;
	err = tune_scored(p, &model, v, train, bits, e);
	tlml_model_free(&model);
	return err;
}
