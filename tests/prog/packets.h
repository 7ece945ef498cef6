/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames made of layers: an array such as { IP4(1, 2), UDP(1024, 53), DATA(30), END } becomes a
 * frame whose types, protocols, lengths and IPv4 checksums fit. All addresses are of
 * documentation prefixes and named by a number: 0..767 for IPv4, 0..65535 for IPv6.
 */
#ifndef TLML_TEST_PACKETS_H
#define TLML_TEST_PACKETS_H

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

#define FRAME_MAX	9216
#define LAYERS_MAX	16

enum layer_kind {
	LAYER_END, LAYER_ETH, LAYER_TAG, LAYER_TYPE, LAYER_PROTO, LAYER_IP4, LAYER_IP6, LAYER_EXT,
	LAYER_AH, LAYER_FRAG6, LAYER_TCP, LAYER_UDP, LAYER_PORTS, LAYER_ICMP, LAYER_GRE,
	LAYER_VXLAN, LAYER_GTPU, LAYER_DATA, LAYER_POKE,
};

struct layer {
	enum layer_kind kind;
	unsigned int a, b, c, d;
};

#define END			{ LAYER_END }
#define ETH			{ LAYER_ETH }			/* of a VXLAN; the first is there */
#define TAG(tpid, id)		{ LAYER_TAG, tpid, id }
#define TYPE(ethertype)		{ LAYER_TYPE, ethertype }	/* DATA() follows */
#define PROTO(number)		{ LAYER_PROTO, number }		/* DATA() follows */
#define IP4(src, dst)		{ LAYER_IP4, src, dst }
#define IP4_OPTIONS(src, dst, words)	{ LAYER_IP4, src, dst, words }
#define IP4_FRAGMENT(src, dst, word)	{ LAYER_IP4, src, dst, 0, word }
#define IP6(src, dst)		{ LAYER_IP6, src, dst }
#define EXT(type, units)	{ LAYER_EXT, type, units }	/* 8 * (units + 1) bytes */
#define AH(words)		{ LAYER_AH, words }		/* 4 * (words + 2) bytes */
#define FRAG6(offset, more)	{ LAYER_FRAG6, offset, more }	/* offset in 8 bytes */
#define TCP(sport, dport, flags)	{ LAYER_TCP, sport, dport, flags }
#define UDP(sport, dport)	{ LAYER_UDP, sport, dport }
#define SCTP(sport, dport)	{ LAYER_PORTS, 132, sport, dport, 12 }
#define UDPLITE(sport, dport)	{ LAYER_PORTS, 136, sport, dport, 8 }
#define ICMP(type)		{ LAYER_ICMP, 1, type }
#define ICMP6(type)		{ LAYER_ICMP, 58, type }
#define GRE(flags, version)	{ LAYER_GRE, flags, version }	/* 0x80 sum, 0x20 key, 0x10 seq */
#define VXLAN(flags)		{ LAYER_VXLAN, flags }
#define GTPU(flags, type, ext)	{ LAYER_GTPU, flags, type, ext }	/* ext: bytes / 4 of one */
#define DATA(bytes)		{ LAYER_DATA, bytes }
#define POKE(at, byte)		{ LAYER_POKE, at, byte }	/* comes last */

struct frame {
	uint8_t data[FRAME_MAX];
	unsigned int len;
	unsigned int next;		/* offset of the field that says what follows, 0 none */
	unsigned int next_size;		/* 2 an Ethertype, 1 an IP protocol */
};

static inline void frame_put16(struct frame *f, unsigned int at, unsigned int v)
{
	f->data[at] = v >> 8;
	f->data[at + 1] = v;
}

/* A new header of size bytes, announced in the header before it; all zero but for that. */
static inline uint8_t *frame_push(struct frame *f, unsigned int size, unsigned int ethertype,
				  unsigned int proto)
{
	uint8_t *p = f->data + f->len;

	if (f->next && f->next_size == 2)
		frame_put16(f, f->next, ethertype);
	else if (f->next)
		f->data[f->next] = proto;
	f->next = 0;
	memset(p, 0, size);
	f->len += size;
	return p;
}

static inline void frame_expect(struct frame *f, const uint8_t *field, unsigned int size)
{
	f->next = field - f->data;
	f->next_size = size;
}

/* Host n, network order. */
static inline uint32_t packet_ip4(unsigned int n)
{
	static const uint32_t nets[] = { 0xc0000200, 0xc6336400, 0xcb007100 };

	return htonl(nets[n / 256 % 3] | n % 256);
}

/* Host n: four to a /64 of 2001:db8::/32. */
static inline void packet_ip6(unsigned int n, uint32_t *addr)
{
	addr[0] = htonl(0x20010db8);
	addr[1] = htonl(n / 4);
	addr[2] = 0;
	addr[3] = htonl(n % 4 + 1);
}

static inline void frame_ip4(struct frame *f, const struct layer *l)
{
	uint8_t *p = frame_push(f, 20 + l->c * 4, 0x0800, 4);
	uint32_t src = packet_ip4(l->a), dst = packet_ip4(l->b);

	p[0] = 0x45 + l->c;
	frame_put16(f, p - f->data + 6, l->d);
	p[8] = 64;
	memcpy(p + 12, &src, 4);
	memcpy(p + 16, &dst, 4);
	memset(p + 20, 1, l->c * 4);	/* no-operation */
	frame_expect(f, p + 9, 1);
}

static inline void frame_ip6(struct frame *f, const struct layer *l)
{
	uint8_t *p = frame_push(f, 40, 0x86dd, 41);
	uint32_t addr[4];

	p[0] = 0x60;
	p[7] = 64;
	packet_ip6(l->a, addr);
	memcpy(p + 8, addr, 16);
	packet_ip6(l->b, addr);
	memcpy(p + 24, addr, 16);
	frame_expect(f, p + 6, 1);
}

