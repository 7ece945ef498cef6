/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The clock, and who looks after the data path. Reading a clock costs a packet more than
 * finding its flow, so a timer keeps one.
 */
#ifndef TLML_LEASE_BPF_H
#define TLML_LEASE_BPF_H

#include <linux/errno.h>

#include "maps.bpf.h"
#include "stats.bpf.h"

#define TLML_CLOCK_BUSY_NS	100000		/* between ticks while packets flow */
#define TLML_CLOCK_IDLE_NS	1000000		/* and while none do */

static int tlml_clock_tick(void *map, __u32 *key, struct tlml_clock *clock)
{
	__u32 zero = 0;
	struct tlml_ctl *ctl = bpf_map_lookup_elem(&tlml_ctl_v1, &zero);
	__u32 busy;

	if (!ctl)
		return 0;
	WRITE_ONCE(ctl->clock, bpf_ktime_get_ns() >> TLML_TICK_SHIFT);
	busy = ctl->busy;
	WRITE_ONCE(ctl->busy, 0);
	bpf_timer_start(&clock->timer, busy ? TLML_CLOCK_BUSY_NS : TLML_CLOCK_IDLE_NS, 0);
	return 0;
}

/*
 * Run by tlml-load; the timer then re-arms itself until the map goes. Over maps that are there
 * already the timer is, too: it only gets this program's callback.
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
	if (!READ_ONCE(ctl->busy))
		WRITE_ONCE(ctl->busy, 1);
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
