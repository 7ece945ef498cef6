/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the data path says of flows, window by window, beside what it said when the generation was
 * new: another mixture of classes and margins is another traffic, though nobody was asked about it.
 */
#ifndef TLML_CENSUS_H
#define TLML_CENSUS_H

#include "learn/drift.h"

/* Begins as all zeros, and anew with each generation. */
struct tlml_census {
	int begun, known;		/* the first window; the one that others are held against */
	__u64 seen[TLML_DRIFT_BINS];	/* tlml_stats.drift when the window began */
	uint32_t was[TLML_DRIFT_BINS];
	double psi;			/* of the last window that was compared */
};

/*
 * total: tlml_stats.drift now; window: verdicts that make one. 1: the window that ended is unlike
 * the first one (TLML_DRIFT_ALARM), and the next ones are compared with it.
 */
int tlml_census_add(struct tlml_census *c, const __u64 *total, uint64_t window);

#endif
