/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From which margin on not to ask, so that a wanted share of flows is asked about: the quantile of
 * each class's recent margins. Exact on a histogram that forgets; memory does not grow.
 */
#ifndef TLML_LEARN_THRESHOLD_H
#define TLML_LEARN_THRESHOLD_H

#include <stdint.h>

#include "../../uapi/tlml.h"

struct tlml_threshold {
	float rate;		/* share of flows to ask about, 0..1; may be changed at any time */
	uint32_t memory;	/* of a class; margins before the last 1 to 2 times as many fade */
	uint32_t n[TLML_CLASSES_MAX], asked[TLML_CLASSES_MAX];
	uint32_t count[TLML_CLASSES_MAX][256];
};

/* Counts the margin of a flow whose verdict was klass, and whether it was asked about. */
void tlml_threshold_add(struct tlml_threshold *t, unsigned int klass, uint8_t margin, int asked);

/*
 * The margin_hard of klass: below it lies the largest share of its recent flows that is not above
 * the rate, or above that by what was asked too little, below that by what was asked too much. At
 * most twice the rate is asked for. Before an eighth of the memory is filled it is otherwise.
 */
uint8_t tlml_threshold_of(const struct tlml_threshold *t, unsigned int klass, uint8_t otherwise);

#endif
