/* SPDX-License-Identifier: BSD-2-Clause */
/* What lines of policy come to before any of it takes effect: see policy.h for the words. */
#ifndef TLML_PLAN_H
#define TLML_PLAN_H

#include "allow.h"

struct tlml_plan {
	struct tlml_ctl was, next;		/* as found, and as it is to be */
	const struct tlml_weights *model;	/* whose classes are meant */
	struct tlml_allow_change *allow;	/* in this order */
	size_t allow_n;
};

/* Adds one line's words. -EINVAL with a sentence, and the plan is then no longer of use. */
int tlml_plan_add(struct tlml_plan *p, int argc, char **argv, struct tlml_error *e);

#endif
