/* SPDX-License-Identifier: GPL-2.0 */
/* What the large model says of a flow, from where user space left it: in place of the costs. */
#ifndef TLML_ANSWER_BPF_H
#define TLML_ANSWER_BPF_H

#include "slot.bpf.h"
#include "stats.bpf.h"

#include "../uapi/tlml_feature.h"

/* Whether tlml_answer_take() has something to do about flow f, which was asked about. */
static __always_inline int tlml_answer_is_due(const struct tlml_flow *f, __u32 now)
{
	if (f->state & TLML_FLOW_ANSWERED)
		return (__s32)(now - f->answer.until) > 0;
	return READ_ONCE(f->answer.fp) == f->fp;
}

/* Neither an answer nor evidence from before it counts any longer. */
static __always_inline void tlml_answer_clear(struct tlml_flow *f)
{
	__builtin_memset(f->cost, 0, sizeof(f->cost));
}

/*
 * Makes a new answer the flow's verdict, or lets go of one that has expired: returns the decision
 * points to go through again, 0 for none.
 */
__noinline int tlml_answer_take(struct tlml_ctl *ctl, struct tlml_cpu *cpu, struct tlml_flow *f)
{
	struct tlml_stats *stats;
	struct tlml_weights *w;
	__u32 klass;

	if (!ctl || !cpu || !f)
		return 0;
	stats = &cpu->stats;
	if (f->state & TLML_FLOW_ANSWERED) {
		f->state &= ~(TLML_FLOW_ANSWERED | TLML_FLOW_HARD);
		tlml_answer_clear(f);
		tlml_count(stats, answers_expired);
		return (2u << tlml_log2(f->pkts)) - 1;
	}
	tlml_order(cpu);		/* the fingerprint was written last, and read first */
	w = tlml_slot_get(ctl, f, &cpu->decision);
	klass = f->answer.klass;
	if (!w || klass >= w->classes || klass >= TLML_CLASSES_MAX) {
		tlml_answer_clear(f);
		return 0;
	}
	if (f->state & TLML_FLOW_DECIDED)
		stats->klass[f->klass].flows--;
	stats->klass[klass].flows++;
	f->answer.tiny_klass = f->klass;
	f->answer.tiny_margin = f->margin;
	f->klass = klass;
	f->generation = w->generation;
	f->margin = f->answer.margin;
	f->state |= TLML_FLOW_ANSWERED | TLML_FLOW_DECIDED;
	tlml_count(stats, answered);
	return 0;
}

#endif
