// SPDX-License-Identifier: GPL-2.0
/*
 * A packet's way through tlml, from either side of an interface: lease, parse, flow, feature,
 * infer, verdict, act. XDP sees what comes in, TC what goes out, and both meet in one flow line.
 */
#include "answer.bpf.h"
#include "emit.bpf.h"
#include "flow.bpf.h"
#include "lease.bpf.h"
#include "mark.bpf.h"
#include "payload.bpf.h"
#include "policy.bpf.h"
#include "verdict.bpf.h"

#include <xdp/xdp_helpers.h>

char _license[] SEC("license") = "GPL";

/* With --share: run after filters, let the next program see what passes. */
struct {
	__uint(priority, 50);
	__uint(XDP_PASS, 1);
} XDP_RUN_CONFIG(tlml_xdp), XDP_RUN_CONFIG(tlml_xdp_unmarked);

/* Set by tests/bench only: decide on every packet, to measure what a decision costs. */
const volatile __u32 tlml_decide_always = 0;

#define TLML_HEADERS	256	/* bytes that hold any headers worth parsing */

/* What a hook does with its packet. */
struct tlml_outcome {
	enum tlml_action action;	/* PASS, MARK or DROP */
	const struct tlml_policy *policy;
	int told;			/* 1: the packet is of a hard flow, and in the ring */
};

/* Counts a frame that is not classified, by enum tlml_parse. */
static __always_inline void tlml_count_parse(struct tlml_stats *stats, int parse)
{
	if (parse == TLML_PARSE_NOT_IP)
		tlml_count(stats, not_ip);
	else if (parse == TLML_PARSE_SHORT)
		tlml_count(stats, short_frame);
	else if (parse == TLML_PARSE_BAD)
		tlml_count(stats, bad_header);
	else
		tlml_count(stats, control);
}

/* What both hooks begin with; 0 if the packet is to pass unseen. */
static __always_inline int tlml_enter(struct tlml_ctl **ctl, struct tlml_cpu **cpu, __u64 *clock)
{
	__u32 zero = 0;

	*cpu = tlml_cpu_here();
	*ctl = bpf_map_lookup_elem(&tlml_ctl_v1, &zero);
	if (!*ctl || !*cpu)
		return 0;
	*clock = tlml_clock_now(*ctl);
	tlml_count(&(*cpu)->stats, packets);
	return tlml_lease_holds(*ctl, &(*cpu)->stats, *clock);
}

/* The packet at hand is about to be told of, or decided upon. */
static __always_inline void tlml_decision_at(struct tlml_decision *d, __u32 now, __u32 bucket,
					     __u32 back)
{
	d->now = now;
	d->bucket = bucket;
	d->back = back;
}

/* Everything between parsing and acting. */
static __always_inline struct tlml_outcome tlml_classify(struct tlml_ctl *ctl,
							 struct tlml_cpu *cpu, __u64 clock)
{
	struct tlml_outcome out = { .action = TLML_ACTION_PASS };
	struct tlml_decision *d = &cpu->decision;
	struct tlml_packet *p = &cpu->packet;
	__u32 now = clock, back, answers, points, again = 0;
	struct tlml_slot slot;
	struct tlml_flow *f;
	int from_lo, is_new;

	tlml_forget();
	cpu->stats.count[TLML_STAT_bytes] += p->len;
	from_lo = tlml_key_from_lo(p);
	slot = tlml_key_flow(p, from_lo, &ctl->seed);
	f = tlml_flow_get(ctl, &cpu->stats, p, slot, from_lo, now, &is_new);
	if (!f)
		return out;
	back = from_lo != !!(f->state & TLML_FLOW_INIT_LO);
	/* A final flow no longer counts answers, so its first one would be seen again and again. */
	answers = back && !f->answers && !(f->state & TLML_FLOW_FINAL);
	if (f->state & (TLML_FLOW_HARD | TLML_FLOW_ANSWERED)) {
		if (tlml_answer_is_due(f, now))
			again = tlml_answer_take(ctl, cpu, f);
		if ((f->state & (TLML_FLOW_HARD | TLML_FLOW_ANSWERED)) == TLML_FLOW_HARD &&
		    f->pkts < TLML_CASE_PACKETS) {
			tlml_decision_at(d, now, slot.bucket & ctl->flow_mask, back);
			out.told = tlml_emit_more(ctl, cpu, f);
		}
	}
	points = tlml_flow_update(f, p, now, back) | again;
	if (tlml_decide_always)
		points = ~0u;
	if (points || answers) {
		tlml_decision_at(d, now, slot.bucket & ctl->flow_mask, back);
		d->points = points;
		d->begins = is_new;
		d->answers = answers;
		tlml_decide(ctl, cpu, f);
	}
	if (!(f->state & TLML_FLOW_DECIDED))
		return out;
	out.policy = &ctl->policy[f->klass];
	out.action = tlml_policy_apply(ctl, cpu, f, back, clock);
	if ((points || answers) && d->reason >= 0)
		out.told |= tlml_emit(ctl, cpu, f, out.action);
	return out;
}

