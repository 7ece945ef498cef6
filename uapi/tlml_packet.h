/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR BSD-2-Clause */
/*
 * tlml_packet_parse(): Ethernet frame to addresses, ports, length and flags. Pure, bounded, and
 * the same code in BPF and in user space, so that a capture and the wire are read alike.
 */
#ifndef _UAPI_TLML_PACKET_H
#define _UAPI_TLML_PACKET_H

#include "tlml.h"

/* Why a packet is not classified; it passes in every mode. 0 is a packet to classify. */
enum tlml_parse {
	TLML_PARSE_OK,
	TLML_PARSE_NOT_IP,	/* ARP, LLDP, PPPoE ... */
	TLML_PARSE_SHORT,	/* a header runs over the end of the frame */
	TLML_PARSE_BAD,		/* a header contradicts itself */
	TLML_PARSE_CONTROL,	/* ND, DHCP, routing protocols: never to be touched */
};

#define TLML_PKT_FRAGMENT	0x01	/* of a fragmented datagram: ports are 0, never guessed */
#define TLML_PKT_TUNNEL		0x02	/* addresses and ports are those of the inner header */

#define TLML_TCP_FIN		0x01
#define TLML_TCP_SYN		0x02
#define TLML_TCP_RST		0x04
#define TLML_TCP_PSH		0x08
#define TLML_TCP_ACK		0x10

struct tlml_packet {
	__u32 saddr[4];		/* network order; IPv4 in [0], the rest 0 */
	__u32 daddr[4];
	__u16 sport;		/* host order; 0 where the protocol has none */
	__u16 dport;
	__u16 vlan;		/* VLAN id of the outermost tag, 0 if untagged */
	__u16 len;		/* bytes from the IP header on, as the header says */
	__u16 seg_len;		/* bytes of each of the wire packets that this one stands for */
	__u16 segs;		/* how many; 1 but for segmentation offload */
	__u16 l3;		/* offset of the outer IP header in the frame */
	__u8  family;		/* 4 or 6, of the addresses above */
	__u8  proto;		/* transport protocol after extension headers */
	__u8  tcp_flags;
	__u8  flags;		/* TLML_PKT_ */
	__u8  outer_family;	/* 4 or 6, of the header at l3 */
	__u16 at;		/* while parsing: offset of the header to be read next */
	__u16 ip;		/* offset of the IP header that has the addresses above */
	__u16 payload;		/* offset of what follows the transport header; 0: not known */
};

/* Position in a frame [data, end). */
struct tlml_cursor {
	void *data;
	void *end;
	void *pos;
};

struct tlml_ethhdr {
	__u8  dst[6], src[6];
	__u16 proto;
} __attribute__((packed));

struct tlml_vlanhdr {
	__u16 tci, proto;
} __attribute__((packed));

struct tlml_ip4hdr {
	__u8  vihl, tos;
	__u16 len, id, frag;
	__u8  ttl, proto;
	__u16 csum;
	__u32 saddr, daddr;
} __attribute__((packed));

struct tlml_ip6hdr {
	__u32 flow;
	__u16 len;
	__u8  next, hops;
	__u32 saddr[4], daddr[4];
} __attribute__((packed));

struct tlml_tcphdr {
	__u16 sport, dport;
	__u32 seq, ack;
	__u8  off, flags;
	__u16 window, csum, urgent;
} __attribute__((packed));

struct tlml_udphdr {
	__u16 sport, dport, len, csum;
} __attribute__((packed));

TLML_INLINE __u16 tlml_ntohs(__u16 v)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return __builtin_bswap16(v);
#else
	return v;
#endif
}

/* Takes size bytes; NULL when the frame has fewer left. */
#define tlml_cursor_take(c, size)						\
({										\
	void *__p = (c)->pos;							\
	if (__p + (size) > (c)->end)						\
		__p = 0;							\
	else									\
		(c)->pos = __p + (size);					\
	__p;									\
})

/*
 * Between two headers. The position goes through memory, so that a verifier, which cannot know
 * what comes back, walks the next header once and not once per way that led to it.
 */
