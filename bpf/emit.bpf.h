/* SPDX-License-Identifier: GPL-2.0 */
/* What user space should know of decisions and hard flows, into the ring; packets never wait. */
#ifndef TLML_EMIT_BPF_H
#define TLML_EMIT_BPF_H

#include "budget.bpf.h"
#include "ring.bpf.h"

#include "../uapi/tlml_feature.h"

/*
 * Tells of the decision in cpu->decision about flow f, and the action that its packet met: asks
 * about it if there is a reason and the budget allows, else observers may want to know. 1 if it
 * asked.
 */
__noinline int tlml_emit(struct tlml_ctl *ctl, struct tlml_cpu *cpu, struct tlml_flow *f,
			 __u32 action)
{
	const struct tlml_packet *p;
	struct tlml_decision *d;
	struct tlml_record *r;
	__u32 asks, i;

	if (!ctl || !cpu || !f)
		return 0;
	d = &cpu->decision;
	p = &cpu->packet;
	if (tlml_ring_is_full(&cpu->stats, sizeof(*r)))
		return 0;
	asks = d->reason != TLML_REASON_TRACE && tlml_budget_take(ctl, cpu, f);
	if (!asks) {
		if (!ctl->trace)
			return 0;
		if (!tlml_tokens_take(&cpu->report.tokens, &cpu->report.tick, d->now,
				      ctl->report_rate, ctl->report_burst)) {
			tlml_count(&cpu->stats, rate_limited);
			return 0;
		}
	}
	r = tlml_ring_reserve(&cpu->stats, struct tlml_record);
	if (!r)
		return 0;
	if (asks)
		f->state |= TLML_FLOW_HARD;
	for (i = 0; i < 4; i++) {
		r->saddr[i] = d->back ? p->daddr[i] : p->saddr[i];
		r->daddr[i] = d->back ? p->saddr[i] : p->daddr[i];
	}
	r->sport = d->initiator;
	r->dport = d->responder;
	r->vlan = p->vlan;
	r->family = p->family;
	r->proto = p->proto;
	r->ifindex = ctl->ifindex;
	r->bucket = d->bucket;
	r->tick = ctl->clock;
	r->generation = d->generation;
	r->reason = asks ? d->reason : TLML_REASON_TRACE;
	r->runner_up = d->verdict.runner_up;
	r->flags = p->flags;
	r->action = action;
	__builtin_memcpy(r->x, d->x, sizeof(r->x));
	if (!d->net)		/* the rest is another flow's, from an earlier decision */
		__builtin_memset(r->x + TLML_FIRST, 0, sizeof(r->x) - TLML_FIRST);
	__builtin_memcpy(&r->flow, f, sizeof(r->flow));
	tlml_ring_submit(ctl, cpu, r);
	d->fp = f->fp;
	d->nth = f->pkts - p->segs + 1;
	if (asks)
		tlml_count(&cpu->stats, asked);
	else
		tlml_count(&cpu->stats, traced);
	return asks;
}

/* Tells of the packet at hand, which flow f, asked about earlier, has not counted yet. 1 if so. */
__noinline int tlml_emit_more(struct tlml_ctl *ctl, struct tlml_cpu *cpu, struct tlml_flow *f)
{
	struct tlml_decision *d;
	struct tlml_more *r;

	if (!ctl || !cpu || !f)
		return 0;
	if (tlml_ring_is_full(&cpu->stats, sizeof(*r)))
		return 0;
	d = &cpu->decision;
	r = tlml_ring_reserve(&cpu->stats, struct tlml_more);
	if (!r)
		return 0;
	tlml_more_fill(r, f, &cpu->packet, d->now, d->bucket, d->back);
	d->fp = f->fp;
	d->nth = f->pkts + 1;
	tlml_ring_submit(ctl, cpu, r);
	tlml_count(&cpu->stats, continued);
	return 1;
}

#endif
