// SPDX-License-Identifier: BSD-2-Clause
/* What a margin is worth: its calibration, and from which one on to act or to ask. */
#include "tune.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MARGINS		256
#define ACT_WRONG	0.005	/* share of verdicts that may be wrong at margin_act */
#define ACT_SURE	0.95	/* and what calibration must say of it */
#define ACT_GUARD	2.0	/* nats to stay above what was ever wrong on something benign */
#define ASK_POINT	3	/* packet 2^3: a flow is asked about from here on, if at all */
#define HARD_SHARE	0.05	/* of the verdicts there that are below margin_hard */

/* How many flows' verdicts of a margin were right. */
struct margin_odds {
	uint32_t right[MARGINS], wrong[MARGINS];
};

/* How often verdicts of a class came with a margin, and how often they were right. */
struct margin_counts {
	uint32_t asked[TLML_CLASSES_MAX][MARGINS];	/* of flows, at ASK_POINT */
	uint32_t any[TLML_CLASSES_MAX][MARGINS];	/* of decisions */
	uint32_t wrong[TLML_CLASSES_MAX][MARGINS];	/* of those, not the label */
	int benign[TLML_CLASSES_MAX];	/* most, of an attack's on a benign flow, or -1 */
	struct margin_odds at_ask, at_last;	/* at ASK_POINT, after the last decision */
	const struct tlml_set *set;
};

static void count_odds(struct margin_odds *odds, struct tlml_outcome o, unsigned int label)
{
	if (o.klass == label)
		odds->right[o.margin]++;
	else
		odds->wrong[o.margin]++;
}

static void count_benign(void *arg, const struct tlml_sample *s, struct tlml_outcome o)
{
	struct margin_counts *m = arg;

	if (m->set->classes[o.klass].attack && !m->set->classes[s->label].attack &&
	    o.margin > m->benign[o.klass])
		m->benign[o.klass] = o.margin;
}

static void count_decision(void *arg, const struct tlml_sample *s, struct tlml_outcome o)
{
	struct margin_counts *m = arg;

	m->any[o.klass][o.margin]++;
	m->wrong[o.klass][o.margin] += o.klass != s->label;
	count_benign(arg, s, o);
	if (s->point != ASK_POINT)
		return;
	m->asked[o.klass][o.margin]++;
	count_odds(&m->at_ask, o, s->label);
}

static void count_runs(struct margin_counts *m, const struct tlml_scores *s,
		       const struct tlml_view *v, const struct tlml_view *train,
		       const struct tlml_costs *c)
{
	size_t i;

	m->set = s->set;
	memset(m->benign, -1, sizeof(m->benign));
	for (i = 0; i < train->n; i++)
		tlml_score_run(s, &s->set->runs[train->runs[i]], c, TLML_POINTS, count_benign, m);
	for (i = 0; i < v->n; i++) {
		const struct tlml_run *run = &s->set->runs[v->runs[i]];
		struct tlml_outcome o = tlml_score_run(s, run, c, TLML_POINTS, count_decision, m);

		if (o.klass != TLML_UNDECIDED)
			count_odds(&m->at_last, o, run->label);
	}
}

/*
 * P(right) = 1 / (1 + exp(-(a + b * margin))) by Newton's method. Platt's targets, one miss and
 * one hit short of certain, keep it finite where all are right.
 */
static void fit_calibration(const struct margin_odds *odds, float ab[2])
{
	double a = 0, b = 0.1, right = 0, wrong = 0, hi, lo;
	unsigned int round, k;

	for (k = 0; k < MARGINS; k++) {
		right += odds->right[k];
		wrong += odds->wrong[k];
	}
	hi = (right + 1) / (right + 2);
	lo = 1 / (wrong + 2);
	for (round = 0; round < 50; round++) {
		double ga = 0, gb = 0, haa = 1e-6, hab = 0, hbb = 1e-6, det;

		for (k = 0; k < MARGINS; k++) {
			double n = odds->right[k] + odds->wrong[k], x = k;
			double p = 1 / (1 + exp(-(a + b * x))), w = n * p * (1 - p);
			double g = n * p - odds->right[k] * hi - odds->wrong[k] * lo;

			ga += g;
			gb += g * x;
			haa += w;
			hab += w * x;
			hbb += w * x * x;
		}
		det = haa * hbb - hab * hab;
		if (det < 1e-9)
			break;
		a -= fmax(-2, fmin(2, (hbb * ga - hab * gb) / det));
		b -= fmax(-0.2, fmin(0.2, (haa * gb - hab * ga) / det));
	}
	ab[0] = isfinite(a) ? a : 0;
	ab[1] = isfinite(b) ? b : 0;
}