TLML_INLINE int tlml_cursor_settle(struct tlml_cursor *c, struct tlml_packet *p)
{
	__u64 at = c->pos - c->data;

	if (at > 0x1fff)			/* more headers than any honest frame has */
		return TLML_PARSE_BAD;
	p->at = at;
	tlml_forget();
	c->pos = c->data + (p->at & 0x1fff);
	return TLML_PARSE_OK;
}

TLML_INLINE int tlml_packet_ip4(struct tlml_cursor *c, struct tlml_packet *p)
{
	struct tlml_ip4hdr *ip = tlml_cursor_take(c, sizeof(*ip));
	__u32 ihl;

	if (!ip)
		return TLML_PARSE_SHORT;
	ihl = (ip->vihl & 15) * 4;
	p->len = tlml_ntohs(ip->len);
	/* Length 0 is a segment of more than 64 KiB that the hardware will cut. */
	if (ip->vihl >> 4 != 4 || ihl < sizeof(*ip) || (p->len && p->len < ihl))
		return TLML_PARSE_BAD;
	if (ihl > sizeof(*ip) && !tlml_cursor_take(c, ihl - sizeof(*ip)))
		return TLML_PARSE_SHORT;
	p->family = 4;
	p->proto = ip->proto;
	p->saddr[0] = ip->saddr;
	p->daddr[0] = ip->daddr;
	p->saddr[1] = p->saddr[2] = p->saddr[3] = 0;
	p->daddr[1] = p->daddr[2] = p->daddr[3] = 0;
	if (tlml_ntohs(ip->frag) & 0x3fff)	/* offset or more-fragments */
		p->flags |= TLML_PKT_FRAGMENT;
	return TLML_PARSE_OK;
}

TLML_INLINE int tlml_packet_ip6(struct tlml_cursor *c, struct tlml_packet *p)
{
	struct tlml_ip6hdr *ip = tlml_cursor_take(c, sizeof(*ip));
	__u32 len, i;

	if (!ip)
		return TLML_PARSE_SHORT;
	if ((*(__u8 *)ip) >> 4 != 6)
		return TLML_PARSE_BAD;
	len = tlml_ntohs(ip->len);
	p->len = len ? (len + sizeof(*ip) > 0xffff ? 0xffff : len + sizeof(*ip)) : 0;
	p->family = 6;
	p->proto = ip->next;
	for (i = 0; i < 4; i++) {
		p->saddr[i] = ip->saddr[i];
		p->daddr[i] = ip->daddr[i];
	}
	for (i = 0; i < 7; i++) {	/* six at most: RFC 8200 has each once, but options twice */
		__u8 *ext, proto;
		__u32 size;

		if (tlml_cursor_settle(c, p))
			return TLML_PARSE_BAD;
		proto = p->proto;
		if (proto != 0 && proto != 43 && proto != 44 && proto != 51 && proto != 60 &&
		    proto != 135)
			return TLML_PARSE_OK;
		ext = tlml_cursor_take(c, 8);
		if (!ext)
			return TLML_PARSE_SHORT;
		p->proto = ext[0];
		if (proto == 44) {
			if ((ext[2] << 8 | ext[3]) & 0xfff9)
				p->flags |= TLML_PKT_FRAGMENT;
			/* What follows a later fragment's header is data, not a header. */
			if ((ext[2] << 8 | ext[3]) & 0xfff8)
				return TLML_PARSE_OK;
			continue;
		}
		size = proto == 51 ? ext[1] * 4 : ext[1] * 8;
		if (size && !tlml_cursor_take(c, size))
			return TLML_PARSE_SHORT;
	}
	return TLML_PARSE_BAD;
}

TLML_INLINE int tlml_packet_ip(struct tlml_cursor *c, struct tlml_packet *p, __u16 ethertype)
{
	if (ethertype == 0x0800)
		return tlml_packet_ip4(c, p);
	if (ethertype == 0x86dd)
		return tlml_packet_ip6(c, p);
	return TLML_PARSE_NOT_IP;
}

