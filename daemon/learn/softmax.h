/* SPDX-License-Identifier: BSD-2-Clause */
/* Softmax and cross-entropy of one row. */
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

#endif
