// SPDX-License-Identifier: BSD-2-Clause
/* One interface's learning: what was learned as the large model said it, and was said otherwise. */
#include <string.h>

#include "learner.h"

/* A case is answered at most so long after it was asked about: packets are awaited for 5 s. */
#define EARLY_US	1000000
#define LATE_US		20000000

void tlml_learner_label(struct tlml_learner *l, const struct tlml_recent_case *c,
			const char *klass)
{
	struct tlml_reservoir *kept[] = { &l->answers, &l->audits };
	unsigned int k, found = 0;

	for (k = 0; l->live.blob && k < l->live.header.classes; k++)
		if (!strncmp(l->live.classes[k].name, klass, TLML_NAME_MAX))
			break;
	if (!l->live.blob || k == l->live.header.classes)
		return;
	for (unsigned int i = 0; i < 2; i++)
		found += tlml_reservoir_label(kept[i], c->inputs.features, c->asked - EARLY_US,
					      c->asked + LATE_US, k);
	if (found)
		l->saved = l->taken - 1;	/* what is on disk is older */
}
