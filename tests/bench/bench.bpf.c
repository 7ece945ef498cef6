// SPDX-License-Identifier: GPL-2.0
/*
 * The data path behind a generator of flows: each run rewrites addresses and ports of the test
 * frame, then runs the program to be measured. The empty program runs the same generator.
 */
#include "../../bpf/tlml.bpf.c"

#include "conventional.bpf.h"

#define ACTIVE	4096		/* flows that take turns in the mix */

/* How runs become flows. */
const volatile __u32 bench_flows = 1024;	/* power of two; 0: every run a new flow */
const volatile __u32 bench_mix = 0;		/* 1: flows of the lengths in bench_lengths, one
						 * packet a tick: in real time a second would
						 * bring more flows than any table has lines */

/* Quantiles of packets per flow, filled in by bench.c. */
__u16 bench_lengths[64];
static struct {
	__u32 id, left;
} bench_active[ACTIVE];
static __u32 bench_runs;
static __u32 bench_ids;

static __always_inline __u32 bench_next(void)
{
	__u32 n = bench_runs++, slot, h = n * 0x9e3779b1u;

	if (!bench_mix)
		return bench_flows ? (h >> 4) & (bench_flows - 1) : n;
	slot = (h >> 16) & (ACTIVE - 1);
	if (!bench_active[slot].left) {
		bench_active[slot].id = bench_ids++;
		/* Not by h, whose bits tell when the slot's turn is. */
		bench_active[slot].left = bench_lengths[bench_ids * 0x9e3779b1u >> 26];
	}
	bench_active[slot].left--;
	return bench_active[slot].id;
}

/* Ethernet, IPv4 without options, TCP: source address and port of the flow to be. */
static __always_inline void bench_rewrite(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u32 id = bench_next(), *saddr = data + 26, zero = 0;
	__u16 *sport = data + 34;
	struct tlml_ctl *ctl;

	if (bench_mix) {
		ctl = bpf_map_lookup_elem(&tlml_ctl_v1, &zero);
		if (ctl)
			ctl->clock++;
	}
	if (data + 54 > end)
		return;
	*saddr = 0x0a000000 | (id * 0x85ebca6bu >> 8);
	*sport = id;
}

SEC("xdp") int bench_empty(struct xdp_md *ctx)
{
	bench_rewrite(ctx);
	return XDP_PASS;
}

SEC("xdp") int bench_tlml(struct xdp_md *ctx)
{
	bench_rewrite(ctx);
	return tlml_ingress(ctx, 1);
}

SEC("xdp") int bench_conventional(struct xdp_md *ctx)
{
	bench_rewrite(ctx);
	return conventional(ctx);
}
