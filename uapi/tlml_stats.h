/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR BSD-2-Clause */
/*
 * Every counter of the data path, once: X(id, meaning). One array of them per CPU; ids are the
 * names that tlmlctl and the metrics print.
 */
#ifndef _UAPI_TLML_STATS_H
#define _UAPI_TLML_STATS_H

#include "tlml_feature.h"

#define TLML_STATS(X)									\
	X(packets,	"packets that reached tlml, both directions")			\
	X(bytes,	"IP bytes of classified packets")				\
	X(off,		"passed unseen: mode off")					\
	X(lease_expired, "passed unseen: nobody renewed the lease")			\
	X(no_model,	"passed unseen: no model in the slot")				\
	X(not_ip,	"passed: not IPv4 or IPv6")					\
	X(short_frame,	"passed: a header runs over the end of the frame")		\
	X(bad_header,	"passed: a header contradicts itself")				\
	X(control,	"passed: ND, DHCP, routing protocols")				\
	X(flows,	"flows begun")							\
	X(flows_evicted, "flows that lost their line to another before they were idle")	\
	X(flows_refused, "packets of new flows that found no line to take")		\
	X(sources,	"source and destination lines begun")				\
	X(first_verdicts, "decisions of the additive head at a first packet")		\
	X(inferences,	"decisions of the net")						\
	X(uncomputed,	"decisions left out: the net is wide, and no module computed it") \
	X(canary,	"decisions of either by the canary's weights")			\
	X(anomalies,	"decisions with an anomaly score at or above the high mark")	\
	X(unsure,	"decisions under the class's hard margin, where flows are asked about") \
	X(grey,		"the same with an anomaly score between the marks")		\
	X(audited,	"the same of flows in the random audit sample")			\
	X(asked,	"questions to the large model put into the ring")		\
	X(over_prefix,	"questions not asked: over the budget of the source's prefix")	\
	X(over_class,	"questions not asked: over the budget of the class")		\
	X(over_all,	"questions not asked: over the budget of the interface")	\
	X(continued,	"later packets of flows asked about put into the ring")		\
	X(payloads,	"payloads of flows asked about put into the ring")		\
	X(answered,	"flows that took the large model's answer")			\
	X(answers_expired, "flows whose answer expired")				\
	X(answers_outdone, "flows of which the tiny model was surer later")		\
	X(traced,	"decisions put into the ring for an observer")			\
	X(rate_limited,	"decisions not traced: over the report budget")			\
	X(ring_full,	"records lost: the ring was full")				\
	X(ring_woken,	"records that woke the ring's reader")				\
	X(confirm_expired, "packets passed because enforce mode was not confirmed")	\
	X(allowed,	"packets passed by the allow-list against a verdict")		\
	X(marked,	"packets marked")						\
	X(limited,	"packets dropped by a limit")					\
	X(dropped,	"packets dropped")						\
	X(would_mark,	"packets that enforce mode would have marked")			\
	X(would_limit,	"packets that enforce mode would have put through a limit")	\
	X(would_drop,	"packets that enforce mode would have dropped")

enum tlml_stat {
#define TLML_STAT_ID(id, meaning) TLML_STAT_##id,
	TLML_STATS(TLML_STAT_ID)
#undef TLML_STAT_ID
	TLML_STATS_N,
};

struct tlml_class_stats {
	__u64 flows;		/* whose current verdict it is; of all CPUs together */
	__u64 packets;		/* that came while it was the verdict of their flow */
	__u64 bytes;
	__u64 dropped;		/* packets, by drop or limit */
};

/* A histogram of verdicts: classes by octaves of the margin. */
#define TLML_DRIFT_MARGINS	8
#define TLML_DRIFT_BINS		(TLML_CLASSES_MAX * TLML_DRIFT_MARGINS)

TLML_INLINE __u32 tlml_drift_bin(__u32 klass, __u8 margin)
{
	return (klass & (TLML_CLASSES_MAX - 1)) * TLML_DRIFT_MARGINS +
	       (tlml_log2(margin | 1) & (TLML_DRIFT_MARGINS - 1));
}

/* One CPU's counters. */
struct tlml_stats {
	__u64 count[TLML_STATS_N];
	struct tlml_class_stats klass[TLML_CLASSES_MAX];
	/*
	 * The current model's verdicts on flows at the first of its tlml_ctl.ask_points, by
	 * tlml_drift_bin(): what a change of traffic shows in. The canary's flows are not in it.
	 */
	__u64 drift[TLML_DRIFT_BINS];
};

#endif
