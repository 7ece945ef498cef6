// SPDX-License-Identifier: BSD-2-Clause
/* The anomaly head in training. */
#include "anomaly.h"

#include <math.h>
#include <stddef.h>

#define SHIFT		5
#define DEVIATION	4.0f
#define RATE		0.1f
#define SLOPE		0.125f	/* of the loss's gradient: absolute from 8 on, square below */
#define TRIES		64	/* draws until a benign one is taken for missing */

static const struct tlml_sample *draw_benign(const struct tlml_draw *d, uint64_t *seed)
{
	const struct tlml_sample *s = NULL;
	unsigned int i;

	for (i = 0; i < TRIES; i++) {
		s = tlml_draw_next(d, seed);
		if (!d->set->classes[s->label].attack)
			break;
	}
	return s;
}

void tlml_anomaly_train(struct tlml_fc *decode, const struct tlml_net *net,
			const struct tlml_draw *d, unsigned int steps, uint64_t *seed)
{
	float x[TLML_BATCH * TLML_FEATURES_MAX], y[TLML_BATCH * TLML_HIDDEN2_MAX];
	float sum[TLML_BATCH * TLML_FEATURES_MAX], back[TLML_BATCH * TLML_FEATURES_MAX];
	float logits[TLML_BATCH * TLML_CLASSES_MAX];
	unsigned int t, k, i;

	tlml_fc_init(decode, net->layer[1].outputs, TLML_FEATURES_MAX, SHIFT, TLML_INT8, DEVIATION,
		     NULL, seed);
	for (t = 1; t <= steps; t++) {
		for (k = 0; k < TLML_BATCH; k++) {
			const struct tlml_sample *s = draw_benign(d, seed);

			for (i = 0; i < TLML_FEATURES_MAX; i++)
				x[k * TLML_FEATURES_MAX + i] = s->x[i];
		}
		tlml_net_forward(net, x, TLML_BATCH, logits, y);
		tlml_fc_forward(decode, y, TLML_BATCH, sum);
		tlml_fc_relu(decode, sum, TLML_BATCH, back);
		for (i = 0; i < TLML_BATCH * TLML_FEATURES_MAX; i++) {
			float g = (back[i] - x[i]) * SLOPE;

			back[i] = g > 1 ? 1 : g < -1 ? -1 : g;
			/* A ReLU that is shut although it should not be would never open again. */
			if (sum[i] <= 0 && g < 0)
				sum[i] = 1;
		}
		tlml_fc_relu_back(decode, sum, TLML_BATCH, back);
		tlml_fc_backward(decode, y, back, TLML_BATCH, NULL);
		tlml_fc_step(decode, RATE * (1 + cosf(3.1415927f * t / steps)), t);
	}
}
