// SPDX-License-Identifier: BSD-2-Clause
/* The anomaly head in training. */
#include "anomaly.h"

#include <stddef.h>

#define SHIFT		5
#define DEVIATION	4.0f
#define RATE		0.05f	/* of the first steps */
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

void tlml_anomaly_init(struct tlml_fc *decode, const struct tlml_net *net, uint64_t *seed)
{
	tlml_fc_init(decode, net->layer[1].outputs, net->layer[0].inputs, SHIFT, TLML_INT8,
		     DEVIATION, NULL, seed);
}

void tlml_anomaly_step(struct tlml_fc *decode, const struct tlml_net *net, const float *x,
		       unsigned int n, float rate, unsigned int t)
{
	float y[TLML_BATCH * TLML_WIDE_HIDDEN2_MAX], logits[TLML_BATCH * TLML_CLASSES_MAX];
	float sum[TLML_BATCH * TLML_FEATURES_MAX], back[TLML_BATCH * TLML_FEATURES_MAX];
	unsigned int i;

	tlml_net_forward(net, x, n, logits, y);
	tlml_fc_forward(decode, y, n, sum);
	tlml_fc_relu(decode, sum, n, back);
	for (i = 0; i < n * decode->outputs; i++) {
		float g = (back[i] - x[i]) * SLOPE;

		back[i] = g > 1 ? 1 : g < -1 ? -1 : g;
		/* A ReLU that is shut although it should not be would never open again. */
		if (sum[i] <= 0 && g < 0)
			sum[i] = 1;
	}
	tlml_fc_relu_back(decode, sum, n, back);
	tlml_fc_backward(decode, y, back, n, NULL);
	tlml_fc_step(decode, rate * DEVIATION, t);
}

void tlml_anomaly_train(struct tlml_fc *decode, const struct tlml_net *net,
			const struct tlml_draw *d, unsigned int steps, uint64_t *seed)
{
	float x[TLML_BATCH * TLML_FEATURES_MAX];
	unsigned int inputs = net->layer[0].inputs, t, k, i;

	tlml_anomaly_init(decode, net, seed);
	for (t = 1; t <= steps; t++) {
		for (k = 0; k < TLML_BATCH; k++) {
			const struct tlml_sample *s = draw_benign(d, seed);

			for (i = 0; i < inputs; i++)
				x[k * inputs + i] = s->x[i];
		}
		tlml_anomaly_step(decode, net, x, TLML_BATCH, tlml_rate(RATE, t, steps), t);
	}
}
