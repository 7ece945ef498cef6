/* SPDX-License-Identifier: GPL-2.0 */
/* Features to logits, and to how strange the model finds them. */
#ifndef TLML_INFER_BPF_H
#define TLML_INFER_BPF_H

#include "dense.bpf.h"
#include "stats.bpf.h"
#include "wide.bpf.h"

static __always_inline void tlml_unpack(__u64 a, __s32 *logit)
{
	logit[0] = (__s32)(a & 0xffff) - TLML_ACC_LIMIT;
	logit[1] = (__s32)(a >> 16 & 0xffff) - TLML_ACC_LIMIT;
	logit[2] = (__s32)(a >> 32 & 0xffff) - TLML_ACC_LIMIT;
	logit[3] = (__s32)(a >> 48) - TLML_ACC_LIMIT;
}

/* Additive head: x[TLML_FIRST] to logit[16]. */
static __always_inline void tlml_infer_first(struct tlml_weights *w, const __u8 *x, __s32 *logit)
{
	__u64 a0 = w->additive_bias[0], a1 = w->additive_bias[1];
	__u64 a2 = w->additive_bias[2], a3 = w->additive_bias[3];
	__u32 i;

	for (i = 0; i < TLML_FIRST; i++) {
		const __u64 *p = w->additive[i][x[i] >> 3 & (TLML_BINS - 1)];

		a0 += p[0];
		a1 += p[1];
		a2 += p[2];
		a3 += p[3];
	}
	tlml_unpack(a0, logit);
	tlml_unpack(a1, logit + 4);
	tlml_unpack(a2, logit + 8);
	tlml_unpack(a3, logit + 12);
}

/* Mean absolute difference of x[32] and its reconstruction from y, 0..127. */
static __always_inline __u32 tlml_infer_anomaly(struct tlml_weights *w, const volatile __u8 *x,
						const volatile __u32 *y, __u32 wide)
{
	__u64 *p = &w->w4[0][0], sum = 0, mask = w->decode_mask;
	__u32 shift = w->decode_shift, g;

	for (g = 0; g < TLML_W4_GROUPS; g++) {
		__u64 z = tlml_relu4(tlml_dense_group(y, p, w->bias4[g], wide), shift, mask), d, m;

		d = (__u64)x[0] | (__u64)x[1] << 16 | (__u64)x[2] << 32 | (__u64)x[3] << 48;
		d = (d | TLML_H) - z;		/* per lane 2^15 + x - z */
		m = ~d & TLML_H;		/* lanes where x < z */
		m -= m >> 15;
		m |= ~d & TLML_H;		/* all 16 bits of those lanes */
		d = ((d ^ m) + (m & (TLML_H >> 15))) & ~TLML_H;
		sum += d;
		x += 4;
		barrier_var(x);
		p += TLML_HIDDEN2_MAX;
		barrier_var(p);
	}
	sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32 & 0xffff) + (sum >> 48);
	return sum >> 5;
}

/* The net: d->x to d->logit; returns the anomaly score, 0 without an anomaly head. */
static __always_inline __u32 tlml_infer(struct tlml_weights *w, struct tlml_decision *d)
{
	__u32 wide = w->hidden2_blocks > TLML_W2_BLOCKS / 2, groups = w->class_groups, g;
	__u64 *p = &w->w3[0][0];

	tlml_dense_first(w, d->x, d->hidden1);
	tlml_dense_second(w, d->hidden1, d->hidden2);
	for (g = 0; g < TLML_W3_GROUPS; g++) {
		if (g >= groups)
			break;
		tlml_unpack(tlml_dense_group(d->hidden2, p, w->bias3[g], wide), d->logit + g * 4);
		p += TLML_HIDDEN2_MAX;
		barrier_var(p);
	}
	return w->decode ? tlml_infer_anomaly(w, d->x, d->hidden2, wide) : 0;
}

/*
 * Features of flow f and its lines, scored by w and added to the flow's costs, in d->cost. A global
 * function: the verifier checks it once, for any arguments, and not once per way that leads here.
 * Not 0: there is no net to score by; the verdict that the flow has stands.
 */
__noinline int tlml_score(struct tlml_weights *w, struct tlml_flow *f, struct tlml_source *src,
			  struct tlml_source *dst, struct tlml_cpu *cpu)
{
	struct tlml_decision *d;
	__u32 net;

	if (!w || !f || !src || !dst || !cpu)
		return -1;
	d = &cpu->decision;
	net = d->net & 1;
	if (f->state & TLML_FLOW_ANSWERED) {	/* which kept the essence of the costs */
		__builtin_memset(d->cost, f->answer.tiny_margin, sizeof(d->cost));
		d->cost[f->answer.tiny_klass & (TLML_CLASSES_MAX - 1)] = 0;
	} else {
		__builtin_memcpy(d->cost, f->cost, sizeof(d->cost));
	}
	d->service = tlml_service(d->initiator, d->responder);
	tlml_forget();
	tlml_feature_first(f, cpu->packet.proto, d->service, src, dst, d->x);
	if (net) {
		tlml_feature_rest(f, d->service, d->x);
		if (!w->wide) {
			d->anomaly = tlml_infer(w, d);
		} else if (tlml_wide_infer(d)) {
			tlml_count(&cpu->stats, uncomputed);
			return -1;
		}
	} else {
		d->anomaly = 0;
		tlml_infer_first(w, d->x, d->logit);
	}
	d->verdict = tlml_cost_add(d->cost, d->logit, w->classes, w->cost_shift[net],
				   w->cost_decay);
	return 0;
}

#endif
