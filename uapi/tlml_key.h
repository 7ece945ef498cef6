/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR BSD-2-Clause */
/*
 * Secret-seeded hashes of a flow and of an address prefix. Who does not know the seed cannot
 * choose packets that share a bucket: the inner sum is NH (Black et al., UMAC, CRYPTO'99), for
 * which any two keys collide with probability 2^-32 over the seed.
 */
#ifndef _UAPI_TLML_KEY_H
#define _UAPI_TLML_KEY_H

#include "tlml_packet.h"

struct tlml_seed {
	__u64 mul;		/* odd */
	__u32 k[10];
};

/* Where a flow or a prefix lives: bucket by the low half, fingerprint the high half. */
struct tlml_slot {
	__u32 bucket;		/* to be masked with the table's size */
	__u32 fp;		/* never 0, which marks an empty line */
};

TLML_INLINE __u64 tlml_nh(__u32 a, __u32 ka, __u32 b, __u32 kb)
{
	return (__u64)(__u32)(a + ka) * (__u32)(b + kb);
}

TLML_INLINE struct tlml_slot tlml_slot_of(__u64 h, __u64 mul)
{
	struct tlml_slot s;

	h ^= h >> 32;
	h *= mul;
	h ^= h >> 29;
	s.bucket = (__u32)h;
	s.fp = (__u32)(h >> 32);
	s.fp += !s.fp;
	return s;
}

/* 1 if the sender is the lower endpoint in the arbitrary order that makes keys symmetric. */
TLML_INLINE int tlml_key_from_lo(const struct tlml_packet *p)
{
	__u32 i;

	for (i = 0; i < 4; i++)
		if (p->saddr[i] != p->daddr[i])
			return p->saddr[i] < p->daddr[i];
	return p->sport <= p->dport;
}

/* Slot of the flow of p, the same for both directions. from_lo as of tlml_key_from_lo(). */
TLML_INLINE struct tlml_slot tlml_key_flow(const struct tlml_packet *p, int from_lo,
					   const struct tlml_seed *seed)
{
	const __u32 *lo = from_lo ? p->saddr : p->daddr;
	const __u32 *hi = from_lo ? p->daddr : p->saddr;
	__u32 ports = from_lo ? (__u32)p->sport << 16 | p->dport : (__u32)p->dport << 16 | p->sport;
	__u32 rest = (__u32)p->vlan << 16 | (__u32)(p->flags & TLML_PKT_TUNNEL) << 8 | p->proto;
	__u64 h;

	h = tlml_nh(lo[0], seed->k[0], hi[0], seed->k[1]) +
	    tlml_nh(ports, seed->k[2], rest, seed->k[3]);
	if (p->family == 6)
		h += tlml_nh(lo[1], seed->k[4], hi[1], seed->k[5]) +
		     tlml_nh(lo[2], seed->k[6], hi[2], seed->k[7]) +
		     tlml_nh(lo[3], seed->k[8], hi[3], seed->k[9]);
	return tlml_slot_of(h, seed->mul);
}

enum tlml_role { TLML_ROLE_SOURCE, TLML_ROLE_DEST };

/* Slot of the prefix of addr (an IPv4 host, an IPv6 /64) in a role. */
TLML_INLINE struct tlml_slot tlml_key_prefix(const __u32 *addr, __u8 family, enum tlml_role role,
					     const struct tlml_seed *seed)
{
	__u64 h = tlml_nh(addr[0], seed->k[4], family == 6 ? addr[1] : 0, seed->k[5]) +
		  tlml_nh((__u32)role << 8 | family, seed->k[6], 0, seed->k[7]);

	return tlml_slot_of(h, seed->mul);
}

#endif
