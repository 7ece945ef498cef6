/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR BSD-2-Clause */
/* The two cache lines that tlml keeps of traffic, and the record of a flow for user space. */
#ifndef _UAPI_TLML_FLOW_H
#define _UAPI_TLML_FLOW_H

#include "tlml_packet.h"

#define TLML_FLOW_INIT_LO	0x01	/* the initiator is the lower endpoint (tlml_key_from_lo) */
#define TLML_FLOW_DECIDED	0x02	/* klass, margin and anomaly are valid */
#define TLML_FLOW_FINAL		0x04	/* past its last decision point */
#define TLML_FLOW_HARD		0x08	/* asked about; its later packets are told, too */
#define TLML_FLOW_ANSWERED	0x10	/* the verdict is the large model's */

/*
 * The large model's answer, left in a flow's line by user space: fp last, so that the data path,
 * which knows an answer by it, finds the rest in place. Who takes the line over has another fp.
 * Only a flow that is TLML_FLOW_HARD takes one; in any other it would be taken for costs.
 */
struct tlml_answer {
	__u32 fp;		/* the flow's */
	__u32 until;		/* tick at which it expires, and the tiny model decides anew */
	__u8  klass;
	__u8  margin;		/* what its confidence is worth on the tiny model's scale */
	__u8  confidence;	/* probability of klass, 255 is certain */
	__u8  tiny_klass;	/* what the tiny model says meanwhile, written by the data path */
	__u8  tiny_margin;
	__u8  reserved[3];
};

/*
 * A flow, both directions; index 0 is the initiator's, 1 the responder's. CPUs write it without
 * a lock: a lost update costs one packet's count, never memory safety.
 */
struct tlml_flow {
	__u32 fp;		/* fingerprint of the key, 0 = free */
	__u32 last;		/* tick of the last packet */
	__u32 first;		/* tick of the first packet */
	__u32 pkts;		/* both directions */
	__u32 bytes[2];		/* IP bytes, wrapping */
	__u8  size_max;		/* tlml_size_code() of the largest packet */
	__u8  answers;		/* packets of the responder, saturating */
	__u8  tcp_flags;	/* of all packets, ORed */
	__u8  state;		/* TLML_FLOW_ */
	__u8  seq[TLML_SEQ];	/* size code of the first packets: 64 + it from the initiator,
				 * 63 - it back; 64 = none yet */
	__u8  gap[TLML_SEQ - 1];/* tlml_log2q() of the gap in ticks before packets 2 to 8 */
	__u8  gap_max;		/* of all gaps up to the last decision point */
	__u8  klass : 4;	/* index into the model's classes */
	__u8  generation : 4;	/* low bits of the generation that decided */
	__u8  margin;		/* cost of the runner-up over that of klass, 0..255 */
	__u8  anomaly;		/* reconstruction error, mean over the features, 0..127 */
	__u8  allow;		/* 0 not looked up, else epoch << 1 | allow-listed */
	union {
		__u8 cost[TLML_CLASSES_MAX]; /* accumulated -log p of each class over the best's */
		struct tlml_answer answer;	/* instead, from the large model's answer on */
	};
};

_Static_assert(sizeof(struct tlml_flow) == 64, "a flow is one cache line");

/* Flows live in buckets of two lines: lines of one pair that hardware fetches together. */
#define TLML_WAYS	2

struct tlml_flow_bucket {
	struct tlml_flow way[TLML_WAYS];
};

/* Source lines count in windows of 2^14 ticks (1.07 s), halved from one to the next. */
#define TLML_WINDOW_SHIFT	14

/*
 * What a prefix did lately as the source of flows, or, in the role of destination, what was done
 * to it: there hosts is the spread of sources. Floods and scans are visible here only.
 */
struct tlml_source {
	__u32 fp;		/* fingerprint of prefix and role, 0 = free */
	__u32 window;		/* tick of the last touch >> TLML_WINDOW_SHIFT */
	__u64 ports[2];		/* bitmap of hashed server ports, this window and the last */
	__u64 hosts[2];		/* bitmap of hashed peers */
	__u16 flows;		/* flows begun, decaying */
	__u16 open;		/* flows begun and not answered yet, decaying */
	__u32 tokens;		/* TLML_ACTION_LIMIT: packets that may pass, 8 fractional bits */
	__u32 tokens_tick;	/* of the last refill */
	__u8  code[4];		/* features of flows, open, ports, hosts (tlml_source_encode) */
	__u8  klass : 4;	/* first-packet verdict on its latest flow */
	__u8  decided : 1;
	__u8  margin;
	__u8  reserved[6];
};

_Static_assert(sizeof(struct tlml_source) == 64, "a source is one cache line");

struct tlml_source_bucket {
	struct tlml_source way[TLML_WAYS];
};

enum tlml_reason {
	TLML_REASON_TRACE,	/* every decision, asked for by an observer (tlml_ctl.trace) */
	TLML_REASON_UNSURE,	/* margin under the class's threshold (at tlml_ctl.ask_points) */
	TLML_REASON_ANOMALY,	/* anomaly score in the grey band */
	TLML_REASON_AUDIT,	/* random sample, whatever the model says: comes first */
};

/* Ring buffer record of a decision: who, what was seen, what was decided and why it is told. */
struct tlml_record {
	__u32 saddr[4];		/* initiator, network order */
	__u32 daddr[4];		/* responder */
	__u16 sport, dport;	/* host order */
	__u16 vlan;
	__u8  family, proto;
	__u32 ifindex;
	__u32 bucket;		/* where the flow lives, with flow.fp */
	__u64 tick;		/* of the decision */
	__u32 generation;
	__u8  reason;		/* enum tlml_reason */
	__u8  runner_up;
	__u8  flags;		/* TLML_PKT_ of the deciding packet */
	__u8  action;		/* what was done to the deciding packet: PASS, MARK or DROP */
	__u8  x[TLML_FEATURES_MAX];
	struct tlml_flow flow;	/* after the decision */
};

_Static_assert(sizeof(struct tlml_record) == 160, "record layout is ABI");

/* Packets of a flow that the large model may see: 8 from its line, the others told one by one. */
#define TLML_CASE_PACKETS	32

/* Ring buffer record of a hard flow's later packet, sent until the flow has its answer. */
struct tlml_more {
	__u32 bucket;		/* as in the tlml_record before it */
	__u32 fp;
	__u32 tick;
	__u16 nth;		/* of the flow, from 1; the first wire packet of a segment train */
	__u16 segs;		/* wire packets that it stands for */
	__u8  size;		/* tlml_size_code() */
	__u8  gap;		/* tlml_log2q() of ticks since the packet before */
	__u8  back;		/* 1: from the responder */
	__u8  tcp_flags;
	__u32 reserved;
};

_Static_assert(sizeof(struct tlml_more) == 24, "record layout is ABI");

/* Ring buffer record of the payload of a hard flow's packet, only where tlml_ctl.payload asks. */
#define TLML_PAYLOAD_MAX	64

struct tlml_payload {
	__u32 bucket;
	__u32 fp;
	__u16 nth;
	__u16 len;		/* valid bytes of data */
	__u8  data[TLML_PAYLOAD_MAX];	/* after the transport header */
};

_Static_assert(sizeof(struct tlml_payload) == 76, "record layout is ABI");

#endif
