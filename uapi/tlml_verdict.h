/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR BSD-2-Clause */
/*
 * From logits to a verdict: the evidence of all decisions of a flow is summed as a cost per
 * class, log p(best) - log p(class), because the sum over a flow is right more often than its
 * last term. The same code in BPF and in user space.
 */
#ifndef _UAPI_TLML_VERDICT_H
#define _UAPI_TLML_VERDICT_H

#include "tlml_flow.h"

#define TLML_COST_MAX	63	/* of one decision, so that no single one settles a flow */

struct tlml_verdict {
	__u8 klass;		/* of the least cost; the lowest index among equals */
	__u8 runner_up;
	__u8 margin;		/* cost of the runner-up, 0..255 */
};

/*
 * Adds the evidence of n logits (2..16) to cost[n], older evidence shifted right by decay first,
 * and gives the verdict. The least cost is 0 afterwards. shift: logits to cost units.
 */
TLML_INLINE struct tlml_verdict tlml_cost_add(__u8 *cost, const __s32 *logit, __u32 n,
					      __u32 shift, __u32 decay)
{
	__s64 best = -logit[0], first = 0xffff, second = 0xffff;	/* cost << 4 | class */
	struct tlml_verdict v;
	__u32 c;

	for (c = 1; c < TLML_CLASSES_MAX && c < n; c++)
		best = tlml_lesser(best, -(__s64)logit[c]);
	for (c = 0; c < TLML_CLASSES_MAX && c < n; c++) {
		__s64 d = (-best - logit[c]) >> (shift & 31);

		d = tlml_lesser(d, TLML_COST_MAX) + (cost[c] >> (decay & 15));
		d = tlml_lesser(d, 255);
		cost[c] = d;
		first = tlml_lesser(first, d << 4 | c);
	}
	v.klass = first & 15;
	for (c = 0; c < TLML_CLASSES_MAX && c < n; c++) {
		__s64 other = c ^ v.klass;	/* 0 for the best class, which must not be second */

		cost[c] -= first >> 4;
		other = (other - 1) >> 63;
		tlml_hide(other);
		second = tlml_lesser(second, (other & 0xf000) | cost[c] << 4 | c);
	}
	v.runner_up = second & 15;
	v.margin = second >> 4;
	return v;
}

#endif
