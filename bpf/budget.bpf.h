/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What questions to the large model may cost: who makes flows look hard must not be able to use
 * up what others need. CPUs share the buckets without a lock; a race costs one question more.
 */
#ifndef TLML_BUDGET_BPF_H
#define TLML_BUDGET_BPF_H

#include <bpf/bpf_endian.h>

#include "maps.bpf.h"
#include "stats.bpf.h"
#include "tokens.bpf.h"

/* The bucket of an initiator's prefix, IPv4 /24 or IPv6 /56; nobody can choose to share one. */
static __always_inline __u32 tlml_budget_prefix(const __u32 *addr, __u8 family,
						const struct tlml_seed *seed)
{
	__u32 top = family == 6 ? addr[0] : 0;
	__u32 last = (family == 6 ? addr[1] : addr[0]) & bpf_htonl(0xffffff00);
	__u64 h = tlml_nh(top, seed->k[0], last, seed->k[1]) +
		  tlml_nh(family, seed->k[2], 0, seed->k[3]);

	return tlml_slot_of(h, seed->mul).bucket & (TLML_BUDGET_PREFIXES - 1);
}

static __always_inline int tlml_budget_holds(struct tlml_tokens *t, const struct tlml_rate *r,
					     __u32 now)
{
	return tlml_tokens_fill(&t->tokens, &t->tick, now, r->rate, r->burst);
}

/* 1 if a question about flow f of the packet at hand may be asked, and is paid for; 0 if not. */
static __always_inline int tlml_budget_take(struct tlml_ctl *ctl, struct tlml_cpu *cpu,
					    const struct tlml_flow *f)
{
	const struct tlml_decision *d = &cpu->decision;
	const struct tlml_packet *p = &cpu->packet;
	struct tlml_tokens *prefix, *klass;
	struct tlml_budgets *b;
	__u32 zero = 0, i;

	b = bpf_map_lookup_elem(&tlml_budget_v1, &zero);
	if (!b)
		return 0;
	i = tlml_budget_prefix(d->back ? p->daddr : p->saddr, p->family, &ctl->seed);
	barrier_var(i);
	prefix = &b->prefix[i & (TLML_BUDGET_PREFIXES - 1)];
	klass = &b->klass[f->klass];
	if (!tlml_budget_holds(prefix, &ctl->ask[TLML_BUDGET_PREFIX], d->now)) {
		tlml_count(&cpu->stats, over_prefix);
		return 0;
	}
	if (!tlml_budget_holds(klass, &ctl->ask[TLML_BUDGET_CLASS], d->now)) {
		tlml_count(&cpu->stats, over_class);
		return 0;
	}
	if (!tlml_budget_holds(&b->all, &ctl->ask[TLML_BUDGET_ALL], d->now)) {
		tlml_count(&cpu->stats, over_all);
		return 0;
	}
	prefix->tokens -= TLML_TOKEN;
	klass->tokens -= TLML_TOKEN;
	b->all.tokens -= TLML_TOKEN;
	return 1;
}

#endif
