/* SPDX-License-Identifier: BSD-2-Clause */
/* Softmax of one row, and its loss against a label or against what another model thinks. */
#ifndef TLML_LEARN_SOFTMAX_H
#define TLML_LEARN_SOFTMAX_H

#include <math.h>

/*
 * Loss in nats of logits[n] (n <= 16) times nat against label, and its gradient by the scaled
 * logits into g[n], which may be logits.
 */
static inline float tlml_softmax(const float *logits, unsigned int n, float nat, unsigned int label,
				 float *g)
{
	float most = logits[0], sum = 0, own;
	unsigned int c;

	for (c = 1; c < n; c++)
		most = logits[c] > most ? logits[c] : most;
	own = (logits[label] - most) * nat;
	for (c = 0; c < n; c++) {
		g[c] = expf((logits[c] - most) * nat);
		sum += g[c];
	}
	for (c = 0; c < n; c++)
		g[c] /= sum;
	g[label] -= 1;
	return logf(sum) - own;
}

/*
 * Distillation (Hinton): soft targets are compared at a temperature of 2, where p becomes its
 * square root, scaled to a sum of 1; what is less likely then counts, too.
 */
#define TLML_SOFT_T	2.0f

/* The same against soft[n], a distribution at that temperature; T^2 keeps the gradient's size. */
static inline float tlml_softmax_soft(const float *logits, unsigned int n, float nat,
				      const float *soft, float *g)
{
	float most = logits[0], sum = 0, loss = 0;
	unsigned int c;

	for (c = 1; c < n; c++)
		most = logits[c] > most ? logits[c] : most;
	nat /= TLML_SOFT_T;
	for (c = 0; c < n; c++) {
		loss -= soft[c] * (logits[c] - most) * nat;
		g[c] = expf((logits[c] - most) * nat);
		sum += g[c];
	}
	for (c = 0; c < n; c++)
		g[c] = TLML_SOFT_T * (g[c] / sum - soft[c]);
	return TLML_SOFT_T * TLML_SOFT_T * (loss + logf(sum));
}

#endif
