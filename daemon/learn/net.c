// SPDX-License-Identifier: BSD-2-Clause
/* The net in training. */
#include "net.h"

#include <math.h>
#include <stddef.h>

#include "softmax.h"
#include "../../uapi/tlml_model.h"

#define SHIFT		4	/* of the hidden layers: rows whose sum |w| is 258 gain up to 16 */
#define WIDE_BITS	2	/* what weights have more where rows are not bounded */
#define DEVIATION	8.0f	/* of a weight among 32: uses the bound up */

void tlml_net_init(struct tlml_net *net, const unsigned int hidden[2], unsigned int classes,
		   enum tlml_precision precision, const float *mean, uint64_t *seed)
{
	unsigned int wide = precision == TLML_INT8_WIDE ? WIDE_BITS : 0;

	net->unit = 1 << wide;
	net->nat = ldexpf(1, -(int)(TLML_NET_BITS + wide));
	net->steps = 0;
	tlml_fc_init(&net->layer[0], TLML_FEATURES_MAX, hidden[0], SHIFT + wide, precision,
		     DEVIATION * net->unit, mean, seed);
	tlml_fc_init(&net->layer[1], hidden[0], hidden[1], SHIFT + wide, precision,
		     DEVIATION * net->unit * sqrtf(32.0f / hidden[0]), NULL, seed);
	tlml_fc_init(&net->layer[2], hidden[1], classes, 0, precision, DEVIATION * net->unit, NULL,
		     seed);
}

struct activations {
	float s1[TLML_BATCH * TLML_HIDDEN1_MAX], y1[TLML_BATCH * TLML_HIDDEN1_MAX];
	float s2[TLML_BATCH * TLML_HIDDEN2_MAX], y2[TLML_BATCH * TLML_HIDDEN2_MAX];
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

float tlml_net_backward(struct tlml_net *net, const float *x, const uint8_t *label, unsigned int n)
{
	unsigned int classes = net->layer[2].outputs, k, c;
	float g1[TLML_BATCH * TLML_HIDDEN1_MAX], g2[TLML_BATCH * TLML_HIDDEN2_MAX], loss = 0;
	struct activations a;

	net_run(net, x, n, &a);
	for (k = 0; k < n; k++) {
		float *g = a.logits + k * classes;

		loss += tlml_softmax(g, classes, net->nat, label[k], g);
		for (c = 0; c < classes; c++)
			g[c] /= n;
	}
	tlml_fc_backward(&net->layer[2], a.y2, a.logits, n, g2);
	tlml_fc_relu_back(&net->layer[1], a.s2, n, g2);
	tlml_fc_backward(&net->layer[1], a.y1, g2, n, g1);
	tlml_fc_relu_back(&net->layer[0], a.s1, n, g1);
	tlml_fc_backward(&net->layer[0], x, g1, n, NULL);
	return loss / n;
}

void tlml_net_step(struct tlml_net *net, float rate)
{
	unsigned int l;

	net->steps++;
	for (l = 0; l < 3; l++)
		tlml_fc_step(&net->layer[l], rate * DEVIATION * net->unit, net->steps);
}
