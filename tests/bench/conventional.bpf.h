/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A classifier as it is usually written: LRU hash by 5-tuple, bpf_ktime_get_ns() per packet, and
 * int8 layers in loops on every packet. The peer that make bench compares with; IPv4 TCP only.
 */
#ifndef TLML_CONVENTIONAL_BPF_H
#define TLML_CONVENTIONAL_BPF_H

#include "../../bpf/compat.bpf.h"

#define N0	32
#define N1	32
#define N2	16
#define N3	4

const volatile __u32 conventional_infers = 0;

struct conventional_key {
	__u32 saddr, daddr;
	__u16 sport, dport;
	__u32 proto;
};

struct conventional_flow {
	__u64 first, last, gap_sum;
	__u32 pkts, bytes, gap_min, gap_max;
	__u16 len_min, len_max, flags[4];
	__u32 klass;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct conventional_key);
	__type(value, struct conventional_flow);
} conventional_flows SEC(".maps");

__s8 conventional_w1[N1][N0], conventional_w2[N2][N1], conventional_w3[N3][N2];
__s32 conventional_b1[N1], conventional_b2[N2], conventional_b3[N3];

static __always_inline __u8 conventional_relu(__s32 v)
{
	v >>= 6;
	return v < 0 ? 0 : v > 127 ? 127 : v;
}

static __noinline int conventional_net(struct conventional_flow *f)
{
	__u8 x[N0], y[N1], z[N2];
	__s32 best = -0x40000000;
	__u32 i, j, klass = 0;

	for (i = 0; i < N0; i++)
		x[i] = ((__u8 *)f)[i] & 127;
#pragma clang loop unroll(disable)
	for (j = 0; j < N1; j++) {
		__s32 acc = conventional_b1[j];
#pragma clang loop unroll(disable)
		for (i = 0; i < N0; i++)
			acc += conventional_w1[j][i] * x[i];
		y[j] = conventional_relu(acc);
	}
#pragma clang loop unroll(disable)
	for (j = 0; j < N2; j++) {
		__s32 acc = conventional_b2[j];
#pragma clang loop unroll(disable)
		for (i = 0; i < N1; i++)
			acc += conventional_w2[j][i] * y[i];
		z[j] = conventional_relu(acc);
	}
	for (j = 0; j < N3; j++) {
		__s32 acc = conventional_b3[j];

		for (i = 0; i < N2; i++)
			acc += conventional_w3[j][i] * z[i];
		if (acc > best) {
			best = acc;
			klass = j;
		}
	}
	return klass;
}

static __always_inline int conventional(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u8 *ip = data + 14, *tcp = data + 34;
	struct conventional_flow *f, fresh = {};
	struct conventional_key key = {};
	__u64 now = bpf_ktime_get_ns(), gap;
	__u16 len;

	if (data + 54 > end || *(__u16 *)(data + 12) != 8 || ip[0] != 0x45 || ip[9] != 6)
		return XDP_PASS;
	key.saddr = *(__u32 *)(ip + 12);
	key.daddr = *(__u32 *)(ip + 16);
	key.sport = *(__u16 *)tcp;
	key.dport = *(__u16 *)(tcp + 2);
	key.proto = ip[9];
	len = ip[2] << 8 | ip[3];
	f = bpf_map_lookup_elem(&conventional_flows, &key);
	if (!f) {
		fresh.first = fresh.last = now;
		fresh.len_min = 0xffff;
		fresh.gap_min = ~0u;
		bpf_map_update_elem(&conventional_flows, &key, &fresh, BPF_ANY);
		f = bpf_map_lookup_elem(&conventional_flows, &key);
		if (!f)
			return XDP_PASS;
	}
	gap = now - f->last;
	f->last = now;
	f->gap_sum += gap;
	if (gap < f->gap_min)
		f->gap_min = gap;
	if (gap > f->gap_max)
		f->gap_max = gap;
	f->pkts++;
	f->bytes += len;
	if (len < f->len_min)
		f->len_min = len;
	if (len > f->len_max)
		f->len_max = len;
	f->flags[0] += tcp[13] & 1;
	f->flags[1] += tcp[13] >> 1 & 1;
	f->flags[2] += tcp[13] >> 2 & 1;
	f->flags[3] += tcp[13] >> 3 & 1;
	if (conventional_infers)
		f->klass = conventional_net(f);
	return XDP_PASS;
}

#endif