/*
 * The least margin from which on verdicts of class k were right often enough, at any decision of
 * a flow, for a packet acts on the verdict of the moment. Well above all margins with which
 * something benign was ever taken for an attack. unit: nats of a step of the margin.
 */
static unsigned int margin_act(const struct margin_counts *m, unsigned int k, const float ab[2],
			       double unit)
{
	unsigned int at = MARGINS - 1, sure = 0, guard, margin;
	const double odds = log(ACT_SURE / (1 - ACT_SURE));
	uint32_t any = 0, wrong = 0;

	for (margin = MARGINS; margin-- > 0;) {
		any += m->any[k][margin];
		wrong += m->wrong[k][margin];
		if (wrong > any * ACT_WRONG)
			break;
		if (m->any[k][margin])
			at = margin;
	}
	while (sure < MARGINS - 1 && ab[1] > 0 && ab[0] + ab[1] * sure < odds)
		sure++;
	at = at > sure ? at : sure;
	guard = m->benign[k] < 0 ? 0 : m->benign[k] + ACT_GUARD / unit;
	guard = guard < MARGINS ? guard : MARGINS - 1;
	return at > guard ? at : guard;
}

/*
 * The least margin below which HARD_SHARE of the verdicts of class k lie where flows are asked
 * about, and not after the last decision: by then a verdict has more behind it, and its flow is
 * mostly over. A class that no flow of validation was given there is a guess at any margin.
 */
static unsigned int margin_hard(const struct margin_counts *m, unsigned int k)
{
	uint32_t all = 0, below = 0;
	unsigned int margin;

	for (margin = 0; margin < MARGINS; margin++)
		all += m->asked[k][margin];
	for (margin = 0; margin < MARGINS - 1 && (!all || below < all * HARD_SHARE); margin++)
		below += m->asked[k][margin];
	return margin;
}

/* Loss of the net's logits at a temperature, on the samples of v. */
static double temperature_loss(const struct tlml_scores *s, const struct tlml_view *v, double nat)
{
	double loss = 0;
	unsigned int c;
	uint32_t k;
	size_t i;

	for (i = 0; i < v->n; i++) {
		const struct tlml_run *run = &s->set->runs[v->runs[i]];

		for (k = run->first; k < run->first + run->samples; k++) {
			const int32_t *z = s->logits + k * s->classes;
			double sum = 0;

			if (!s->set->samples[k].point)
				continue;
			for (c = 0; c < s->classes; c++)
				sum += exp((z[c] - z[run->label]) * nat);
			loss += log(sum);
		}
	}
	return loss;
}

/* Golden-section search over the logarithm, from a quarter to 16. */
static float fit_temperature(const struct tlml_scores *s, const struct tlml_view *v, double nat)
{
	const double golden = 0.6180339887;
	double lo = log(0.25), hi = log(16);
	double p = hi - golden * (hi - lo), q = lo + golden * (hi - lo);
	double at_p = temperature_loss(s, v, nat / exp(p));
	double at_q = temperature_loss(s, v, nat / exp(q));
	unsigned int round;

	for (round = 0; round < 16; round++) {
		if (at_p < at_q) {
			hi = q;
			q = p;
			at_q = at_p;
			p = hi - golden * (hi - lo);
			at_p = temperature_loss(s, v, nat / exp(p));
		} else {
			lo = p;
			p = q;
			at_p = at_q;
			q = lo + golden * (hi - lo);
			at_q = temperature_loss(s, v, nat / exp(q));
		}
	}
	return exp((lo + hi) / 2);
}

int tlml_tune_margins(const struct tlml_scores *s, const struct tlml_view *v,
		      const struct tlml_view *train, const struct tlml_costs *c, double nat,
		      struct tlml_model_header *h, struct tlml_class_info *classes,
		      struct tlml_error *e)
{
	struct margin_counts *m = calloc(1, sizeof(*m));
	float stays[2];
	unsigned int k;

	if (!m)
		return tlml_error_set(e, ENOMEM, "no memory to count margins");
	count_runs(m, s, v, train, c);
	/* Where flows are asked about: the large model's answer has to be surer than that. */
	fit_calibration(&m->at_ask, h->calibration);
	fit_calibration(&m->at_last, stays);
	h->temperature = fit_temperature(s, v, nat);
	for (k = 0; k < s->classes; k++) {
		classes[k].margin_act = margin_act(m, k, stays, ldexp(nat, c->shift[1]));
		classes[k].margin_hard = margin_hard(m, k);
	}
	free(m);
	return 0;
}
