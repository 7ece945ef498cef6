/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR BSD-2-Clause */
/*
 * What the module does for BPF programs: models too big for BPF's own arithmetic, as user space
 * packs them, and what comes of them. Arithmetic as in tlml_model.h, in 32 bits: accumulators may
 * leave the 16 bits that four lanes have.
 */
#ifndef _UAPI_TLML_KFUNC_H
#define _UAPI_TLML_KFUNC_H

#include "tlml.h"

#define TLML_WIDE_INPUTS_MAX	64
#define TLML_WIDE_HIDDEN1_MAX	256
#define TLML_WIDE_HIDDEN2_MAX	64

/*
 * One slot of the wide map, beside the slot of the same number in the weights map. Rows are as
 * long as they can be; what a layer does not use of them is 0. A packet may find anything in it
 * if user space wants: the module reads each size once, and checks it.
 */
struct tlml_wide {
	__u32 generation;	/* that of the weights in the slot of the same number; 0: empty */
	__u16 inputs;		/* 32 or 64 */
	__u16 hidden1;		/* a multiple of 16 up to TLML_WIDE_HIDDEN1_MAX */
	__u16 hidden2;		/* a multiple of 8 up to TLML_WIDE_HIDDEN2_MAX */
	__u16 classes;		/* 2..16 */
	__u16 decode;		/* outputs of the anomaly head: inputs, or 0 without one */
	__u8  shift[2];		/* of the hidden layers, 0..15 */
	__u8  decode_shift;
	__u8  reserved[47];	/* rows begin at cache lines */
	__s32 bias1[TLML_WIDE_HIDDEN1_MAX];
	__s32 bias2[TLML_WIDE_HIDDEN2_MAX];
	__s32 bias3[TLML_CLASSES_MAX];
	__s32 bias4[TLML_WIDE_INPUTS_MAX];
	__s8  w1[TLML_WIDE_HIDDEN1_MAX][TLML_WIDE_INPUTS_MAX];
	__s8  w2[TLML_WIDE_HIDDEN2_MAX][TLML_WIDE_HIDDEN1_MAX];
	__s8  w3[TLML_CLASSES_MAX][TLML_WIDE_HIDDEN2_MAX];
	__s8  w4[TLML_WIDE_INPUTS_MAX][TLML_WIDE_HIDDEN2_MAX];
} __attribute__((aligned(64)));

/* Of one inference. */
struct tlml_scores {
	__s32 logit[TLML_CLASSES_MAX];	/* those beyond the classes are 0 */
	__u32 anomaly;			/* mean absolute error of decode, 0..127; 0 without one */
};

/* One dense layer: acc[j] = bias[j] + sum_i w[j][i] * x[i], w of outputs rows of inputs each. */
#define TLML_DENSE_OUTPUTS_MAX	64
#define TLML_DENSE_INPUTS_MAX	1024

struct tlml_dense_call {
	__u32 outputs;		/* 1..TLML_DENSE_OUTPUTS_MAX */
	__u32 relu;		/* 1: y = min(max(acc, 0) >> shift, 127) in out, else acc */
	__u32 shift;		/* 0..15 */
	__s32 bias[TLML_DENSE_OUTPUTS_MAX];
	__s32 out[TLML_DENSE_OUTPUTS_MAX];
};

_Static_assert(sizeof(struct tlml_wide) % 64 == 0, "slots begin at cache lines");

/*
 * The kfuncs, for XDP and TC programs, in softirq; both 0 or -EINVAL, which leaves the result as
 * it was: also if an input is above TLML_ACT_MAX. None may sleep. Pointers that may be NULL reach
 * them from 6.1's verifier: they check.
 *
 * int bpf_tlml_infer(const struct tlml_wide *w, __u32 w__sz, const __u8 *x, __u32 x__sz,
 *		      struct tlml_scores *out);
 *	x__sz has to be w->inputs.
 * int bpf_tlml_dense(const __s8 *w, __u32 w__sz, const __u8 *x, __u32 x__sz,
 *		      struct tlml_dense_call *d);
 *	w__sz has to be d->outputs * x__sz, x__sz 1..TLML_DENSE_INPUTS_MAX.
 */

#endif
