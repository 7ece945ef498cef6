/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR BSD-2-Clause */
/*
 * From packets to the uint8 vector that the models read. Integer only, no division; the same
 * code in BPF, trainer and replay, so that a model sees on the wire what it saw in training.
 */
#ifndef _UAPI_TLML_FEATURE_H
#define _UAPI_TLML_FEATURE_H

#include "tlml_flow.h"

/*
 * X(id, meaning). All are 0..127. The order is part of the schema (tlml_schema_hash()); the first
 * TLML_FIRST ones are known at a flow's first packet and feed the additive head.
 */
#define TLML_FEATURES(X)								\
	X(proto,	"TCP 120, UDP 64, ICMP 32, other 0")				\
	X(service,	"service code of the responder's port, times 8")		\
	X(flags,	"TCP flags seen: RST 64, FIN 32, PSH 16, SYN 8, ACK 4")		\
	X(src_flows,	"log2 of flows the source began lately")			\
	X(src_open,	"log2 of those unanswered")					\
	X(src_ports,	"spread of the source over ports")				\
	X(src_hosts,	"spread of the source over destinations")			\
	X(dst_flows,	"log2 of flows begun lately towards the destination")		\
	X(dst_open,	"log2 of those unanswered")					\
	X(dst_sources,	"spread of the destination's sources")				\
	X(size1,	"size of packet 1: 64 + code from the initiator, 63 - code back") \
	X(size2, "size of packet 2")	X(size3, "size of packet 3")			\
	X(size4, "size of packet 4")	X(size5, "size of packet 5")			\
	X(size6, "size of packet 6")	X(size7, "size of packet 7")			\
	X(size8, "size of packet 8")							\
	X(gap2,	"log2 of the gap before packet 2")					\
	X(gap3,	"log2 of the gap before packet 3")					\
	X(gap4,	"log2 of the gap before packet 4")					\
	X(gap_max,	"log2 of the longest gap")					\
	X(gap_mean,	"log2 of the mean gap")						\
	X(bytes_fwd,	"log2 of bytes of the initiator")				\
	X(bytes_bwd,	"log2 of bytes of the responder")				\
	X(answers,	"packets of the responder, times 2")				\
	X(pkts,		"whole log2 of packets, times 12")				\
	X(size_max,	"size code of the largest packet, times 2")			\
	X(service0,	"bit 0 of the service code, 64 if set")				\
	X(service1,	"bit 1")	X(service2, "bit 2")	X(service3, "bit 3")

enum tlml_feature {
#define TLML_FEATURE_ID(id, meaning) TLML_F_##id,
	TLML_FEATURES(TLML_FEATURE_ID)
#undef TLML_FEATURE_ID
	TLML_FEATURES_N,
};

_Static_assert(TLML_FEATURES_N == TLML_FEATURES_MAX, "the net has 32 inputs");

#define TLML_FIRST	(TLML_F_size1 + 1)	/* inputs of the additive head */
#define TLML_BINS	16			/* bins of each, value >> 3 */

/* 1 if v > most, else 0, by the borrow: a compiler would make a branch of the comparison. */
TLML_INLINE __u64 tlml_exceeds(__u64 v, __u64 most)
{
	__u64 d = most - v;

	tlml_hide(d);
	return d >> 63;
}

/* floor(log2(v)), 0 for 0; BPF cannot count leading zeros. */
TLML_INLINE __u32 tlml_log2(__u64 v)
{
	__u64 r = tlml_exceeds(v, 0xffff) << 4, s;

	v >>= r;
	s = tlml_exceeds(v, 0xff) << 3;
	v >>= s;
	r += s;
	s = tlml_exceeds(v, 0xf) << 2;
	v >>= s;
	r += s;
	return r + (0xffffaa50 >> (v << 1) & 3);	/* 2-bit table of log2 of 0..15 */
}

/* Logarithm in quarter octaves: 0 and 1 give 0, 2 gives 4, 3 gives 6, 2^32-1 gives 127. */
TLML_INLINE __u32 tlml_log2q(__u32 v)
{
	__u32 e = tlml_log2(v);

	return e << 2 | ((__u32)(((__u64)v << 2) >> e) & 3);
}

