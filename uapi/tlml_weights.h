/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR BSD-2-Clause */
/*
 * One slot of the weights map: a model packed for SWAR. Four 16-bit lanes share a 64-bit word;
 * signed weights are summed into the word with borrows, which cancel because the final value of
 * each lane, offset by 2^15, is in range (TLML_ACC_LIMIT).
 *
 * "Broadcast" layers multiply one input with a word of 4 outputs' weights; their packed result
 * is what a "convolution" layer multiplies with a word of 4 reversed weights to have the dot
 * product in the top lane. Broadcast and convolution alternate, so nothing is repacked.
 */
#ifndef _UAPI_TLML_WEIGHTS_H
#define _UAPI_TLML_WEIGHTS_H

#include "tlml_feature.h"
#include "tlml_model.h"

#define TLML_LANES	4
#define TLML_BLOCK	4	/* accumulators kept in registers at once */

#define TLML_W1_BLOCKS	(TLML_HIDDEN1_MAX / TLML_LANES / TLML_BLOCK)
#define TLML_W2_BLOCKS	(TLML_HIDDEN2_MAX / TLML_BLOCK)
#define TLML_W2_GROUPS	(TLML_HIDDEN1_MAX / TLML_LANES)
#define TLML_W3_GROUPS	(TLML_CLASSES_MAX / TLML_LANES)
#define TLML_W4_GROUPS	(TLML_FEATURES_MAX / TLML_LANES)

struct tlml_weights {
	__u32 generation;	/* 0: empty slot */
	__u32 classes;
	__u32 points;		/* as in the model header */
	__u32 hidden1_blocks;	/* of 16 outputs */
	__u32 hidden2_blocks;	/* of 4 outputs; even */
	__u32 class_groups;	/* of 4 classes */
	__u32 decode;		/* 1: has an anomaly head */
	__u32 shift[2];		/* of the hidden layers */
	__u32 decode_shift;
	__u32 cost_shift[2];
	__u32 cost_decay;
	__s32 calibration[2];	/* log odds of being right at packet 8: [0] + [1] * margin, 16.16 */
	__u8  anomaly_low;	/* as in the model header: what tlml_ctl's begin with */
	__u8  anomaly_high;
	__u16 wide;		/* 1: the net is in the same slot of the wide map, not below */
	__u64 mask[2];		/* lanes of (2^15 - 1) >> shift: what a shift moves across is cut */
	__u64 decode_mask;

	__u64 additive_bias[TLML_W3_GROUPS];
	__u64 additive[TLML_FIRST][TLML_BINS][TLML_W3_GROUPS];
	__u64 bias1[TLML_W1_BLOCKS][TLML_BLOCK];
	__u64 w1[TLML_W1_BLOCKS][TLML_FEATURES_MAX][TLML_BLOCK];
	__u64 bias2[TLML_W2_BLOCKS][TLML_BLOCK];
	__u64 w2[TLML_W2_BLOCKS][TLML_W2_GROUPS][TLML_BLOCK];
	__u64 bias3[TLML_W3_GROUPS];
	__u64 w3[TLML_W3_GROUPS][TLML_HIDDEN2_MAX];
	__u64 bias4[TLML_W4_GROUPS];
	__u64 w4[TLML_W4_GROUPS][TLML_HIDDEN2_MAX];

	struct tlml_class_info info[TLML_CLASSES_MAX];	/* names, for people */
};

#endif
