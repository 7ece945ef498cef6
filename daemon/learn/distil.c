// SPDX-License-Identifier: BSD-2-Clause
/* Training, one step at a time. */
#include "distil.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "anomaly.h"
#include "infer.h"
#include "softmax.h"
#include "tune.h"

#define BENIGN_SURE	0.9f	/* of an answer that the anomaly head may learn from */

static void mean_of_lessons(const struct tlml_lessons *l, float mean[TLML_FEATURES_MAX])
{
	unsigned int i;
	uint32_t k;

	memset(mean, 0, TLML_FEATURES_MAX * sizeof(*mean));
	for (k = 0; k < l->n; k++)
		for (i = 0; i < TLML_FEATURES_MAX; i++)
			mean[i] += l->item[k].x[i];
	for (i = 0; l->n && i < TLML_FEATURES_MAX; i++)
		mean[i] = rintf(mean[i] / l->n);
}

void tlml_distil_begin(struct tlml_distil *d, const struct tlml_model *m,
		       const struct tlml_draw *anchor, uint64_t seed)
{
	float mean[TLML_FEATURES_MAX];
	unsigned int c;

	d->anchor = anchor;
	d->rehearse = TLML_BATCH / 2;
	d->seed = seed;
	d->decode_steps = 0;
	d->attacks = 0;
	for (c = 0; c < TLML_CLASSES_MAX && c < m->header.classes; c++)
		d->attacks |= (uint32_t)m->classes[c].attack << c;
	if (anchor)
		tlml_draw_mean(anchor, seed, mean);
	else
		mean_of_lessons(&d->lessons, mean);
	tlml_net_load(&d->net, m, mean);
	d->decode.outputs = 0;
	if (m->decode.outputs)
		tlml_fc_load(&d->decode, &m->decode, TLML_INT8, NULL);
}

static float *batch_row(struct tlml_distil *d, const uint8_t *x)
{
	struct tlml_batch *b = &d->batch;
	unsigned int inputs = d->net.layer[0].inputs, i;

	for (i = 0; i < inputs; i++)
		b->x[b->n * inputs + i] = x[i];
	return b->soft + b->n * d->net.layer[2].outputs;
}

/* At a temperature of 2 the roots of probabilities are in proportion to what is wanted. */
static void batch_answer(struct tlml_distil *d, const struct tlml_answered *a)
{
	unsigned int classes = d->net.layer[2].outputs, c, sum = 0;
	float *soft = batch_row(d, a->x);

	for (c = 0; c < classes; c++)
		sum += a->root[c];
	for (c = 0; c < classes; c++)
		soft[c] = sum ? (float)a->root[c] / sum : 0;
	d->batch.label[d->batch.n++] = a->label;
}

/* What the model says at a temperature of 2, in the units of its logits. */
static void soft_of(const struct tlml_model *m, const uint8_t *x, float nat, float *soft)
{
	unsigned int classes = m->header.classes, c;
	int32_t logit[TLML_CLASSES_MAX], most;
	float sum = 0;

	tlml_infer_net(m, x, logit);
	for (most = logit[0], c = 1; c < classes; c++)
		most = logit[c] > most ? logit[c] : most;
	for (c = 0; c < classes; c++) {
		soft[c] = expf((logit[c] - most) * nat / TLML_SOFT_T);
		sum += soft[c];
	}
	for (c = 0; c < classes; c++)
		soft[c] /= sum;
}

static void batch_sample(struct tlml_distil *d, const struct tlml_sample *s)
{
	float *soft = batch_row(d, s->x);

	if (d->keep)
		soft_of(d->keep, s->x, d->net.nat, soft);
	else
		memset(soft, 0, d->net.layer[2].outputs * sizeof(*soft));
	d->batch.label[d->batch.n++] = d->keep ? TLML_UNLABELLED : s->label;
}

/* 1 if a row of the batch is benign for certain enough. */
static int is_benign(const struct tlml_distil *d, unsigned int row)
{
	unsigned int classes = d->net.layer[2].outputs, label = d->batch.label[row], c;
	const float *soft = d->batch.soft + row * classes;
	float benign = 0, all = 0;

	if (label != TLML_UNLABELLED)
		return !(d->attacks >> label & 1);
	for (c = 0; c < classes; c++) {		/* probabilities are the squares, see softmax.h */
		all += soft[c] * soft[c];
		benign += d->attacks >> c & 1 ? 0 : soft[c] * soft[c];
	}
	return benign >= BENIGN_SURE * all;
}

/* Those rows, to x; how many. */
static unsigned int batch_benign(const struct tlml_distil *d, float *x)
{
	unsigned int inputs = d->net.layer[0].inputs, n = 0, k;

	for (k = 0; k < d->batch.n; k++)
		if (is_benign(d, k))
			memcpy(x + n++ * inputs, d->batch.x + k * inputs, inputs * sizeof(*x));
	return n;
}

float tlml_distil_step(struct tlml_distil *d, float rate)
{
	unsigned int anchor = !d->anchor ? 0 : d->lessons.n ? d->rehearse : TLML_BATCH;
	float x[TLML_BATCH * TLML_FEATURES_MAX], loss;
	unsigned int n;

	d->batch.n = 0;
	while (d->batch.n < anchor)
		batch_sample(d, tlml_draw_next(d->anchor, &d->seed));
	while (d->batch.n < TLML_BATCH)
		batch_answer(d, &d->lessons.item[tlml_urn_next(&d->lessons.urn, &d->seed)]);
	loss = tlml_net_backward(&d->net, &d->batch);
	tlml_net_step(&d->net, rate);
	n = d->decode.outputs ? batch_benign(d, x) : 0;
	if (n)
		tlml_anomaly_step(&d->decode, &d->net, x, n, rate, ++d->decode_steps);
	return loss;
}

void *tlml_distil_blob(const struct tlml_distil *d, const struct tlml_model *m,
		       const struct tlml_view *golden, const struct tlml_view *anchor,
		       const char *meta, size_t *size, struct tlml_error *e)
{
	struct tlml_parts *p = calloc(1, sizeof(*p));
	void *blob = NULL;

	if (p) {
		tlml_parts_set_rest(p, m);
		tlml_parts_set_net(p, &d->net, &d->decode);
		p->header.generation++;
		if (!golden || !tlml_tune(p, golden, anchor, NULL, e))
			blob = tlml_blob_build(p, meta, size);
		else
			size = NULL;
	}
	if (!blob && size)
		tlml_error_set(e, ENOMEM, "no memory for a model");
	free(p);
	return blob;
}

void tlml_distil_free(struct tlml_distil *d)
{
	tlml_lessons_free(&d->lessons);
}
