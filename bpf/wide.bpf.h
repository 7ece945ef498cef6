/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Nets that are too big for BPF: the module computes them. This is one source of several objects,
 * as a call that the kernel does not know keeps a program from loading whether it is made or not.
 */
#ifndef TLML_WIDE_BPF_H
#define TLML_WIDE_BPF_H

#include "maps.bpf.h"

#if defined(TLML_KFUNC)

extern int bpf_tlml_infer(const struct tlml_wide *w, __u32 w__sz, const __u8 *x, __u32 x__sz,
			  struct tlml_scores *out) __ksym;

#define tlml_wide_call(w, slot, d) \
	bpf_tlml_infer(w, sizeof(*(w)), (d)->x, sizeof((d)->x), &(d)->scores)

#elif defined(TLML_LOOPS)

#include "loops.bpf.h"
#define tlml_wide_call(w, slot, d) tlml_loop_infer(w, slot, d)

#else

#define tlml_wide_call(w, slot, d) (-1)

#endif

/* The net in slot d->slot of the wide map: d->x to d->logit and d->anomaly; not 0 if it cannot. */
static __always_inline int tlml_wide_infer(struct tlml_decision *d)
{
	__u32 slot = d->slot & (TLML_SLOTS - 1);
	struct tlml_wide *w = bpf_map_lookup_elem(&tlml_wide_v1, &slot);

	int err = w && w->generation == d->generation ? tlml_wide_call(w, slot, d) : -1;

	if (err)
		return err;
	__builtin_memcpy(d->logit, d->scores.logit, sizeof(d->logit));
	d->anomaly = d->scores.anomaly;
	return 0;
}

#endif