/* Packet size in eighth octaves from 32 bytes on: 0 at up to 35, 43 at 1500, at most 62. */
TLML_INLINE __u32 tlml_size_code(__u32 len)
{
	__u32 v = -tlml_lesser(-(__s64)len, -32), e = tlml_log2(v);

	return tlml_lesser((e - 5) << 3 | (v << 3 >> e & 7), 62);
}

/* Which well-known service a port belongs to, 0..15; the groups are the schema's, not a rule. */
TLML_INLINE __u32 tlml_service_code(__u16 port)
{
	switch (port) {
	case 53: case 853: case 5353: case 5355:
		return 1;	/* names */
	case 443: case 8443:
		return 2;	/* web over TLS or QUIC */
	case 80: case 8000: case 8080:
		return 3;	/* web in the clear */
	case 22: case 23: case 2222: case 2323:
		return 4;	/* shells */
	case 25: case 110: case 143: case 465: case 587: case 993: case 995:
		return 5;	/* mail */
	case 123: case 319: case 320:
		return 6;	/* time */
	case 20: case 21: case 69: case 139: case 445: case 873: case 2049:
		return 7;	/* files */
	case 1883: case 8883: case 5683: case 5684:
		return 8;	/* things */
	case 554: case 3478: case 3479: case 5004: case 5060: case 5061:
		return 9;	/* voice, video */
	case 88: case 137: case 138: case 161: case 162: case 389: case 514: case 1900:
		return 10;	/* infrastructure */
	case 102: case 502: case 2404: case 20000: case 44818: case 47808:
		return 11;	/* industry */
	case 3389: case 5900:
		return 12;	/* desktops */
	case 1433: case 3306: case 5432: case 6379: case 9200: case 27017:
		return 13;	/* databases */
	}
	return port && port < 1024 ? 14 : port && port < 32768 ? 15 : 0;
}

/* Of the responder's port; of the initiator's where that one alone tells something. */
TLML_INLINE __u32 tlml_service(__u16 initiator, __u16 responder)
{
	__u32 code = tlml_service_code(responder), other;

	if (code && code < 15)
		return code;
	other = tlml_service_code(initiator);
	return other && other < 15 ? other : code;
}

/* Clears a line by words, in a type that may: a compiler may else keep what it read before. */
typedef __u64 __attribute__((may_alias)) tlml_word;

/* Starts the line f over with the first packet of a flow; tlml_flow_update() then counts it. */
TLML_INLINE void tlml_flow_begin(struct tlml_flow *f, __u32 fp, __u32 now, int from_lo,
				 const struct tlml_packet *p)
{
	tlml_word *w = (tlml_word *)f;
	__u32 i;
	/* A flow picked up at its SYN-ACK was begun by the other side. */
	int answer = !(~p->tcp_flags & (TLML_TCP_SYN | TLML_TCP_ACK));

	for (i = 0; i < sizeof(*f) / sizeof(*w); i++)
		w[i] = 0;
	for (i = 0; i < TLML_SEQ; i++)
		f->seq[i] = 64;
	f->fp = fp;
	f->first = f->last = now;
	f->state = from_lo != answer ? TLML_FLOW_INIT_LO : 0;
}

/* A flow that ended, or was silent for too long, gives its key to a new one. */
TLML_INLINE int tlml_flow_is_over(const struct tlml_flow *f, __u32 now, const struct tlml_packet *p)
{
	if (now - f->last > TLML_IDLE_TICKS && (__s32)(now - f->last) > 0)
		return 1;
	return (f->tcp_flags & (TLML_TCP_FIN | TLML_TCP_RST)) &&
	       (p->tcp_flags & (TLML_TCP_SYN | TLML_TCP_ACK)) == TLML_TCP_SYN;
}

/*
 * Counts a packet into f; back: it comes from the responder. Returns the decision points that it
 * reached: the powers of two in (packets before, packets after], ORed.
 */