/*
 * What tlml_xdp does; a function of its own for tests/bench, which puts a generator before it.
 * marks: whether it can tell TC the mark of a packet.
 */
static __always_inline int tlml_ingress(struct xdp_md *ctx, int marks)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct tlml_outcome out;
	struct tlml_packet *p;
	struct tlml_cpu *cpu;
	struct tlml_ctl *ctl;
	__u64 clock, frame_len;
	int err;

	if (!tlml_enter(&ctl, &cpu, &clock))
		return XDP_PASS;
	p = &cpu->packet;
	frame_len = end - data;
	barrier_var(frame_len);		/* or clang computes it from 32-bit pointers */
	err = tlml_packet_parse(data, end, frame_len, p);
	if (err) {
		tlml_count_parse(&cpu->stats, err);
		return XDP_PASS;
	}
	/* A veth hands on segments that nobody has cut yet, and XDP is not told their size. */
	tlml_packet_segment(p, ctl->seg_len, ctl->seg_inverse);
	out = tlml_classify(ctl, cpu, clock);
	if (out.told && ctl->payload)
		tlml_payload_xdp(ctx, ctl, cpu);
	if (out.action == TLML_ACTION_DROP)
		return XDP_DROP;
	if (out.action == TLML_ACTION_MARK) {
		struct tlml_meta *meta;

		/* Read anew: holding the old ones, a verifier cannot merge what parsing parted. */
		if (out.policy->dscp)
			tlml_mark_dscp((void *)(long)ctx->data, (void *)(long)ctx->data_end, p,
				       out.policy->dscp);
		if (marks && !bpf_xdp_adjust_meta(ctx, -(int)sizeof(*meta))) {
			meta = (void *)(long)ctx->data_meta;
			if ((void *)(meta + 1) <= (void *)(long)ctx->data) {
				meta->magic = TLML_META_MAGIC;
				meta->mark = out.policy->mark;
			}
		}
	}
	return XDP_PASS;
}

SEC("xdp.frags") int tlml_xdp(struct xdp_md *ctx)
{
	return tlml_ingress(ctx, 1);
}

/*
 * For dispatchers of libxdp that the kernel holds to what they do themselves (since 6.13, and in
 * stable series): what they call may not move the start of a packet, not even for metadata.
 */
SEC("?xdp.frags") int tlml_xdp_unmarked(struct xdp_md *ctx)
{
	return tlml_ingress(ctx, 0);
}

/* Gives the stack the mark that tlml_xdp left before the frame. */
SEC("tc") int tlml_tc_ingress(struct __sk_buff *skb)
{
	struct tlml_meta *meta = (void *)(long)skb->data_meta;

	if ((void *)(meta + 1) <= (void *)(long)skb->data && meta->magic == TLML_META_MAGIC)
		skb->mark = meta->mark;
	return TC_ACT_UNSPEC;
}

SEC("tc") int tlml_tc_egress(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct tlml_outcome out;
	struct tlml_packet *p;
	struct tlml_cpu *cpu;
	struct tlml_ctl *ctl;
	__u64 clock;
	int err;

	if (!tlml_enter(&ctl, &cpu, &clock))
		return TC_ACT_UNSPEC;
	p = &cpu->packet;
	/* Headers are in the linear part but for odd packets; those are worth a copy. */
	if (data + TLML_HEADERS > end && end - data < skb->len) {
		bpf_skb_pull_data(skb, skb->len < TLML_HEADERS ? skb->len : TLML_HEADERS);
		data = (void *)(long)skb->data;
		end = (void *)(long)skb->data_end;
	}
	err = tlml_packet_parse(data, end, skb->len, p);
	if (err) {
		tlml_count_parse(&cpu->stats, err);
		return TC_ACT_UNSPEC;
	}
	if (skb->vlan_present)		/* the tag that hardware will insert */
		p->vlan = skb->vlan_tci & 0xfff;
	if (skb->gso_segs > 1 && skb->gso_size) {
		p->segs = skb->gso_segs;
		p->seg_len = tlml_lesser(skb->gso_size + 40, 0xffff);
	}
	out = tlml_classify(ctl, cpu, clock);
	if (out.told && ctl->payload)
		tlml_payload_tc(skb, ctl, cpu);
	if (out.action == TLML_ACTION_DROP)
		return TC_ACT_SHOT;
	if (out.action == TLML_ACTION_MARK) {
		skb->mark = out.policy->mark;
		if (out.policy->dscp && !bpf_skb_pull_data(skb, p->l3 + 20))
			tlml_mark_dscp((void *)(long)skb->data, (void *)(long)skb->data_end, p,
				       out.policy->dscp);
	}
	return TC_ACT_UNSPEC;
}