/* Protocols that keep a network alive; a wrong verdict on one would cut it. */
TLML_INLINE int tlml_packet_is_control(const struct tlml_packet *p, __u8 icmp_type)
{
	__u16 lo = p->sport < p->dport ? p->sport : p->dport;

	switch (p->proto) {
	case 2: case 88: case 89: case 103: case 112:	/* IGMP, EIGRP, OSPF, PIM, VRRP */
		return 1;
	case 6:
		return p->sport == 179 || p->dport == 179;	/* BGP */
	case 17:
		return lo == 67 || lo == 68 || lo == 546 || lo == 547 ||	/* DHCP */
		       lo == 520 || lo == 521 ||				/* RIP */
		       p->dport == 3784 || p->dport == 3785 || p->dport == 4784; /* BFD */
	case 58:
		return (icmp_type >= 130 && icmp_type <= 137) || icmp_type == 143; /* MLD, ND */
	}
	return 0;
}

/* Ports, flags and ICMP type of the transport header, which begins at p->at. */
TLML_INLINE int tlml_packet_l4(struct tlml_cursor *c, struct tlml_packet *p)
{
	struct tlml_udphdr *udp;
	struct tlml_tcphdr *tcp;
	__u8 *icmp, type = 0;

	p->sport = p->dport = p->payload = 0;
	p->tcp_flags = 0;
	if (p->flags & TLML_PKT_FRAGMENT)	/* a long OSPF update comes in such */
		return tlml_packet_is_control(p, 0) ? TLML_PARSE_CONTROL : TLML_PARSE_OK;
	switch (p->proto) {
	case 6:
		tcp = tlml_cursor_take(c, sizeof(*tcp));
		if (!tcp)
			return TLML_PARSE_SHORT;
		if (tcp->off >> 4 < 5)
			return TLML_PARSE_BAD;
		p->sport = tlml_ntohs(tcp->sport);
		p->dport = tlml_ntohs(tcp->dport);
		p->tcp_flags = tcp->flags;
		p->payload = p->at + (tcp->off >> 4) * 4;
		break;
	case 17: case 132: case 136:		/* UDP, SCTP, UDP-Lite: ports come first */
		udp = tlml_cursor_take(c, sizeof(*udp));
		if (!udp)
			return TLML_PARSE_SHORT;
		p->sport = tlml_ntohs(udp->sport);
		p->dport = tlml_ntohs(udp->dport);
		p->payload = p->at + (p->proto == 132 ? 12 : sizeof(*udp));
		break;
	case 1: case 58:
		icmp = tlml_cursor_take(c, 4);
		if (!icmp)
			return TLML_PARSE_SHORT;
		type = icmp[0];
		p->payload = p->at + 8;
		break;
	}
	return tlml_packet_is_control(p, type) ? TLML_PARSE_CONTROL : TLML_PARSE_OK;
}

/* Ethertype of what a tunnel carries with the cursor moved onto it, or 0 if p is no tunnel. */
TLML_INLINE __u16 tlml_packet_tunnel(struct tlml_cursor *c, const struct tlml_packet *p)
{
	struct tlml_ethhdr *eth;
	__u8 *h;

	if (p->flags & TLML_PKT_FRAGMENT)
		return 0;
	if (p->proto == 4)
		return 0x0800;
	if (p->proto == 41)
		return 0x86dd;
	if (p->proto == 47) {			/* GRE, RFC 2784 and 2890 */
		h = tlml_cursor_take(c, 4);
		if (!h || (h[0] & 0x4f) || (h[1] & 7))
			return 0;
		if ((h[0] & 0x80) && !tlml_cursor_take(c, 4))
			return 0;
		if ((h[0] & 0x20) && !tlml_cursor_take(c, 4))
			return 0;
		if ((h[0] & 0x10) && !tlml_cursor_take(c, 4))
			return 0;
		return h[2] << 8 | h[3];
	}
	if (p->proto != 17)
		return 0;
	if (p->dport == 4789) {			/* VXLAN, RFC 7348 */
		h = tlml_cursor_take(c, 8);
		if (!h || h[0] != 8)
			return 0;
		eth = tlml_cursor_take(c, sizeof(*eth));
		return eth ? tlml_ntohs(eth->proto) : 0;
	}
	if (p->dport == 2152) {			/* GTP-U, TS 29.281 */
		h = tlml_cursor_take(c, 8);
		if (!h || (h[0] & 0xf0) != 0x30 || h[1] != 255)
			return 0;
		if (h[0] & 7) {			/* optional fields, then at most one extension */
			h = tlml_cursor_take(c, 4);
			if (!h)
				return 0;
			if (h[3]) {
				h = tlml_cursor_take(c, 4);
				if (!h || h[0] != 1 || h[3])
					return 0;
			}
		}
		h = c->pos;
		if ((void *)(h + 1) > c->end)
			return 0;
		return h[0] >> 4 == 4 ? 0x0800 : h[0] >> 4 == 6 ? 0x86dd : 0;
	}
	return 0;
}