TLML_INLINE __u32 tlml_flow_update(struct tlml_flow *f, const struct tlml_packet *p, __u32 now,
				   int back)
{
	__u32 before = f->pkts, after = before + p->segs, gap, code, points, i;

	gap = now - f->last;
	if ((__s32)gap < 0)			/* another CPU was a tick ahead */
		gap = 0;
	f->last = now;
	f->pkts = after;
	f->bytes[back & 1] += p->len;
	f->tcp_flags |= p->tcp_flags;
	if (f->state & TLML_FLOW_FINAL)
		return 0;
	if (back)
		f->answers = tlml_lesser(f->answers + p->segs, 255);
	code = tlml_size_code(p->seg_len);
	if (code > f->size_max)
		f->size_max = code;
	gap = before ? tlml_log2q(gap + 1) : 0;
	if (gap > f->gap_max)
		f->gap_max = gap;
	code = back ? 63 - code : 64 + code;
	/* Counted by i and masked, because Linux 6.1 loses the bounds of n. */
	for (i = 0; i < TLML_SEQ; i++) {
		__u32 n = before + i, g = n - 1;

		if (n >= after || n >= TLML_SEQ)
			break;
		tlml_hide(n);
		tlml_hide(g);
		f->seq[n & (TLML_SEQ - 1)] = code;
		if (n)
			f->gap[g & (TLML_SEQ - 1)] = i ? 0 : gap;
	}
	if ((before ^ after) <= before)		/* the top bit is the same */
		return 0;
	points = (2u << tlml_log2(after)) - 1;
	return before ? points & ~((2u << tlml_log2(before)) - 1) : points;
}

/* What the large model is told of p; f is its flow's line before tlml_flow_update() counts p. */
TLML_INLINE void tlml_more_fill(struct tlml_more *m, const struct tlml_flow *f,
				const struct tlml_packet *p, __u32 now, __u32 bucket, int back)
{
	__u32 before = f->pkts, gap = now - f->last;

	if ((__s32)gap < 0)			/* another CPU was a tick ahead */
		gap = 0;
	m->bucket = bucket;
	m->fp = f->fp;
	m->tick = now;
	m->nth = tlml_lesser((__s64)before + 1, 0xffff);
	m->segs = p->segs;
	m->size = tlml_size_code(p->seg_len);
	m->gap = before ? tlml_log2q(gap + 1) : 0;
	m->back = back & 1;
	m->tcp_flags = p->tcp_flags;
	m->reserved = 0;
}

TLML_INLINE __u64 tlml_bit(__u32 v)
{
	return 1ull << (v * 0x9e3779b1u >> 26);
}

/* Set bits of a bitmap over two windows, 0..64, as a feature 0..127. */
TLML_INLINE __u8 tlml_spread(const __u64 map[2])
{
	__u64 v = map[0] | map[1];

	v -= v >> 1 & 0x5555555555555555ull;
	v = (v & 0x3333333333333333ull) + (v >> 2 & 0x3333333333333333ull);
	v = (v + (v >> 4)) & 0x0f0f0f0f0f0f0f0full;
	return tlml_lesser((v * 0x0101010101010101ull >> 56) * 2, 127);
}

/* Keeps what the models read of a line beside it: decisions are more frequent than changes. */
TLML_INLINE void tlml_source_encode(struct tlml_source *s)
{
	s->code[0] = tlml_log2q(s->flows) * 2;
	s->code[1] = tlml_log2q(s->open) * 2;
	s->code[2] = tlml_spread(s->ports);
	s->code[3] = tlml_spread(s->hosts);
}

/* Windows since a source line was touched. */
TLML_INLINE __u32 tlml_source_age(const struct tlml_source *s, __u32 now)
{
	__u32 age = ((now >> TLML_WINDOW_SHIFT) - s->window) & ~0u >> TLML_WINDOW_SHIFT;

	return age == ~0u >> TLML_WINDOW_SHIFT ? 0 : age;	/* another CPU was a tick ahead */
}

/* Moves a source line's windows up to now. */
TLML_INLINE void tlml_source_roll(struct tlml_source *s, __u32 now)
{
	__u32 age = tlml_source_age(s, now);

	if (!age)
		return;
	s->window = now >> TLML_WINDOW_SHIFT;
	s->ports[1] = age == 1 ? s->ports[0] : 0;
	s->hosts[1] = age == 1 ? s->hosts[0] : 0;
	s->ports[0] = s->hosts[0] = 0;
	age = tlml_lesser(age, 16);
	s->flows = (__u32)s->flows >> age;
	s->open = (__u32)s->open >> age;
	tlml_source_encode(s);
}

