/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Nets that are too big for BPF: the module computes them. This is one source of two objects, as a
 * call that the kernel does not know keeps a program from loading whether it is made or not.
 */
#ifndef TLML_WIDE_BPF_H
#define TLML_WIDE_BPF_H

#include "maps.bpf.h"

#ifdef TLML_KFUNC

extern int bpf_tlml_infer(const struct tlml_wide *w, __u32 w__sz, const __u8 *x, __u32 x__sz,
			  struct tlml_scores *out) __ksym;

/* The net in slot d->slot of the wide map: d->x to d->logit and d->anomaly; not 0 if it cannot. */
static __always_inline int tlml_wide_infer(struct tlml_decision *d)
{
	__u32 slot = d->slot & (TLML_SLOTS - 1);
	struct tlml_wide *w = bpf_map_lookup_elem(&tlml_wide_v1, &slot);

	if (!w || w->generation != d->generation ||
	    bpf_tlml_infer(w, sizeof(*w), d->x, sizeof(d->x), &d->scores))
		return -1;
	__builtin_memcpy(d->logit, d->scores.logit, sizeof(d->logit));
	d->anomaly = d->scores.anomaly;
	return 0;
}

#else

static __always_inline int tlml_wide_infer(struct tlml_decision *d)
{
	return -1;
}

#endif
#endif
