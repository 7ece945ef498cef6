/* SPDX-License-Identifier: GPL-2.0 */
/* What the operator's policy does to a packet of a flow that has a verdict. */
#ifndef TLML_POLICY_BPF_H
#define TLML_POLICY_BPF_H

#include "flow.bpf.h"
#include "tokens.bpf.h"

static __always_inline int tlml_allow_match(const __u32 *addr, __u8 family)
{
	struct tlml_allow_key key = { .prefixlen = 128 };
	__u32 i;

	for (i = 0; i < 4; i++)
		key.addr[i] = addr[i];
	if (family == 4) {
		key.addr[3] = addr[0];
		key.addr[2] = bpf_htonl(0xffff);
		key.addr[0] = 0;
	}
	return !!bpf_map_lookup_elem(&tlml_allow_v1, &key);
}

/* Looked up once per flow and change of the list, because a trie costs more than all the rest. */
static __always_inline int tlml_allow_holds(const struct tlml_ctl *ctl, struct tlml_flow *f,
					    const struct tlml_packet *p)
{
	if (!ctl->allow_any)
		return 0;
	if (f->allow >> 1 != ctl->allow_epoch)
		f->allow = ctl->allow_epoch << 1 | (tlml_allow_match(p->saddr, p->family) ||
						    tlml_allow_match(p->daddr, p->family));
	return f->allow & 1;
}

/* 1 if the limit of a class (index) lets the packet at hand pass, 0 if not. */
__noinline int tlml_limit(struct tlml_ctl *ctl, struct tlml_cpu *cpu, __u32 klass, __u32 now,
			  __u32 back)
{
	const struct tlml_policy *policy;
	const struct tlml_packet *p;
	struct tlml_source *s;

	if (!ctl || !cpu)
		return 1;
	p = &cpu->packet;
	policy = &ctl->policy[klass & (TLML_CLASSES_MAX - 1)];
	s = tlml_source_get(ctl, &cpu->stats, back ? p->daddr : p->saddr, p->family,
			    TLML_ROLE_SOURCE, now);
	return !s || tlml_tokens_take(&s->tokens, &s->tokens_tick, now, policy->rate,
				      policy->burst);
}

/*
 * The action to take on the packet at hand of flow f: what its class's policy says if the verdict
 * is sure enough, nobody allow-listed it, and mode enforce is on and confirmed. PASS, MARK or DROP.
 */
static __always_inline enum tlml_action
tlml_policy_apply(struct tlml_ctl *ctl, struct tlml_cpu *cpu, struct tlml_flow *f, int back,
		  __u64 clock)
{
	struct tlml_stats *stats = &cpu->stats;
	const struct tlml_packet *p = &cpu->packet;
	const struct tlml_policy *policy = &ctl->policy[f->klass];
	struct tlml_class_stats *k = &stats->klass[f->klass];
	__u32 action = policy->action;

	k->packets++;
	k->bytes += p->len;
	if (action == TLML_ACTION_PASS || f->margin < policy->margin_act)
		return TLML_ACTION_PASS;
	if (tlml_allow_holds(ctl, f, p)) {
		tlml_count(stats, allowed);
		return TLML_ACTION_PASS;
	}
	if (ctl->mode != TLML_MODE_ENFORCE ||
	    (ctl->confirm_until && clock > ctl->confirm_until)) {
		if (ctl->mode == TLML_MODE_ENFORCE)
			tlml_count(stats, confirm_expired);
		if (action == TLML_ACTION_MARK)
			tlml_count(stats, would_mark);
		else if (action == TLML_ACTION_LIMIT)
			tlml_count(stats, would_limit);
		else
			tlml_count(stats, would_drop);
		return TLML_ACTION_PASS;
	}
	if (action == TLML_ACTION_MARK) {
		tlml_count(stats, marked);
		return TLML_ACTION_MARK;
	}
	if (action == TLML_ACTION_LIMIT) {
		if (tlml_limit(ctl, cpu, f->klass, clock, back))
			return TLML_ACTION_PASS;
		tlml_count(stats, limited);
	} else {
		tlml_count(stats, dropped);
	}
	k->dropped++;
	return TLML_ACTION_DROP;
}

#endif
