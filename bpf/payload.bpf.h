/* SPDX-License-Identifier: GPL-2.0 */
/* The first payload bytes of packets of hard flows, where the operator asks for them. */
#ifndef TLML_PAYLOAD_BPF_H
#define TLML_PAYLOAD_BPF_H

#include "ring.bpf.h"

/*
 * A record for the payload of the packet at hand, of a frame of so many bytes, that was just told
 * of; NULL if it has none, or the ring is full. What is behind the IP packet is padding.
 */
static __always_inline struct tlml_payload *
tlml_payload_reserve(const struct tlml_ctl *ctl, struct tlml_cpu *cpu, __u32 frame_len)
{
	const struct tlml_packet *p = &cpu->packet;
	struct tlml_payload *r;
	__s64 len;

	len = tlml_lesser(p->ip + p->len, frame_len) - p->payload;
	len = tlml_lesser(tlml_lesser(len, ctl->payload), TLML_PAYLOAD_MAX);
	if (!p->payload || len <= 0)
		return NULL;
	r = tlml_ring_reserve(&cpu->stats, struct tlml_payload);
	if (!r)
		return NULL;
	r->bucket = cpu->decision.bucket;
	r->fp = cpu->decision.fp;
	r->nth = cpu->decision.nth;
	r->len = len;
	__builtin_memset(r->data, 0, sizeof(r->data));
	return r;
}

static __always_inline void tlml_payload_submit(struct tlml_ctl *ctl, struct tlml_cpu *cpu,
						struct tlml_payload *r, long err)
{
	if (err) {
		bpf_ringbuf_discard(r, BPF_RB_NO_WAKEUP);
		return;
	}
	tlml_count(&cpu->stats, payloads);
	tlml_ring_submit(ctl, cpu, r);
}

/* Both hooks load the bytes wherever they are, also from behind the linear part. */
__noinline int tlml_payload_xdp(struct xdp_md *ctx, struct tlml_ctl *ctl, struct tlml_cpu *cpu)
{
	struct tlml_payload *r;

	if (!ctl || !cpu)
		return 0;
	r = tlml_payload_reserve(ctl, cpu, bpf_xdp_get_buff_len(ctx));
	if (r)
		tlml_payload_submit(ctl, cpu, r, bpf_xdp_load_bytes(ctx, cpu->packet.payload,
					r->data, ((r->len - 1) & (TLML_PAYLOAD_MAX - 1)) + 1));
	return 0;
}

__noinline int tlml_payload_tc(struct __sk_buff *skb, struct tlml_ctl *ctl, struct tlml_cpu *cpu)
{
	struct tlml_payload *r;

	if (!ctl || !cpu)
		return 0;
	r = tlml_payload_reserve(ctl, cpu, skb->len);
	if (r)
		tlml_payload_submit(ctl, cpu, r, bpf_skb_load_bytes(skb, cpu->packet.payload,
					r->data, ((r->len - 1) & (TLML_PAYLOAD_MAX - 1)) + 1));
	return 0;
}

#endif
