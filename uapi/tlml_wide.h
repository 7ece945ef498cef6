/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR BSD-2-Clause */
/*
 * A model as the module wants it: too big for BPF's own arithmetic, rows of int8, accumulators of
 * 32 bits; otherwise the arithmetic of tlml_model.h.
 */
#ifndef _UAPI_TLML_WIDE_H
#define _UAPI_TLML_WIDE_H

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

_Static_assert(sizeof(struct tlml_wide) % 64 == 0, "slots begin at cache lines");

#endif
