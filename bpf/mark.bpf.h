/* SPDX-License-Identifier: GPL-2.0 */
/* TLML_ACTION_MARK: the packet's mark, and its DSCP with the IPv4 checksum kept right. */
#ifndef TLML_MARK_BPF_H
#define TLML_MARK_BPF_H

#include <bpf/bpf_endian.h>

#include "maps.bpf.h"

/* XDP cannot set skb->mark; it leaves this before the frame and tlml_tc_ingress reads it. */
struct tlml_meta {
	__u32 magic;
	__u32 mark;
};

#define TLML_META_MAGIC	0x6d6c6c74

/* Writes a DSCP (1 + code point) into the outer IP header at data + l3. */
static __always_inline void tlml_mark_dscp(void *data, void *end, const struct tlml_packet *p,
					   __u32 dscp)
{
	__u32 tos = ((dscp - 1) & 63) << 2, l3 = p->l3 & 31;

	if (p->outer_family == 4) {
		struct tlml_ip4hdr *ip = data + l3;
		__u16 old, new;
		__u32 sum;

		if ((void *)(ip + 1) > end)
			return;
		old = ip->vihl << 8 | ip->tos;
		ip->tos = tos | (ip->tos & 3);
		new = ip->vihl << 8 | ip->tos;
		/* RFC 1624, equation 3 */
		sum = (__u16)~bpf_ntohs(ip->csum) + (__u16)~old + new;
		sum = (sum & 0xffff) + (sum >> 16);
		sum = (sum & 0xffff) + (sum >> 16);
		ip->csum = bpf_htons((__u16)~sum);
	} else {
		__u8 *ip = data + l3;

		if (ip + 2 > (__u8 *)end)
			return;
		ip[0] = 0x60 | tos >> 4;
		ip[1] = (tos << 4 & 0xc0) | (ip[1] & 0x3f);	/* ECN and flow label stay */
	}
}

#endif
