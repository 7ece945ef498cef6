// SPDX-License-Identifier: GPL-2.0
/* The data path's arithmetic alone: a frame of features in, logits and anomaly out. */
#include "../../bpf/infer.bpf.h"

char _license[] SEC("license") = "GPL";

static struct tlml_decision golden_decision;
__s32 golden_logit[TLML_CLASSES_MAX];
__u32 golden_anomaly;

static __always_inline int golden_run(struct xdp_md *ctx, int net)
{
	__u8 *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct tlml_decision *d = &golden_decision;
	__u32 slot = 0, i;
	struct tlml_weights *w = bpf_map_lookup_elem(&tlml_weights_v1, &slot);

	if (!w || data + TLML_FEATURES_MAX > end)
		return XDP_ABORTED;
	for (i = 0; i < TLML_FEATURES_MAX; i++)
		d->x[i] = data[i];
	if (net)
		d->anomaly = tlml_infer(w, d);
	else
		tlml_infer_first(w, d->x, d->logit);
	for (i = 0; i < TLML_CLASSES_MAX; i++)
		golden_logit[i] = d->logit[i];
	golden_anomaly = d->anomaly;
	return XDP_PASS;
}

SEC("xdp") int golden_net(struct xdp_md *ctx)
{
	return golden_run(ctx, 1);
}

SEC("xdp") int golden_first(struct xdp_md *ctx)
{
	return golden_run(ctx, 0);
}
