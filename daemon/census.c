// SPDX-License-Identifier: BSD-2-Clause
/* What the data path says of flows, window by window. */
#include "census.h"

#include <string.h>

int tlml_census_add(struct tlml_census *c, const __u64 *total, uint64_t window)
{
	uint32_t is[TLML_DRIFT_BINS];
	uint64_t n = 0;
	int alarm;

	for (unsigned int i = 0; c->begun && i < TLML_DRIFT_BINS; i++) {
		is[i] = total[i] - c->seen[i];
		n += is[i];
	}
	if (c->begun && n < window)
		return 0;
	memcpy(c->seen, total, sizeof(c->seen));
	if (!c->begun) {
		c->begun = 1;
		return 0;
	}
	c->psi = c->known ? tlml_drift_psi(c->was, is, TLML_DRIFT_BINS) : 0;
	alarm = c->psi > TLML_DRIFT_ALARM;
	if (!c->known || alarm)
		memcpy(c->was, is, sizeof(c->was));
	c->known = 1;
	return alarm;
}
