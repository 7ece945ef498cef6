// SPDX-License-Identifier: GPL-2.0
/*
 * The data path with a judge behind it: every packet finds the same flow, so that what each layer
 * of the net makes of it depends on the weights alone, and is known of each generation.
 */
#include "../../bpf/tlml.bpf.c"

#define SWAP_MODELS	4

/* What each packet finds in the tables, which have one bucket each. */
struct tlml_flow_bucket swap_flow;
struct tlml_source_bucket swap_source;

__u64 swap_expected[SWAP_MODELS];	/* swap_sum() of generations n modulo SWAP_MODELS */
__u64 swap_sum_last;
__u64 swap_inferences, swap_mixed;	/* mixed: of no single generation */

/* Everything that the layers left behind, each value in its place. */
static __always_inline __u64 swap_sum(const volatile struct tlml_decision *d)
{
	__u64 h = d->anomaly;
	__u32 i;

	for (i = 0; i < TLML_W2_GROUPS; i++)
		h = (h ^ d->hidden1[i]) * 0x9e3779b97f4a7c15ull;
	for (i = 0; i < TLML_HIDDEN2_MAX; i++)
		h = (h ^ d->hidden2[i]) * 0x9e3779b97f4a7c15ull;
	for (i = 0; i < TLML_CLASSES_MAX; i++)
		h = (h ^ d->logit[i]) * 0x9e3779b97f4a7c15ull;
	return h ^ h >> 32;
}

SEC("xdp") int swap_xdp(struct xdp_md *ctx)
{
	struct tlml_source_bucket *sources;
	struct tlml_flow_bucket *flows;
	struct tlml_cpu *cpu;
	__u32 zero = 0;
	__u64 before;

	flows = bpf_map_lookup_elem(&tlml_flows_v1, &zero);
	sources = bpf_map_lookup_elem(&tlml_sources_v1, &zero);
	cpu = tlml_cpu_here();
	if (!flows || !sources || !cpu)
		return XDP_ABORTED;
	*flows = swap_flow;
	*sources = swap_source;
	before = cpu->stats.count[TLML_STAT_inferences];
	tlml_ingress(ctx, 1);
	tlml_forget();
	if (cpu->stats.count[TLML_STAT_inferences] == before)
		return XDP_ABORTED;
	swap_sum_last = swap_sum(&cpu->decision);
	swap_inferences++;
	if (swap_sum_last != swap_expected[cpu->decision.generation % SWAP_MODELS])
		swap_mixed++;
	return XDP_PASS;
}