/* Says that p stands for segments of seg_len bytes; inverse is 65536 / seg_len. */
TLML_INLINE void tlml_packet_segment(struct tlml_packet *p, __u16 seg_len, __u32 inverse)
{
	if (p->len <= seg_len || !seg_len)
		return;
	p->seg_len = seg_len;
	p->segs = ((p->len - 1) * inverse >> 16) + 1;
}

/*
 * Reads the frame [data, end) into p. frame_len is its length on the wire in bytes, used where
 * the IP header leaves its length open. Returns an enum tlml_parse; p is complete on
 * TLML_PARSE_OK only. Any context; reads nothing outside the frame.
 */
TLML_INLINE int tlml_packet_parse(void *data, void *end, __u32 frame_len, struct tlml_packet *p)
{
	struct tlml_cursor c = { .data = data, .end = end, .pos = data };
	struct tlml_ethhdr *eth = tlml_cursor_take(&c, sizeof(*eth));
	__u16 ethertype, len;
	int err, i;

	p->flags = 0;
	p->vlan = 0;
	if (!eth)
		return TLML_PARSE_SHORT;
	ethertype = tlml_ntohs(eth->proto);
	p->l3 = sizeof(*eth);
	for (i = 0; i < 2; i++) {		/* 802.1Q, or 802.1ad with a customer tag */
		struct tlml_vlanhdr *tag;

		if (ethertype != 0x8100 && ethertype != 0x88a8)
			break;
		tag = tlml_cursor_take(&c, sizeof(*tag));
		if (!tag)
			return TLML_PARSE_SHORT;
		ethertype = tlml_ntohs(tag->proto);
		if (!i)
			p->vlan = tlml_ntohs(tag->tci) & 0xfff;
		p->l3 += sizeof(*tag);
	}
	err = tlml_packet_ip(&c, p, ethertype);
	if (err || tlml_cursor_settle(&c, p))
		return err ? err : TLML_PARSE_BAD;
	if (!p->len)
		p->len = frame_len - p->l3 > 0xffff ? 0xffff : frame_len - p->l3;
	p->outer_family = p->family;
	p->ip = p->l3;
	p->seg_len = p->len;
	p->segs = 1;
	err = tlml_packet_l4(&c, p);
	if (err || tlml_cursor_settle(&c, p))
		return err ? err : TLML_PARSE_BAD;
	ethertype = tlml_packet_tunnel(&c, p);
	if (!ethertype)
		return TLML_PARSE_OK;
	if (tlml_cursor_settle(&c, p))
		return TLML_PARSE_BAD;
	len = p->len;
	p->ip = p->at;
	p->flags = TLML_PKT_TUNNEL;
	err = tlml_packet_ip(&c, p, ethertype);
	if (err || tlml_cursor_settle(&c, p))
		return err ? err : TLML_PARSE_BAD;
	if (!p->len)
		p->len = len;
	p->seg_len = p->len;
	if (tlml_cursor_settle(&c, p))
		return TLML_PARSE_BAD;
	return tlml_packet_l4(&c, p);
}

#endif
