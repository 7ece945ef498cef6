/* SPDX-License-Identifier: BSD-2-Clause */
/* The net in training: features, two hidden layers, logits; softmax and cross-entropy. */
#ifndef TLML_LEARN_NET_H
#define TLML_LEARN_NET_H

#include <math.h>

#include "fc.h"
#include "set.h"
#include "../model.h"

#define TLML_BATCH	TLML_FC_ROWS	/* rows that a step learns from */
/* 2^bits in a logit is a nat; 2^15, the limit where rows are bounded, is 16. */
static inline unsigned int tlml_net_bits(enum tlml_precision precision)
{
	return precision == TLML_INT8_WIDE ? 13 : 11;
}

static inline enum tlml_precision tlml_net_precision(bool wide)
{
	return wide ? TLML_INT8_WIDE : TLML_INT8;
}

struct tlml_net {
	struct tlml_fc layer[3];
	float nat;		/* logits times this are log-probabilities */
	float unit;		/* size of weights and steps: 1 where rows are bounded */
	unsigned int steps;
};

/* What a step learns from. */
struct tlml_batch {
	unsigned int n;		/* rows, at most TLML_BATCH */
	float x[TLML_BATCH * TLML_FEATURES_MAX];	/* [n][inputs], 0..127 */
	float soft[TLML_BATCH * TLML_CLASSES_MAX];	/* [n][classes], see softmax.h; 0 unknown */
	uint8_t label[TLML_BATCH];	/* or TLML_UNLABELLED, then it is soft that counts */
};

/* inputs: 1..32. mean: of the inputs, or NULL for zeros. Deterministic for a seed. */
void tlml_net_init(struct tlml_net *net, unsigned int inputs, const unsigned int hidden[2],
		   unsigned int classes, enum tlml_precision precision, const float *mean,
		   uint64_t *seed);

/*
 * Continues from the integers of a model, with Adam's moments at zero: exported before any step
 * they are the same. mean: whole numbers, or NULL for zeros.
 */
void tlml_net_load(struct tlml_net *net, const struct tlml_model *m, const float *mean);

/* n <= TLML_BATCH rows of inputs, 0..127, to n rows of logits; y2 [n][hidden2] unless NULL. */
void tlml_net_forward(const struct tlml_net *net, const float *x, unsigned int n, float *logits,
		      float *y2);

/*
 * Adds the gradient of the batch's mean loss to the layers, and returns that loss in nats: cross-
 * entropy against labels, against soft targets, or 0.3 and 0.7 of them where there are both.
 */
float tlml_net_backward(struct tlml_net *net, const struct tlml_batch *b);

/* The rate of step t of all: from rate down to 0 along a cosine. */
static inline float tlml_rate(float rate, unsigned int t, unsigned int all)
{
	return rate * 0.5f * (1 + cosf(3.1415927f * t / all));
}

/* A step of Adam; rate as a share of the usual size of a weight, 0.01 or so. */
void tlml_net_step(struct tlml_net *net, float rate);

#endif