static inline void frame_tunnel(struct frame *f, const struct layer *l)
{
	unsigned int fields = !!(l->a & 0x80) + !!(l->a & 0x20) + !!(l->a & 0x10);
	uint8_t *p;

	switch (l->kind) {
	case LAYER_GRE:
		p = frame_push(f, 4 + 4 * fields, 0, 47);
		p[0] = l->a;
		p[1] = l->b;
		frame_expect(f, p + 2, 2);
		break;
	case LAYER_VXLAN:
		p = frame_push(f, 8, 0, 0);
		p[0] = l->a;
		p[6] = 42;
		break;
	case LAYER_GTPU:
		p = frame_push(f, 8 + (l->a & 7 ? 4 : 0) + l->c * 4, 0, 0);
		p[0] = l->a;
		p[1] = l->b;
		if (l->c) {
			p[11] = 0x85;	/* PDU session container */
			p[12] = l->c;
		}
		break;
	default:
		break;
	}
}

static inline void frame_transport(struct frame *f, const struct layer *l)
{
	uint8_t *p;

	switch (l->kind) {
	case LAYER_TCP:
		p = frame_push(f, 20, 0, 6);
		frame_put16(f, p - f->data, l->a);
		frame_put16(f, p - f->data + 2, l->b);
		p[12] = 0x50;
		p[13] = l->c;
		break;
	case LAYER_UDP:
		p = frame_push(f, 8, 0, 17);
		frame_put16(f, p - f->data, l->a);
		frame_put16(f, p - f->data + 2, l->b);
		break;
	case LAYER_PORTS:
		p = frame_push(f, l->d, 0, l->a);
		frame_put16(f, p - f->data, l->b);
		frame_put16(f, p - f->data + 2, l->c);
		break;
	case LAYER_ICMP:
		p = frame_push(f, 8, 0, l->a);
		p[0] = l->b;
		break;
	default:
		break;
	}
}

static inline void frame_push_layer(struct frame *f, const struct layer *l)
{
	uint8_t *p;

	switch (l->kind) {
	case LAYER_ETH:
		p = frame_push(f, 14, 0, 0);
		memcpy(p, "\2\0\0\0\0\1\2\0\0\0\0\2", 12);
		frame_expect(f, p + 12, 2);
		break;
	case LAYER_TAG:
		p = frame_push(f, 4, l->a, 0);
		frame_put16(f, p - f->data, 0xa000 | l->b);	/* with a priority */
		frame_expect(f, p + 2, 2);
		break;
	case LAYER_TYPE: case LAYER_PROTO:
		frame_push(f, 0, l->a, l->a);
		break;
	case LAYER_IP4:
		frame_ip4(f, l);
		break;
	case LAYER_IP6:
		frame_ip6(f, l);
		break;
	case LAYER_EXT:
		p = frame_push(f, 8 + l->b * 8, 0, l->a);
		p[1] = l->b;
		frame_expect(f, p, 1);
		break;
	case LAYER_AH:
		p = frame_push(f, 8 + l->a * 4, 0, 51);
		p[1] = l->a;
		frame_expect(f, p, 1);
		break;
	case LAYER_FRAG6:
		p = frame_push(f, 8, 0, 44);
		frame_put16(f, p - f->data + 2, l->a << 3 | l->b);
		frame_expect(f, p, 1);
		break;
	case LAYER_GRE: case LAYER_VXLAN: case LAYER_GTPU:
		frame_tunnel(f, l);
		break;
	case LAYER_DATA:
		p = frame_push(f, l->a, 0, 59);
		for (unsigned int i = 0; i < l->a; i++)
			p[i] = 0x11 * (i % 16);
		break;
	default:
		frame_transport(f, l);
	}
}

/* Lengths and checksum of the header that layer l made at offset at, now that all is there. */
static inline void frame_seal(struct frame *f, const struct layer *l, unsigned int at)
{
	unsigned int len = f->len - at;
	uint32_t sum = 0;

	switch (l->kind) {
	case LAYER_IP4:
		frame_put16(f, at + 2, len);
		for (unsigned int i = 0; i < 20 + l->c * 4; i += 2)
			sum += f->data[at + i] << 8 | f->data[at + i + 1];
		sum = (sum & 0xffff) + (sum >> 16);
		frame_put16(f, at + 10, ~(sum + (sum >> 16)));
		break;
	case LAYER_IP6:
		frame_put16(f, at + 4, len - 40);
		break;
	case LAYER_UDP:
		frame_put16(f, at + 4, len);
		break;
	case LAYER_GTPU:
		frame_put16(f, at + 2, len - 8);
		break;
	case LAYER_POKE:
		f->data[l->a] = l->b;
		break;
	default:
		break;
	}
}

/* Builds the frame of layers up to END. */
static inline void frame_build(struct frame *f, const struct layer *layers)
{
	const struct layer eth = ETH;
	unsigned int at[LAYERS_MAX], n;

	f->len = f->next = 0;
	frame_push_layer(f, &eth);
	for (n = 0; layers[n].kind != LAYER_END; n++) {
		at[n] = f->len;
		if (layers[n].kind != LAYER_POKE)
			frame_push_layer(f, &layers[n]);
	}
	for (unsigned int i = 0; i < n; i++)
		frame_seal(f, &layers[i], at[i]);
}

#define FRAME(f, ...)	frame_build(f, (const struct layer[]){ __VA_ARGS__, END })

#endif
