/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR BSD-2-Clause */
/*
 * The control record: what the operator wants, where the weights are, and the clock. One per
 * interface, in a memory-mapped array map; user space writes it with plain stores of single
 * fields, the data path reads it once per packet.
 */
#ifndef _UAPI_TLML_CTL_H
#define _UAPI_TLML_CTL_H

#include "tlml_key.h"

/* What to do with the flows of one class in enforce mode. */
struct tlml_policy {
	__u8  action;		/* enum tlml_action */
	__u8  margin_act;	/* act only at this margin or more, 0..255 */
	__u8  margin_hard;	/* report as unsure below it, 0..255; 0 never */
	__u8  dscp;		/* TLML_ACTION_MARK: 1 + code point to set, 0 leaves it */
	__u32 mark;		/* TLML_ACTION_MARK: of the packet towards TC and netfilter */
	__u32 rate;		/* TLML_ACTION_LIMIT: packets per second and source prefix */
	__u32 burst;		/* and how many at once, up to 2^24 - 1 */
};

/* Token buckets that a question to the large model has to pass, all of them. */
enum tlml_budget {
	TLML_BUDGET_ALL,
	TLML_BUDGET_CLASS,	/* of the tiny model's verdict */
	TLML_BUDGET_PREFIX,	/* of the initiator, IPv4 /24 or IPv6 /56 */
	TLML_BUDGETS,
};

struct tlml_rate {
	__u32 rate;		/* questions per second, all CPUs together */
	__u32 burst;		/* and how many at once, up to 2^24 - 1 */
};

/* The timer that moves the clock runs only while packets come. */
enum tlml_clock_state {
	TLML_CLOCK_STOPPED,	/* the next packet reads the time and starts the timer */
	TLML_CLOCK_USED,	/* a packet came since the timer last fired */
	TLML_CLOCK_UNUSED,	/* none did; the timer stops if none comes */
};

/* Key of the allow-list's trie: IPv6 prefixes, IPv4 ones as ::ffff:0:0/96 (RFC 4291). */
struct tlml_allow_key {
	__u32 prefixlen;	/* 0..128 */
	__u32 addr[4];		/* network order */
};

struct tlml_ctl {
	__u32 abi;		/* TLML_ABI */
	__u32 mode;		/* enum tlml_mode */
	__u64 confirm_until;	/* tick at which enforce falls back to monitor, 0 = confirmed */
	__u64 lease_until;	/* tick after which everything passes; TLML_FOREVER = no lease */
	__u32 slot;		/* which weights, read once per packet */
	__u32 flow_mask;	/* buckets - 1 */
	__u32 source_mask;
	__u32 trace;		/* report every decision to: bit 0 operator, bit 1 watch */
	__u32 audit;		/* ask about one in 2^audit flows whatever the model says; 0 none */
	__u32 report_rate;	/* traced decisions per second and CPU that may go to the ring */
	__u32 report_burst;
	__u32 ask_points;	/* decision points (bit k: packet 2^k) at which flows are hard */
	struct tlml_rate ask[TLML_BUDGETS];
	__u32 payload;		/* bytes of payload told of hard flows' packets, 0..64; 0 none */
	__u32 ifindex;
	__u16 seg_len;		/* IP bytes of a full wire packet: the interface's MTU */
	__u16 module;		/* 1: the programs call the module, so wide models are computed */
	__u32 seg_inverse;	/* 65536 / seg_len */
	__u8  anomaly_low;	/* as in the model header; the operator may move them */
	__u8  anomaly_high;
	__u8  allow_epoch;	/* 1..127, moved on when the allow-list changes */
	__u8  allow_any;	/* 0: the allow-list is empty */
	struct tlml_seed seed;
	struct tlml_policy policy[TLML_CLASSES_MAX];
	__u32 canary_slot;	/* weights that decide about a share of flows in place of slot's */
	__u32 canary_share;	/* of TLML_CANARY_ALL flows, by tlml_canary_has(); 0 none */
	__u32 previous_slot;	/* what slot was before; user space does not refill it */
	__u32 slots_tick;	/* when these changed, low bits: who still reads what was left? */

	/* Written by the data path (but to set ring_idle), on a line of its own. */
	__u64 clock __attribute__((aligned(64)));	/* ticks; may stand still */
	__u32 clock_state;	/* enum tlml_clock_state */
	__u32 ring_idle;	/* 1, set by the ring's reader: wake me with the next record */
	__u32 ring_half;	/* 1: it was woken because the ring is half full or more */
} __attribute__((aligned(64)));

#define TLML_CANARY_ALL		256

/*
 * 1 if the flow with this fingerprint is the canary's: by bits that say nothing of the line it
 * lives in, nor of whether it is audited. share: 0..TLML_CANARY_ALL.
 */
TLML_INLINE __u32 tlml_canary_has(__u32 fp, __u32 share)
{
	return (__u32)((fp >> 8 & 255) - share) >> 31;
}

#endif
