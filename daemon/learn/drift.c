// SPDX-License-Identifier: BSD-2-Clause
/* Whether traffic, or what a model makes of it, is still what it was. */
#include "drift.h"

#include <math.h>

#define WORSE		0.1
#define RATE_LEAST	0.02	/* of what is always right nobody knows it */
#define RATE_MOST	0.8
#define FALSE_ALARM	0.01
#define MISSED		0.05

#define EMPTY	0.5	/* flows in each bin beforehand, so that an empty one is no surprise */

double tlml_drift_psi(const uint32_t *was, const uint32_t *is, unsigned int n)
{
	double all[2] = { 0, 0 }, psi = 0;
	unsigned int i;

	for (i = 0; i < n; i++) {
		all[0] += was[i];
		all[1] += is[i];
	}
	if (!all[0] || !all[1])
		return 0;
	for (i = 0; i < n; i++) {
		double p, q;

		if (!was[i] && !is[i])
			continue;
		p = (was[i] + EMPTY) / all[0];
		q = (is[i] + EMPTY) / all[1];
		psi += (q - p) * log(q / p);
	}
	return psi;
}

int tlml_page_hinkley_add(struct tlml_page_hinkley *p, int bit)
{
	p->n++;
	p->mean += (!!bit - p->mean) / p->n;
	p->sum += !!bit - p->mean - p->delta;
	p->least = p->sum < p->least ? p->sum : p->least;
	return p->sum - p->least > p->lambda;
}

struct tlml_sprt tlml_sprt_begin(double p0, double p1, double alpha, double beta)
{
	return (struct tlml_sprt){
		.set = log(p1 / p0), .clear = log((1 - p1) / (1 - p0)),
		.low = log(beta / (1 - alpha)), .high = log((1 - beta) / alpha),
	};
}

struct tlml_sprt tlml_sprt_worse(double rate)
{
	rate = rate < RATE_LEAST ? RATE_LEAST : rate > RATE_MOST ? RATE_MOST : rate;
	return tlml_sprt_begin(rate, rate + WORSE, FALSE_ALARM, MISSED);
}

enum tlml_sprt_says tlml_sprt_add(struct tlml_sprt *s, int bit)
{
	s->sum += bit ? s->set : s->clear;
	return s->sum <= s->low ? TLML_SPRT_P0 : s->sum >= s->high ? TLML_SPRT_P1 : TLML_SPRT_MORE;
}
