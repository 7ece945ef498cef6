// SPDX-License-Identifier: GPL-2.0
/* Calls of the module's kfuncs: those that work, and those that no verifier may let through. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

#include "../../uapi/tlml_kfunc.h"

extern int bpf_tlml_infer(const struct tlml_wide *w, __u32 w__sz, const __u8 *x, __u32 x__sz,
			  struct tlml_scores *out) __ksym;
extern int bpf_tlml_dense(const __s8 *w, __u32 w__sz, const __u8 *x, __u32 x__sz,
			  struct tlml_dense_call *d) __ksym;

/* What user space fills before a run, and reads after it. */
struct arena {
	struct tlml_wide wide;
	__s8 weights[TLML_DENSE_OUTPUTS_MAX * TLML_DENSE_INPUTS_MAX];
	__u8 x[TLML_DENSE_INPUTS_MAX];
	__u32 w_size, x_size;
	struct tlml_scores scores;
	struct tlml_dense_call call;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct arena);
} arena SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_RDONLY_PROG);
	__type(key, __u32);
	__type(value, struct tlml_wide);
} fixed SEC(".maps");

#define FAILED	-1000	/* none of the kfuncs' */

static __always_inline struct arena *arena_get(void)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&arena, &key);
}

static __always_inline int infer(void)
{
	struct arena *a = arena_get();
	__u32 size;

	if (!a)
		return FAILED;
	size = a->x_size;
	if (size > sizeof(a->x))
		return FAILED;
	return bpf_tlml_infer(&a->wide, sizeof(a->wide), a->x, size, &a->scores);
}

static __always_inline int dense(void)
{
	struct arena *a = arena_get();
	__u32 w_size, x_size;

	if (!a)
		return FAILED;
	w_size = a->w_size;
	x_size = a->x_size;
	if (w_size > sizeof(a->weights) || x_size > sizeof(a->x))
		return FAILED;
	return bpf_tlml_dense(a->weights, w_size, a->x, x_size, &a->call);
}

SEC("xdp") int infer_xdp(struct xdp_md *ctx) { return infer(); }
SEC("tc") int infer_tc(struct __sk_buff *skb) { return infer(); }
SEC("xdp") int dense_xdp(struct xdp_md *ctx) { return dense(); }
SEC("tc") int dense_tc(struct __sk_buff *skb) { return dense(); }

/* Weights shorter than the net, as the verifier knows the size but not what it should be. */
SEC("xdp") int infer_short(struct xdp_md *ctx)
{
	struct arena *a = arena_get();

	return a ? bpf_tlml_infer(&a->wide, 64, a->x, 32, &a->scores) : FAILED;
}

/* A pointer that may be NULL: 6.1 lets it through, and then it is the kfunc that refuses. */
SEC("?xdp") int infer_null(struct xdp_md *ctx)
{
	__u32 key = 1;
	struct arena *a = arena_get(), *none = bpf_map_lookup_elem(&arena, &key);

	return a ? bpf_tlml_infer((void *)none, sizeof(none->wide), a->x, 32, &a->scores) : FAILED;
}

SEC("?xdp") int bad_size(struct xdp_md *ctx)
{
	struct arena *a = arena_get();

	return a ? bpf_tlml_dense(a->weights, sizeof(*a) + 1, a->x, 32, &a->call) : FAILED;
}

SEC("?xdp") int bad_unbounded(struct xdp_md *ctx)
{
	struct arena *a = arena_get();

	return a ? bpf_tlml_dense(a->weights, a->w_size, a->x, a->x_size, &a->call) : FAILED;
}

SEC("?xdp") int bad_packet(struct xdp_md *ctx)
{
	struct arena *a = arena_get();
	void *data = (void *)(long)ctx->data;

	return a ? bpf_tlml_dense(a->weights, 32, data, 32, &a->call) : FAILED;
}

SEC("?xdp") int bad_read_only(struct xdp_md *ctx)
{
	struct arena *a = arena_get();
	__u32 key = 0;
	struct tlml_wide *w = bpf_map_lookup_elem(&fixed, &key);

	return a && w ? bpf_tlml_infer(w, sizeof(*w), a->x, 32, &a->scores) : FAILED;
}

SEC("?xdp") int bad_out(struct xdp_md *ctx)
{
	struct arena *a = arena_get();
	__u32 small = 0;

	return a ? bpf_tlml_infer(&a->wide, sizeof(a->wide), a->x, 32, (void *)&small) : FAILED;
}

SEC("?socket") int bad_type(struct __sk_buff *skb)
{
	return infer();
}

char LICENSE[] SEC("license") = "GPL";
