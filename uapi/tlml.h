/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR BSD-2-Clause */
/* What every part of tlml agrees on: ABI number, limits, verdict words, pin names. */
#ifndef _UAPI_TLML_H
#define _UAPI_TLML_H

#include <linux/types.h>

/* Grows when a layout or a meaning below uapi/ changes; stored in every map and model. */
#define TLML_ABI		1

#define TLML_FEATURES_MAX	32	/* inputs of the net, uint8 in 0..127 */
#define TLML_HIDDEN1_MAX	64
#define TLML_HIDDEN2_MAX	32
#define TLML_CLASSES_MAX	16
#define TLML_ACT_MAX		127	/* activations are 7 bit, so that 4 lanes fit a u64 */
#define TLML_SEQ		8	/* packets whose size, direction and gap are kept */
#define TLML_SLOTS		4	/* generations of weights held in the kernel */

/*
 * Time is counted in ticks of 2^16 ns (65.5 us) of CLOCK_MONOTONIC: coarse enough to be kept
 * by a timer instead of being read per packet, fine enough for gaps between packets. Flow
 * lines keep the low 32 bits, which wrap after 78 hours.
 */
#define TLML_TICK_SHIFT		16
#define TLML_TICKS(sec)		((__u64)(sec) * 1000000000ull >> TLML_TICK_SHIFT)
#define TLML_FOREVER		(~0ull)

#define TLML_IDLE_TICKS		((__u32)TLML_TICKS(120))	/* a flow idle for longer is over */

enum tlml_mode {
	TLML_MODE_OFF,		/* pass everything, look at nothing */
	TLML_MODE_MONITOR,	/* look, decide, count; touch nothing */
	TLML_MODE_ENFORCE,	/* act as the policy of each class says */
};

enum tlml_action {
	TLML_ACTION_PASS,
	TLML_ACTION_MARK,	/* set the packet's mark and, if asked, its DSCP */
	TLML_ACTION_LIMIT,	/* token bucket per source prefix */
	TLML_ACTION_DROP,
};

/* Pins live in TLML_PIN_ROOT/<interface>/<map name>; the version is part of each name. */
#define TLML_PIN_ROOT		"/sys/fs/bpf/tlml"
#define TLML_MAP_CTL		"tlml_ctl_v1"
#define TLML_MAP_FLOWS		"tlml_flows_v1"
#define TLML_MAP_SOURCES	"tlml_sources_v1"
#define TLML_MAP_WEIGHTS	"tlml_weights_v1"
#define TLML_MAP_WIDE		"tlml_wide_v1"
#define TLML_MAP_STATS		"tlml_stats_v1"
#define TLML_MAP_ALLOW		"tlml_allow_v1"
#define TLML_MAP_RING		"tlml_ring_v1"
#define TLML_MAP_CLOCK		"tlml_clock_v1"
#define TLML_MAP_BUDGET		"tlml_budget_v1"

/* Helpers shared by BPF and user space must vanish into their caller. */
#define TLML_INLINE		static inline __attribute__((always_inline, unused))

/* Makes a compiler forget what it knows of v, and with it the branch it would have made. */
#define tlml_hide(v)	__asm__ volatile("" : "+r"(v))

/*
 * The lesser of two, without the branch that compilers love: a verifier walks both sides of
 * each branch, and a few in a row are a million paths.
 */
TLML_INLINE __s64 tlml_lesser(__s64 a, __s64 b)
{
	__s64 d = a - b, m = d >> 63;

	tlml_hide(m);
	return b + (d & m);
}

/* Values stored before are loaded anew after: a verifier then forgets how they came about. */
#define tlml_forget()	__asm__ volatile("" ::: "memory")

#endif
