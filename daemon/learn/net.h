/* SPDX-License-Identifier: BSD-2-Clause */
/* The net in training: 32 features, two hidden layers, logits; softmax and cross-entropy. */
#ifndef TLML_LEARN_NET_H
#define TLML_LEARN_NET_H

#include "fc.h"

#define TLML_BATCH	TLML_FC_ROWS	/* rows that a step learns from */
#define TLML_NET_BITS	11	/* 2^11 in a logit is a nat; 2^15, the limit, is 16 */

struct tlml_net {
	struct tlml_fc layer[3];
	float nat;		/* logits times this are log-probabilities */
	float unit;		/* size of weights and steps: 1 where rows are bounded */
	unsigned int steps;
};

/* mean: of the 32 inputs. Deterministic for a seed. */
void tlml_net_init(struct tlml_net *net, const unsigned int hidden[2], unsigned int classes,
		   enum tlml_precision precision, const float *mean, uint64_t *seed);

/* n <= TLML_BATCH rows of inputs, 0..127, to n rows of logits; y2 [n][hidden2] unless NULL. */
void tlml_net_forward(const struct tlml_net *net, const float *x, unsigned int n, float *logits,
		      float *y2);

/*
 * Adds the gradient of the mean cross-entropy of n <= TLML_BATCH rows to the layers, and returns
 * that loss in nats.
 */
float tlml_net_backward(struct tlml_net *net, const float *x, const uint8_t *label, unsigned int n);

/* A step of Adam; rate as a share of the usual size of a weight, 0.01 or so. */
void tlml_net_step(struct tlml_net *net, float rate);

#endif
