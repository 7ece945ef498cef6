// SPDX-License-Identifier: BSD-2-Clause
/* The net in training. */
#include "net.h"

#include <math.h>
#include <stddef.h>

#include "softmax.h"
#include "../../uapi/tlml_model.h"

#define SHIFT		4	/* of the hidden layers: rows whose sum |w| is 258 gain up to 16 */
#define DEVIATION	8.0f	/* of a weight among 32: uses the bound up */
#define SOFT_SHARE	0.7f	/* of the loss where there is a label, too */

void tlml_net_init(struct tlml_net *net, unsigned int inputs, const unsigned int hidden[2],
		   unsigned int classes, enum tlml_precision precision, const float *mean,
		   uint64_t *seed)
{
	unsigned int wide = tlml_net_bits(precision) - tlml_net_bits(TLML_INT8);

	net->unit = 1 << wide;
	net->nat = ldexpf(1, -(int)tlml_net_bits(precision));
	net->steps = 0;
	tlml_fc_init(&net->layer[0], inputs, hidden[0], SHIFT + wide, precision,
		     DEVIATION * net->unit * sqrtf(32.0f / inputs), mean, seed);
	tlml_fc_init(&net->layer[1], hidden[0], hidden[1], SHIFT + wide, precision,
		     DEVIATION * net->unit * sqrtf(32.0f / hidden[0]), NULL, seed);
	tlml_fc_init(&net->layer[2], hidden[1], classes, 0, precision, DEVIATION * net->unit, NULL,
		     seed);
}

void tlml_net_load(struct tlml_net *net, const struct tlml_model *m, const float *mean)
{
	enum tlml_precision precision = tlml_net_precision(m->header.wide);
	unsigned int bits = tlml_net_bits(precision);

	net->nat = ldexpf(1, -(int)bits);
	net->unit = 1 << (bits - tlml_net_bits(TLML_INT8));
	net->steps = 0;
	tlml_fc_load(&net->layer[0], &m->hidden[0], precision, mean);
	tlml_fc_load(&net->layer[1], &m->hidden[1], precision, NULL);
	tlml_fc_load(&net->layer[2], &m->klass, precision, NULL);
}

struct activations {
	float s1[TLML_BATCH * TLML_WIDE_HIDDEN1_MAX], y1[TLML_BATCH * TLML_WIDE_HIDDEN1_MAX];
	float s2[TLML_BATCH * TLML_WIDE_HIDDEN2_MAX], y2[TLML_BATCH * TLML_WIDE_HIDDEN2_MAX];
	float logits[TLML_BATCH * TLML_CLASSES_MAX];
};

static void net_run(const struct tlml_net *net, const float *x, unsigned int n,
		    struct activations *a)
{
	tlml_fc_forward(&net->layer[0], x, n, a->s1);
	tlml_fc_relu(&net->layer[0], a->s1, n, a->y1);
	tlml_fc_forward(&net->layer[1], a->y1, n, a->s2);
	tlml_fc_relu(&net->layer[1], a->s2, n, a->y2);
	tlml_fc_forward(&net->layer[2], a->y2, n, a->logits);
}

void tlml_net_forward(const struct tlml_net *net, const float *x, unsigned int n, float *logits,
		      float *y2)
{
	unsigned int i, classes = net->layer[2].outputs, hidden = net->layer[1].outputs;
	struct activations a;

	net_run(net, x, n, &a);
	for (i = 0; i < n * classes; i++)
		logits[i] = a.logits[i];
	for (i = 0; y2 && i < n * hidden; i++)
		y2[i] = a.y2[i];
}

/* Turns a row's logits into the gradient of its loss. */
static float row_loss(float *z, unsigned int classes, float nat, const float *soft, uint8_t label)
{
	float g[TLML_CLASSES_MAX] = { 0 }, gs[TLML_CLASSES_MAX] = { 0 };
	float sum = 0, share, loss = 0;
	unsigned int c;

	for (c = 0; c < classes; c++)
		sum += soft[c];
	share = label == TLML_UNLABELLED ? 1 : sum > 0 ? SOFT_SHARE : 0;
	if (share > 0 && sum > 0)
		loss += share * tlml_softmax_soft(z, classes, nat, soft, gs);
	if (share < 1)
		loss += (1 - share) * tlml_softmax(z, classes, nat, label, g);
	for (c = 0; c < classes; c++)
		z[c] = share * gs[c] + (1 - share) * g[c];
	return loss;
}

float tlml_net_backward(struct tlml_net *net, const struct tlml_batch *b)
{
	unsigned int classes = net->layer[2].outputs, k, c;
	float g1[TLML_BATCH * TLML_WIDE_HIDDEN1_MAX], g2[TLML_BATCH * TLML_WIDE_HIDDEN2_MAX];
	float loss = 0;
	struct activations a;

	net_run(net, b->x, b->n, &a);
	for (k = 0; k < b->n; k++) {
		float *g = a.logits + k * classes;

		loss += row_loss(g, classes, net->nat, b->soft + k * classes, b->label[k]);
		for (c = 0; c < classes; c++)
			g[c] /= b->n;
	}
	tlml_fc_backward(&net->layer[2], a.y2, a.logits, b->n, g2);
	tlml_fc_relu_back(&net->layer[1], a.s2, b->n, g2);
	tlml_fc_backward(&net->layer[1], a.y1, g2, b->n, g1);
	tlml_fc_relu_back(&net->layer[0], a.s1, b->n, g1);
	tlml_fc_backward(&net->layer[0], b->x, g1, b->n, NULL);
	return loss / b->n;
}

void tlml_net_step(struct tlml_net *net, float rate)
{
	unsigned int l;

	net->steps++;
	for (l = 0; l < 3; l++)
		tlml_fc_step(&net->layer[l], rate * DEVIATION * net->unit, net->steps);
}
