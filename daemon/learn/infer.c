// SPDX-License-Identifier: BSD-2-Clause
/* Integer inference on a model, one multiplication at a time. */
#include "infer.h"

#include <stdlib.h>

#include "../../uapi/tlml_wide.h"

void tlml_infer_first(const struct tlml_model *m, const uint8_t *x, int32_t *logit)
{
	unsigned int n = m->header.classes, i, k;

	for (k = 0; k < n; k++)
		logit[k] = m->additive.b[k];
	for (i = 0; i < TLML_FIRST; i++)
		for (k = 0; k < n; k++)
			logit[k] += m->additive.w[(i * TLML_BINS + (x[i] >> 3)) * n + k];
}

static void dense_sum(const struct tlml_dense *d, const uint8_t *x, int32_t *acc)
{
	unsigned int i, j;

	for (j = 0; j < d->outputs; j++) {
		acc[j] = d->b[j];
		for (i = 0; i < d->inputs; i++)
			acc[j] += d->w[j * d->inputs + i] * x[i];
	}
}

static void dense_relu(const struct tlml_dense *d, const uint8_t *x, uint8_t *y)
{
	int32_t acc[TLML_WIDE_HIDDEN1_MAX];
	unsigned int j;

	dense_sum(d, x, acc);
	for (j = 0; j < d->outputs; j++) {
		int32_t v = acc[j] > 0 ? acc[j] >> d->shift : 0;

		y[j] = v < TLML_ACT_MAX ? v : TLML_ACT_MAX;
	}
}

uint8_t tlml_infer_net(const struct tlml_model *m, const uint8_t *x, int32_t *logit)
{
	uint8_t y1[TLML_WIDE_HIDDEN1_MAX], y2[TLML_WIDE_HIDDEN2_MAX], back[TLML_FEATURES_MAX];
	unsigned int i, sum = 0;

	dense_relu(&m->hidden[0], x, y1);
	dense_relu(&m->hidden[1], y1, y2);
	dense_sum(&m->klass, y2, logit);
	if (!m->decode.outputs)
		return 0;
	dense_relu(&m->decode, y2, back);
	for (i = 0; i < TLML_FEATURES_MAX; i++)
		sum += abs(x[i] - back[i]);
	return sum >> 5;
}
