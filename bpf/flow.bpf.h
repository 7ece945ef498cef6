/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Flow and source lines in set-associative arrays. Nothing is allocated, locked or freed: a
 * flood of new flows costs what packets cost, and the memory is that of the load.
 */
#ifndef TLML_FLOW_BPF_H
#define TLML_FLOW_BPF_H

#include "maps.bpf.h"
#include "stats.bpf.h"

#include "../uapi/tlml_feature.h"

#define TLML_KEEP_TICKS	((__u32)TLML_TICKS(5))	/* a line used this lately is worth keeping */

/* A flow of several packets that is alive is not given up for what may be a flood's packet. */
static __always_inline int tlml_flow_is_kept(const struct tlml_flow *f, __u32 now)
{
	return f->fp && f->pkts > 1 && now - f->last < TLML_KEEP_TICKS;
}

/*
 * Which of two lines a new flow takes: a free or idle one, else that of a flow of one packet,
 * else the staler one; NULL if both are kept, but for one newcomer in 64, so that nobody holds a
 * line for ever. first is where the flow is looked for first, so it goes there if it can.
 */
static __always_inline struct tlml_flow *
tlml_flow_victim(struct tlml_flow *first, struct tlml_flow *second, __u32 fp, __u32 now)
{
	int kept1 = tlml_flow_is_kept(first, now), kept2 = tlml_flow_is_kept(second, now);

	if (kept1 != kept2)
		return kept1 ? second : first;
	if (kept1 && (fp ^ now * 0x9e3779b1u) >> 26)
		return NULL;
	if (!first->fp || (second->fp && now - first->last >= now - second->last))
		return first;
	return second;
}

/* The line of p's flow, begun if need be (*is_new); NULL if there is none to be had. */
static __always_inline struct tlml_flow *
tlml_flow_get(struct tlml_ctl *ctl, struct tlml_stats *stats, const struct tlml_packet *p,
	      struct tlml_slot slot, int from_lo, __u32 now, int *is_new)
{
	__u32 index = slot.bucket & ctl->flow_mask;
	struct tlml_flow_bucket *b = bpf_map_lookup_elem(&tlml_flows_v1, &index);
	struct tlml_flow *f, *first, *second;

	*is_new = 0;
	if (!b)
		return NULL;
	first = &b->way[slot.fp & 1];
	second = &b->way[~slot.fp & 1];
	f = first->fp == slot.fp ? first : second->fp == slot.fp ? second : NULL;
	if (f && !tlml_flow_is_over(f, now, p))
		return f;
	if (!f) {
		f = tlml_flow_victim(first, second, slot.fp, now);
		if (!f) {
			tlml_count(stats, flows_refused);
			return NULL;
		}
		if (f->fp && now - f->last < TLML_IDLE_TICKS)
			tlml_count(stats, flows_evicted);
	}
	if (f->state & TLML_FLOW_DECIDED)	/* it leaves the class that it was counted in */
		stats->klass[f->klass].flows--;
	tlml_flow_begin(f, slot.fp, now, from_lo, p);
	tlml_count(stats, flows);
	*is_new = 1;
	return f;
}

/* The line of a prefix in a role, rolled to now; begun if it has none. */
static __always_inline struct tlml_source *
tlml_source_get(struct tlml_ctl *ctl, struct tlml_stats *stats, const __u32 *addr, __u8 family,
		enum tlml_role role, __u32 now)
{
	struct tlml_slot slot = tlml_key_prefix(addr, family, role, &ctl->seed);
	__u32 index = slot.bucket & ctl->source_mask;
	struct tlml_source_bucket *b = bpf_map_lookup_elem(&tlml_sources_v1, &index);
	struct tlml_source *s;

	if (!b)
		return NULL;
	if (b->way[0].fp == slot.fp)
		s = &b->way[0];
	else if (b->way[1].fp == slot.fp)
		s = &b->way[1];
	else {
		__u32 age0 = tlml_source_age(&b->way[0], now);
		__u32 age1 = tlml_source_age(&b->way[1], now);

		/* A free line, else the staler one; of two as fresh that of the quieter prefix. */
		s = !b->way[0].fp || (b->way[1].fp && (age0 > age1 ||
		    (age0 == age1 && b->way[0].flows <= b->way[1].flows))) ?
			    &b->way[0] : &b->way[1];
		tlml_source_begin(s, slot.fp, now);
		tlml_count(stats, sources);
	}
	tlml_source_roll(s, now);
	return s;
}

#endif
