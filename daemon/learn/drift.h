/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether traffic, or what a model makes of it, is still what it was. Pure, without memory. */
#ifndef TLML_LEARN_DRIFT_H
#define TLML_LEARN_DRIFT_H

#include <stdint.h>

#include "../../uapi/tlml_stats.h"

/*
 * Population stability index of two histograms of n bins (as tlml_stats.drift): 0 alike, above
 * TLML_DRIFT_ALARM something else. Chance alone makes it twice the bins in use over the verdicts in
 * each, 0.07 for 40 and 1000. 0 if one of them is empty.
 */
#define TLML_DRIFT_ALARM	0.2
double tlml_drift_psi(const uint32_t *was, const uint32_t *is, unsigned int n);

/* Page-Hinkley's test on bits that are mostly 0, as: teacher and model disagreed on a flow. */
struct tlml_page_hinkley {
	double delta, lambda;	/* rise that is tolerated; evidence for an alarm */
	double mean, sum, least;
	uint64_t n;
};

#define TLML_PAGE_HINKLEY	((struct tlml_page_hinkley){ .delta = 0.01, .lambda = 3 })

/* Adds a bit; 1: more of them are set than before. Begin anew after an alarm. */
int tlml_page_hinkley_add(struct tlml_page_hinkley *p, int bit);

/* Wald's test of whether bits are set at rate p0 (or less) or p1 > p0 (or more). */
struct tlml_sprt {
	double set, clear;	/* what a bit adds to the log-likelihood ratio */
	double low, high;	/* where p0 and p1 are accepted */
	double sum;
};

enum tlml_sprt_says { TLML_SPRT_MORE, TLML_SPRT_P0, TLML_SPRT_P1 };

/* alpha: risk of calling p0 p1; beta: risk of calling p1 p0. All in 0..1, open. */
struct tlml_sprt tlml_sprt_begin(double p0, double p1, double alpha, double beta);

/*
 * Of whether a model is wrong more often than another, which is at this rate: by a tenth of all
 * flows. One in a hundred that are not is called worse, one in twenty that are is not.
 */
struct tlml_sprt tlml_sprt_worse(double rate);

enum tlml_sprt_says tlml_sprt_add(struct tlml_sprt *s, int bit);

#endif
