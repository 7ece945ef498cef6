// SPDX-License-Identifier: BSD-2-Clause
/* Samples out of captures with label files beside them. */
#include "dataset.h"

#include <string.h>

#include "reading.h"

static int add_sample(void *arg, const struct tlml_read *r, struct tlml_error *e)
{
	struct tlml_set *set = arg;
	struct tlml_sample s = { .capture = r->capture, .label = r->label };

	if (!r->seen->point)
		return 0;
	s.flow = set->next_flow + r->seen->flow;
	s.point = tlml_log2(r->seen->point);
	memcpy(s.x, r->seen->x, sizeof(s.x));
	return tlml_set_add(set, &s, e);
}

int tlml_dataset_read(struct tlml_set *s, const char *path, enum tlml_split split,
		      const char *const *attacks, struct tlml_error *e)
{
	struct tlml_reading r = { .set = s, .path = path, .split = split, .attacks = attacks,
				  .points = 0x7ff };
	const char *dot = strrchr(path, '.');

	if (dot && !strcasecmp(dot, ".csv"))
		return tlml_dataset_read_csv(s, path, split, attacks, e);
	return tlml_reading_run(&r, add_sample, s, e);
}
