/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Records for user space. A wake-up costs the packet 4 us, so the reader looks by itself every
 * millisecond while records come; it is woken only if it said that it sleeps, or falls behind.
 */
#ifndef TLML_RING_BPF_H
#define TLML_RING_BPF_H

#include "maps.bpf.h"
#include "stats.bpf.h"

/*
 * Whether the ring has no room for a record of so many bytes, which is counted as lost then. For
 * who has work to do before it reserves one: a look takes no lock, and nobody may read for long.
 */
static __always_inline int tlml_ring_is_full(struct tlml_stats *stats, __u32 size)
{
	__u64 more = (size + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8;

	if (bpf_ringbuf_query(&tlml_ring_v1, BPF_RB_AVAIL_DATA) + more < TLML_RING_BYTES)
		return 0;
	tlml_count(stats, ring_full);
	return 1;
}

/* A record of a type, to be filled in and submitted; NULL, counted, if the ring is full. */
#define tlml_ring_reserve(stats, type)						\
({										\
	type *__r = bpf_ringbuf_reserve(&tlml_ring_v1, sizeof(type), 0);	\
	if (!__r)								\
		tlml_count(stats, ring_full);					\
	__r;									\
})

/* Whether the record that was just reserved is the one to wake the reader with. */
static __always_inline int tlml_ring_wakes(struct tlml_ctl *ctl, struct tlml_cpu *cpu)
{
	__u32 half;

	/* The reader says that it sleeps, then looks for records: here it is the other way. */
	tlml_order(cpu);
	if (READ_ONCE(ctl->ring_idle) &&
	    __sync_val_compare_and_swap(&ctl->ring_idle, 1, 0) == 1)
		return 1;
	half = bpf_ringbuf_query(&tlml_ring_v1, BPF_RB_AVAIL_DATA) >= TLML_RING_BYTES / 2;
	if (half == READ_ONCE(ctl->ring_half))
		return 0;
	/* One record crosses the mark, however many CPUs put theirs in at once. */
	return __sync_val_compare_and_swap(&ctl->ring_half, !half, half) == !half && half;
}

static __always_inline void tlml_ring_submit(struct tlml_ctl *ctl, struct tlml_cpu *cpu, void *r)
{
	if (tlml_ring_wakes(ctl, cpu)) {
		tlml_count(&cpu->stats, ring_woken);
		bpf_ringbuf_submit(r, BPF_RB_FORCE_WAKEUP);
	} else {
		bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
	}
}

#endif
