/* SPDX-License-Identifier: GPL-2.0 */
/* Decisions that user space should know of, into the ring; never at the cost of a packet. */
#ifndef TLML_EMIT_BPF_H
#define TLML_EMIT_BPF_H

#include "maps.bpf.h"
#include "stats.bpf.h"
#include "tokens.bpf.h"

/* A decision in the making: one packet's, on the stack of its hook. */
struct tlml_decision {
	struct tlml_ctl *ctl;
	struct tlml_cpu *cpu;
	struct tlml_stats *stats;		/* cpu's */
	struct tlml_packet *packet;		/* cpu's */
	struct tlml_flow *flow;
	struct tlml_source *src, *dst;		/* of initiator and responder */
	struct tlml_weights *weights;		/* the slot that the packet found current */
	struct tlml_slot slot;
	__u32 now;
	__u32 point;				/* packets so far, a power of two */
	__u32 back;				/* packet comes from the responder */
};

static __always_inline void tlml_emit(struct tlml_decision *d, enum tlml_reason reason,
				      __u8 runner_up)
{
	const struct tlml_packet *p = d->packet;
	struct tlml_record *r;
	__u32 i;

	if (!tlml_tokens_take(&d->cpu->report.tokens, &d->cpu->report.tick, d->now,
			      d->ctl->report_rate, d->ctl->report_burst)) {
		tlml_count(d->stats, rate_limited);
		return;
	}
	r = bpf_ringbuf_reserve(&tlml_ring_v1, sizeof(*r), 0);
	if (!r) {
		tlml_count(d->stats, ring_full);
		return;
	}
	for (i = 0; i < 4; i++) {
		r->saddr[i] = d->back ? p->daddr[i] : p->saddr[i];
		r->daddr[i] = d->back ? p->saddr[i] : p->daddr[i];
	}
	r->sport = d->back ? p->dport : p->sport;
	r->dport = d->back ? p->sport : p->dport;
	r->vlan = p->vlan;
	r->family = p->family;
	r->proto = p->proto;
	r->ifindex = d->ctl->ifindex;
	r->bucket = d->slot.bucket & d->ctl->flow_mask;
	r->tick = d->ctl->clock;
	r->generation = d->weights->generation;
	r->reason = reason;
	r->runner_up = runner_up;
	r->flags = p->flags;
	r->action = d->ctl->policy[d->flow->klass].action;
	__builtin_memcpy(r->x, d->cpu->score.x, sizeof(r->x));
	if (!d->cpu->score.net)		/* the rest is another flow's, from an earlier decision */
		__builtin_memset(r->x + TLML_FIRST, 0, sizeof(r->x) - TLML_FIRST);
	__builtin_memcpy(&r->flow, d->flow, sizeof(r->flow));
	/* A wake-up costs the packet 4 us; the reader polls with a timer instead. */
	bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
	tlml_count(d->stats, reported);
}

#endif
