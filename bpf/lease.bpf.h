/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The clock, and who looks after the data path. Reading the time costs a packet more than finding
 * its flow, so a timer reads it while packets come; an idle interface costs no wake-ups.
 */
#ifndef TLML_LEASE_BPF_H
#define TLML_LEASE_BPF_H

#include <linux/errno.h>

#include "maps.bpf.h"
#include "stats.bpf.h"

#define TLML_CLOCK_NS	250000		/* how stale the clock may get while packets come */

static int tlml_clock_tick(void *map, __u32 *key, struct tlml_clock *clock)
{
	__u32 zero = 0;
	struct tlml_ctl *ctl = bpf_map_lookup_elem(&tlml_ctl_v1, &zero);

	if (!ctl)
		return 0;
	/* Stops only if no packet came in between: one may just be saying that it did. */
	if (__sync_val_compare_and_swap(&ctl->clock_state, TLML_CLOCK_USED, TLML_CLOCK_UNUSED) !=
	    TLML_CLOCK_USED &&
	    __sync_val_compare_and_swap(&ctl->clock_state, TLML_CLOCK_UNUSED,
					TLML_CLOCK_STOPPED) != TLML_CLOCK_USED)
		return 0;
	WRITE_ONCE(ctl->clock, bpf_ktime_get_ns() >> TLML_TICK_SHIFT);
	bpf_timer_start(&clock->timer, TLML_CLOCK_NS, 0);
	return 0;
}

/* The first packet after a silence. Without a timer, every packet is one: dear, but right. */
__noinline int tlml_clock_wake(struct tlml_ctl *ctl)
{
	__u32 zero = 0;
	struct tlml_clock *clock = bpf_map_lookup_elem(&tlml_clock_v1, &zero);

	if (!ctl || !clock)
		return 0;
	WRITE_ONCE(ctl->clock, bpf_ktime_get_ns() >> TLML_TICK_SHIFT);
	WRITE_ONCE(ctl->clock_state, TLML_CLOCK_USED);
	if (bpf_timer_start(&clock->timer, TLML_CLOCK_NS, 0))
		WRITE_ONCE(ctl->clock_state, TLML_CLOCK_STOPPED);
	return 0;
}

/* Now, in ticks. */
static __always_inline __u64 tlml_clock_now(struct tlml_ctl *ctl)
{
	__u32 state = READ_ONCE(ctl->clock_state);

	if (state == TLML_CLOCK_STOPPED)
		tlml_clock_wake(ctl);
	else if (state == TLML_CLOCK_UNUSED)
		__sync_val_compare_and_swap(&ctl->clock_state, TLML_CLOCK_UNUSED, TLML_CLOCK_USED);
	return READ_ONCE(ctl->clock);
}

/*
 * Run by tlml-load: makes the timer, which packets start. Over maps that are there already the
 * timer is, too: it only gets this program's callback.
 */
SEC("syscall") int tlml_clock_start(void *ctx)
{
	__u32 zero = 0;
	struct tlml_clock *clock = bpf_map_lookup_elem(&tlml_clock_v1, &zero);
	long err;

	if (!clock)
		return 1;
	err = bpf_timer_init(&clock->timer, &tlml_clock_v1, 1 /* CLOCK_MONOTONIC */);
	if (!err || err == -EBUSY)
		err = bpf_timer_set_callback(&clock->timer, tlml_clock_tick);
	if (!err)
		err = bpf_timer_start(&clock->timer, 0, 0);
	return err ? 1 : 0;
}

/* Whether to look at packets at all, in ticks of ctl->clock. */
static __always_inline int tlml_lease_holds(struct tlml_ctl *ctl, struct tlml_stats *stats,
					    __u64 clock)
{
	if (ctl->mode == TLML_MODE_OFF) {
		tlml_count(stats, off);
		return 0;
	}
	if (clock > READ_ONCE(ctl->lease_until)) {
		tlml_count(stats, lease_expired);
		return 0;
	}
	return 1;
}

#endif
