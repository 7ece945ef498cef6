/* SPDX-License-Identifier: GPL-2.0 */
/* Every map. All are made and pinned by tlml-load and live as long as the pins or programs. */
#ifndef TLML_MAPS_BPF_H
#define TLML_MAPS_BPF_H

#include "compat.bpf.h"

#include "../uapi/tlml_ctl.h"
#include "../uapi/tlml_flow.h"
#include "../uapi/tlml_kfunc.h"
#include "../uapi/tlml_stats.h"
#include "../uapi/tlml_verdict.h"
#include "../uapi/tlml_weights.h"

/* Written by user space, but for the clock. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct tlml_ctl);
} tlml_ctl_v1 SEC(".maps");

/* Memory-mapped arrays are page aligned, so that a line is a cache line. Sized at load. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct tlml_flow_bucket);
} tlml_flows_v1 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct tlml_source_bucket);
} tlml_sources_v1 SEC(".maps");

/* A slot is filled by user space long after it was current, then tlml_ctl.slot flips to it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TLML_SLOTS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct tlml_weights);
} tlml_weights_v1 SEC(".maps");

/* Beside it, for the module: the net of a model that is too big for BPF. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TLML_SLOTS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct tlml_wide);
} tlml_wide_v1 SEC(".maps");

/* Token bucket. */
struct tlml_tokens {
	__u32 tokens;
	__u32 tick;
};

/* A decision: what it is made from and what comes of it. */
struct tlml_decision {
	__u32 points;		/* decision points that the packet reached, ORed */
	__u32 now;		/* tick */
	__u32 bucket;		/* of the flow */
	__u32 generation;	/* of the weights that decided */
	__u32 canary;		/* 1: those of the canary */
	__u32 slot;		/* they are in */
	__u16 initiator;	/* ports, host order */
	__u16 responder;
	__u8  back;		/* the packet comes from the responder */
	__u8  begins;		/* the flow's first packet */
	__u8  answers;		/* the responder's first packet */
	__u8  net;		/* scored by the net, else by the additive head */
	__s32 reason;		/* enum tlml_reason to tell of it, -1 for none */
	__u32 fp;		/* of the flow whose packet was told of last */
	__u32 nth;		/* which packet of it that was */
	__u32 service;
	__u32 anomaly;
	struct tlml_verdict verdict;
	__u8  cost[TLML_CLASSES_MAX] __attribute__((aligned(8)));	/* of the flow, after it */
	__u8  x[TLML_FEATURES_MAX];
	__s32 logit[TLML_CLASSES_MAX];
	struct tlml_scores scores;	/* the module's */
	__u64 hidden1[TLML_W2_GROUPS];	/* packed activations */
	__u32 hidden2[TLML_HIDDEN2_MAX];
};

/*
 * One CPU's counters, which user space reads, and behind them scratch space of the packet at
 * hand: both hooks run with softirqs off. Scratch is here and not on the stack because the
 * verifier forgets what map memory holds, so that paths through the parser meet again.
 */
struct tlml_cpu {
	struct tlml_stats stats;
	struct tlml_tokens report;
	__u32 order;		/* see tlml_order() */
	struct tlml_packet packet;
	struct tlml_decision decision;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tlml_cpu);
} tlml_stats_v1 SEC(".maps");

/*
 * What this CPU stored before is visible to all before it loads what comes after, and what it
 * loaded before is no newer than what it loads after: plain stores and loads promise neither.
 */
static __always_inline void tlml_order(struct tlml_cpu *cpu)
{
	__u32 v = __sync_fetch_and_add(&cpu->order, 1);

	barrier_var(v);			/* unused, it would be a weaker operation */
}

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct tlml_allow_key);
	__type(value, __u32);
} tlml_allow_v1 SEC(".maps");

#define TLML_RING_BYTES	(4 << 20)

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, TLML_RING_BYTES);
} tlml_ring_v1 SEC(".maps");

/* Buckets of questions, by what enum tlml_budget counts. */
#define TLML_BUDGET_PREFIXES	4096

struct tlml_budgets {
	struct tlml_tokens all;
	struct tlml_tokens klass[TLML_CLASSES_MAX];
	struct tlml_tokens prefix[TLML_BUDGET_PREFIXES];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tlml_budgets);
} tlml_budget_v1 SEC(".maps");

struct tlml_clock {
	struct bpf_timer timer;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tlml_clock);
} tlml_clock_v1 SEC(".maps");

#endif
