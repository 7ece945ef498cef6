// SPDX-License-Identifier: BSD-2-Clause
/* From which margin on not to ask. */
#include "threshold.h"

void tlml_threshold_add(struct tlml_threshold *t, unsigned int klass, uint8_t margin, int asked)
{
	uint32_t *count = t->count[klass];
	unsigned int i;

	count[margin]++;
	t->asked[klass] += !!asked;
	if (++t->n[klass] < 2 * t->memory)
		return;
	t->n[klass] = 0;
	t->asked[klass] /= 2;
	for (i = 0; i < 256; i++) {
		count[i] /= 2;
		t->n[klass] += count[i];
	}
}

uint8_t tlml_threshold_of(const struct tlml_threshold *t, unsigned int klass, uint8_t otherwise)
{
	float budget = t->rate * t->n[klass], limit = 2 * budget - t->asked[klass];
	uint32_t below = 0;
	unsigned int margin;

	if (t->n[klass] < t->memory / 8)
		return otherwise;
	for (margin = 0; margin < 255; margin++) {
		below += t->count[klass][margin];
		if (below > limit)
			break;
	}
	/* Rounded down always, shares between two steps would never be reached. */
	return margin + (margin < 255 && t->asked[klass] < budget && below <= 2 * budget);
}
