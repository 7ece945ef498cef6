/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The anomaly head in training: a layer that gives the features back from the second hidden layer
 * and has seen benign traffic only. The layers below it stay as the classes made them.
 */
#ifndef TLML_LEARN_ANOMALY_H
#define TLML_LEARN_ANOMALY_H

#include "draw.h"
#include "net.h"

/* A layer from random weights. */
void tlml_anomaly_init(struct tlml_fc *decode, const struct tlml_net *net, uint64_t *seed);

/* The t-th step (from 1), on n <= TLML_BATCH benign rows; rate as of tlml_net_step(). */
void tlml_anomaly_step(struct tlml_fc *decode, const struct tlml_net *net, const float *x,
		       unsigned int n, float rate, unsigned int t);

/* steps batches of benign draws; without a benign class all are drawn. */
void tlml_anomaly_train(struct tlml_fc *decode, const struct tlml_net *net,
			const struct tlml_draw *d, unsigned int steps, uint64_t *seed);

#endif
