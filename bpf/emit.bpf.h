/* SPDX-License-Identifier: GPL-2.0 */
/* Decisions that user space should know of, into the ring; never at the cost of a packet. */
#ifndef TLML_EMIT_BPF_H
#define TLML_EMIT_BPF_H

#include "maps.bpf.h"
#include "stats.bpf.h"
#include "tokens.bpf.h"

/* Reports the decision in cpu->decision about flow f, and the action that its packet met. */
__noinline int tlml_emit(struct tlml_ctl *ctl, struct tlml_cpu *cpu, struct tlml_flow *f,
			 __u32 action)
{
	const struct tlml_decision *d;
	const struct tlml_packet *p;
	struct tlml_stats *stats;
	struct tlml_record *r;
	__u32 i;

	if (!ctl || !cpu || !f)
		return 0;
	d = &cpu->decision;
	p = &cpu->packet;
	stats = &cpu->stats;
	if (!tlml_tokens_take(&cpu->report.tokens, &cpu->report.tick, d->now, ctl->report_rate,
			      ctl->report_burst)) {
		tlml_count(stats, rate_limited);
		return 0;
	}
	r = bpf_ringbuf_reserve(&tlml_ring_v1, sizeof(*r), 0);
	if (!r) {
		tlml_count(stats, ring_full);
		return 0;
	}
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
	r->reason = d->reason;
	r->runner_up = d->verdict.runner_up;
	r->flags = p->flags;
	r->action = action;
	__builtin_memcpy(r->x, d->x, sizeof(r->x));
	if (!d->net)		/* the rest is another flow's, from an earlier decision */
		__builtin_memset(r->x + TLML_FIRST, 0, sizeof(r->x) - TLML_FIRST);
	__builtin_memcpy(&r->flow, f, sizeof(r->flow));
	/* A wake-up costs the packet 4 us; the reader polls with a timer instead. */
	bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
	if (d->reason == TLML_REASON_TRACE)
		tlml_count(stats, traced);
	else
		tlml_count(stats, asked);
	return 0;
}

#endif
