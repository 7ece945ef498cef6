/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the module computes, in loops of plain BPF: for replays on a machine without it, as a packet
 * would have to wait far too long. One row at a time; what a layer does not use of a row is 0.
 */
#ifndef TLML_LOOPS_BPF_H
#define TLML_LOOPS_BPF_H

#include "maps.bpf.h"

static __u8 tlml_loop_x[TLML_WIDE_INPUTS_MAX];		/* a replay has one CPU */
static __u8 tlml_loop_y1[TLML_WIDE_HIDDEN1_MAX];
static __u8 tlml_loop_y2[TLML_WIDE_HIDDEN2_MAX];
static __u32 tlml_loop_error;				/* of the reconstruction, summed up */

static __always_inline __u8 tlml_loop_relu(__s32 acc, __u32 shift)
{
	__s32 v = acc > 0 ? acc >> (shift & 15) : 0;

	return v < TLML_ACT_MAX ? v : TLML_ACT_MAX;
}

static __always_inline __s32 tlml_loop_row(__s32 acc, const __s8 *w, const __u8 *x, __u32 n)
{
	__u32 i;

	for (i = 0; i < n; i++)
		acc += w[i] * x[i];
	return acc;
}

static long tlml_loop_first(__u32 j, void *slot)
{
	struct tlml_wide *w = bpf_map_lookup_elem(&tlml_wide_v1, slot);

	j &= TLML_WIDE_HIDDEN1_MAX - 1;
	if (w)
		tlml_loop_y1[j] = tlml_loop_relu(tlml_loop_row(w->bias1[j], w->w1[j], tlml_loop_x,
							       TLML_WIDE_INPUTS_MAX), w->shift[0]);
	return !w;
}

static long tlml_loop_second(__u32 j, void *slot)
{
	struct tlml_wide *w = bpf_map_lookup_elem(&tlml_wide_v1, slot);

	j &= TLML_WIDE_HIDDEN2_MAX - 1;
	if (w)
		tlml_loop_y2[j] = tlml_loop_relu(tlml_loop_row(w->bias2[j], w->w2[j], tlml_loop_y1,
							       TLML_WIDE_HIDDEN1_MAX), w->shift[1]);
	return !w;
}

static long tlml_loop_decode(__u32 j, void *slot)
{
	struct tlml_wide *w = bpf_map_lookup_elem(&tlml_wide_v1, slot);
	__s32 acc, off;

	if (!w)
		return 1;
	j &= TLML_WIDE_INPUTS_MAX - 1;
	acc = tlml_loop_row(w->bias4[j], w->w4[j], tlml_loop_y2, TLML_WIDE_HIDDEN2_MAX);
	off = tlml_loop_x[j] - tlml_loop_relu(acc, w->decode_shift);
	tlml_loop_error += off < 0 ? -off : off;
	return 0;
}

/* As bpf_tlml_infer(), of the slot's net. */
static __always_inline int tlml_loop_infer(struct tlml_wide *w, __u32 slot,
					   struct tlml_decision *d)
{
	__u32 j;

	if (w->inputs != TLML_FEATURES_MAX)
		return -1;
	__builtin_memcpy(tlml_loop_x, d->x, sizeof(d->x));
	bpf_loop(w->hidden1, tlml_loop_first, &slot, 0);
	bpf_loop(w->hidden2, tlml_loop_second, &slot, 0);
	for (j = 0; j < TLML_CLASSES_MAX; j++)
		d->scores.logit[j] = tlml_loop_row(w->bias3[j], w->w3[j], tlml_loop_y2,
						   TLML_WIDE_HIDDEN2_MAX);
	tlml_loop_error = 0;
	bpf_loop(w->decode, tlml_loop_decode, &slot, 0);
	d->scores.anomaly = tlml_loop_error >> 5;
	return 0;
}

#endif
