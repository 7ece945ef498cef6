/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A fully connected layer that is trained in the numbers it will be run in: weights are kept in
 * units of the integer weight, so that rounding them is all of the quantisation, and the sums of
 * training are the integers of inference (each below 2^24, so exact in a float).
 */
#ifndef TLML_LEARN_FC_H
#define TLML_LEARN_FC_H

#include <stdint.h>

#include "../../uapi/tlml_wide.h"
#include "../model.h"

#define TLML_FC_MAX	TLML_WIDE_HIDDEN1_MAX	/* inputs, outputs */
#define TLML_FC_WEIGHTS	(TLML_WIDE_HIDDEN1_MAX * TLML_WIDE_HIDDEN2_MAX)	/* of them together */
#define TLML_FC_ROWS	64	/* that are learned from at once */

enum tlml_precision {
	TLML_INT8,	/* for BPF: rounded, and bounded for 4 lanes (TLML_ACC_LIMIT) */
	TLML_INT8_WIDE,	/* for the module: rounded but not bounded */
	TLML_FLOAT,	/* neither, to measure what rounding costs */
};

struct tlml_fc {
	unsigned int inputs, outputs, shift;	/* shift 0: no ReLU, sums are logits */
	enum tlml_precision precision;
	float mean[TLML_FC_MAX];	/* of the inputs: training sees them centred */

	/* What is trained, [input][output], and its gradient and Adam's moments. */
	float w[TLML_FC_WEIGHTS], b[TLML_FC_MAX];
	float gw[TLML_FC_WEIGHTS], gb[TLML_FC_MAX];
	float mw[TLML_FC_WEIGHTS], mb[TLML_FC_MAX];
	float vw[TLML_FC_WEIGHTS], vb[TLML_FC_MAX];

	/* What is run: the same rounded; also transposed, for the way back. */
	float q[TLML_FC_WEIGHTS], qt[TLML_FC_WEIGHTS], qb[TLML_FC_MAX];
};

/* Random weights of about the given deviation, in integer units. mean: NULL for zeros. */
void tlml_fc_init(struct tlml_fc *f, unsigned int inputs, unsigned int outputs, unsigned int shift,
		  enum tlml_precision precision, float deviation, const float *mean,
		  uint64_t *seed);

/* Continues from the integers of a layer; mean: whole numbers, NULL for zeros. */
void tlml_fc_load(struct tlml_fc *f, const struct tlml_dense *d, enum tlml_precision precision,
		  const float *mean);

/* Makes what is run out of what is trained. */
void tlml_fc_quantise(struct tlml_fc *f);

/* n rows of inputs to n rows of sums. */
void tlml_fc_forward(const struct tlml_fc *f, const float *x, unsigned int n, float *sum);

/* n rows of sums to activations 0..127. */
void tlml_fc_relu(const struct tlml_fc *f, const float *sum, unsigned int n, float *y);

/* Turns a gradient by activation into one by sum, in place. */
void tlml_fc_relu_back(const struct tlml_fc *f, const float *sum, unsigned int n, float *g);

/* Adds to the gradient of n <= TLML_FC_ROWS rows; gx, by input, unless NULL. */
void tlml_fc_backward(struct tlml_fc *f, const float *x, const float *g, unsigned int n, float *gx);

/* The t-th step (from 1) of Adam, back into the bound, and tlml_fc_quantise(). */
void tlml_fc_step(struct tlml_fc *f, float rate, unsigned int t);

/* What is run, as integers: w[output][stride], b[output]. Not for TLML_FLOAT. */
void tlml_fc_export(const struct tlml_fc *f, int8_t *w, unsigned int stride, int32_t *b);

#endif
