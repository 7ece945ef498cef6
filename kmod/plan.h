/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A change of policy: planned on a copy of the control record, and refused there, then stored
 * field by field in an order in which packets never meet half of it.
 */
#ifndef TLML_PLAN_H
#define TLML_PLAN_H

#include <net/genetlink.h>

#include "bind.h"

struct tlml_plan {
	struct tlml_ctl was, next;
};

/* Now, as the data path counts. */
u64 tlml_plan_now(void);

/* All that a request asks for. -EINVAL with a message at the attribute that is at fault. */
int tlml_plan_fill(struct tlml_plan *p, const struct tlml_bind *b, struct genl_info *info);

/* Only what changes is stored, so that what others write meanwhile (a lease) stays. */
void tlml_plan_apply(const struct tlml_plan *p, struct tlml_ctl *ctl);

#endif