/* Starts the line over for another prefix; the limiter begins with a full bucket. */
TLML_INLINE void tlml_source_begin(struct tlml_source *s, __u32 fp, __u32 now)
{
	tlml_word *w = (tlml_word *)s;
	__u32 i;

	for (i = 0; i < sizeof(*s) / sizeof(*w); i++)
		w[i] = 0;
	s->fp = fp;
	s->window = now >> TLML_WINDOW_SHIFT;
	s->tokens = ~0u;
	s->tokens_tick = now;
}

/* A flow began: port is the responder's, peer any 32 bits that tell the other side apart. */
TLML_INLINE void tlml_source_flow(struct tlml_source *s, __u16 port, __u32 peer)
{
	s->flows = tlml_lesser(s->flows + 1, 0xffff);
	s->open = tlml_lesser(s->open + 1, 0xffff);
	s->ports[0] |= tlml_bit(port);
	s->hosts[0] |= tlml_bit(peer);
	tlml_source_encode(s);
}

/* One of its flows was answered. */
TLML_INLINE void tlml_source_answer(struct tlml_source *s)
{
	if (!s->open)
		return;
	s->open--;
	s->code[1] = tlml_log2q(s->open) * 2;
}

/* 32 bits that tell the addresses of peers apart, also within an IPv6 /64. */
TLML_INLINE __u32 tlml_peer(const __u32 *addr, __u8 family)
{
	return family == 6 ? addr[0] ^ addr[1] * 0x85ebca6bu ^ addr[3] * 0xc2b2ae35u : addr[0];
}

/* What is known at a flow's first packet: x[0] to x[TLML_FIRST - 1]. src and dst are rolled. */
TLML_INLINE void tlml_feature_first(const struct tlml_flow *f, __u8 proto, __u32 service,
				    const struct tlml_source *src, const struct tlml_source *dst,
				    __u8 *x)
{
	__u32 fl = f->tcp_flags;

	x[TLML_F_proto] = proto == 6 ? 120 : proto == 17 ? 64 : proto == 1 || proto == 58 ? 32 : 0;
	x[TLML_F_service] = service << 3;
	x[TLML_F_flags] = (fl & TLML_TCP_RST) << 4 | (fl & TLML_TCP_FIN) << 5 |
			  (fl & TLML_TCP_PSH) << 1 | (fl & TLML_TCP_SYN) << 2 |
			  (fl & TLML_TCP_ACK) >> 2;
	x[TLML_F_src_flows] = src->code[0];
	x[TLML_F_src_open] = src->code[1];
	x[TLML_F_src_ports] = src->code[2];
	x[TLML_F_src_hosts] = src->code[3];
	x[TLML_F_dst_flows] = dst->code[0];
	x[TLML_F_dst_open] = dst->code[1];
	x[TLML_F_dst_sources] = dst->code[3];
	x[TLML_F_size1] = f->seq[0];
}

/* The rest of the vector, after tlml_feature_first(). */
TLML_INLINE void tlml_feature_rest(const struct tlml_flow *f, __u32 service, __u8 *x)
{
	__u32 e = tlml_log2(f->pkts), i;

	for (i = 1; i < TLML_SEQ; i++)
		x[TLML_F_size1 + i] = f->seq[i];
	x[TLML_F_gap2] = f->gap[0];
	x[TLML_F_gap3] = f->gap[1];
	x[TLML_F_gap4] = f->gap[2];
	x[TLML_F_gap_max] = f->gap_max;
	x[TLML_F_gap_mean] = tlml_log2q(((f->last - f->first) >> e) + 1);
	x[TLML_F_bytes_fwd] = tlml_log2q(f->bytes[0]);
	x[TLML_F_bytes_bwd] = tlml_log2q(f->bytes[1]);
	x[TLML_F_answers] = tlml_lesser(f->answers << 1, TLML_ACT_MAX);
	x[TLML_F_pkts] = tlml_lesser(e * 12, TLML_ACT_MAX);
	x[TLML_F_size_max] = f->size_max * 2;
	for (i = 0; i < 4; i++)
		x[TLML_F_service0 + i] = (service >> i & 1) << 6;
}

#endif
