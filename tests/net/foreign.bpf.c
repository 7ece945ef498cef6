// SPDX-License-Identifier: GPL-2.0
/* Somebody else's XDP program: passes everything, and counts what it saw. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char _license[] SEC("license") = "GPL";

__u64 foreign_seen;

SEC("xdp.frags") int foreign_pass(struct xdp_md *ctx)
{
	__sync_fetch_and_add(&foreign_seen, 1);
	return XDP_PASS;
}
