// SPDX-License-Identifier: BSD-2-Clause
/* The whole of training: from labelled samples to the parts of a blob. */
#include "train.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "anomaly.h"
#include "distil.h"
#include "softmax.h"
#include "tune.h"

#define RATE		0.0125f	/* of the first steps; a cosine brings it to 0 */
#define EPOCH_MIN	32768	/* samples */
#define EPOCH_MAX	262144
#define FIRST_STEPS	1500	/* of the additive head */
#define ANOMALY_STEPS	4000

static void progress(const struct tlml_train_options *o, const char *stage, double share,
		     double loss)
{
	if (o->progress)
		o->progress(o->arg, stage, share, loss);
}

static void load_row(float *row, const struct tlml_sample *s)
{
	unsigned int i;

	for (i = 0; i < TLML_FEATURES_MAX; i++)
		row[i] = s->x[i];
}

/* Mean loss on v, every class and every flow of it counting the same. */
static double view_loss(const struct tlml_net *net, const struct tlml_view *v)
{
	float x[TLML_FEATURES_MAX], z[TLML_CLASSES_MAX];
	double sum[TLML_CLASSES_MAX] = { 0 }, loss = 0;
	unsigned int classes = v->set->n_classes, present = 0, c;
	uint32_t flows[TLML_CLASSES_MAX] = { 0 }, k;
	size_t i;

	for (i = 0; i < v->n; i++) {
		const struct tlml_run *run = &v->set->runs[v->runs[i]];
		unsigned int n = 0;
		double of_run = 0;

		for (k = run->first; k < run->first + run->samples; k++) {
			if (!v->set->samples[k].point)
				continue;
			load_row(x, &v->set->samples[k]);
			tlml_net_forward(net, x, 1, z, NULL);
			of_run += tlml_softmax(z, classes, net->nat, run->label, z);
			n++;
		}
		sum[run->label] += n ? of_run / n : 0;
		flows[run->label] += n > 0;
	}
	for (c = 0; c < classes; c++) {
		loss += flows[c] ? sum[c] / flows[c] : 0;
		present += flows[c] > 0;
	}
	return present ? loss / present : 0;
}

static int net_learn(const struct tlml_train_views *v, const struct tlml_train_options *o,
		     enum tlml_precision precision, const struct tlml_draw *draw,
		     struct tlml_net *net)
{
	size_t epoch = draw->samples < EPOCH_MIN ? EPOCH_MIN :
		       draw->samples > EPOCH_MAX ? EPOCH_MAX : draw->samples;
	unsigned int steps = epoch / TLML_BATCH, i, t;
	struct tlml_distil *d = calloc(1, sizeof(*d));
	float mean[TLML_FEATURES_MAX];
	double best = INFINITY;

	if (!d)
		return -ENOMEM;
	d->anchor = draw;
	d->seed = o->seed;
	tlml_draw_mean(draw, d->seed, mean);
	tlml_net_init(&d->net, o->inputs ? o->inputs : TLML_FEATURES_MAX, o->hidden,
		      draw->set->n_classes, precision, mean, &d->seed);
	for (i = 0; i < o->epochs; i++) {
		double loss;

		for (t = 0; t < steps; t++)
			tlml_distil_step(d, tlml_rate(RATE, d->net.steps, steps * o->epochs));
		loss = view_loss(&d->net, v->validate);
		if (loss < best || !i) {
			best = loss;
			memcpy(net, &d->net, sizeof(*net));
		}
		progress(o, precision == tlml_net_precision(o->wide) ? "net" :
			 precision == TLML_FLOAT ? "float net" : "other net", (i + 1.0) / o->epochs, loss);
	}
	free(d);
	return 0;
}

int tlml_train_net(const struct tlml_train_views *v, const struct tlml_train_options *o,
		   enum tlml_precision precision, struct tlml_net *net, struct tlml_error *e)
{
	struct tlml_draw d;
	int err;

	err = tlml_draw_init(&d, v->train, TLML_DRAW_NET, e);
	if (err)
		return err;
	err = net_learn(v, o, precision, &d, net);
	tlml_draw_free(&d);
	return err ? tlml_error_set(e, -err, "no memory for the net") : 0;
}

static int train_first(const struct tlml_train_views *v, const struct tlml_train_options *o,
		       struct tlml_parts *p, unsigned int *bits, struct tlml_error *e)
{
	struct tlml_additive *a = malloc(sizeof(*a));
	uint64_t seed = o->seed ^ 1;
	struct tlml_draw d;
	int err;

	err = a ? tlml_draw_init(&d, v->train, TLML_DRAW_FIRST, e) :
		  tlml_error_set(e, ENOMEM, "no memory for the additive head");
	if (!err) {
		progress(o, "first packets", 0, NAN);
		err = tlml_additive_train(a, &d, FIRST_STEPS, &seed);
		if (err)
			tlml_error_set(e, -err, "no memory for the additive head");
		tlml_draw_free(&d);
	}
	if (!err)
		*bits = tlml_additive_export(a, p->additive_w, p->additive_b);
	free(a);
	return err;
}

static int train_layers(const struct tlml_train_views *v, const struct tlml_train_options *o,
			struct tlml_parts *p, struct tlml_error *e)
{
	struct tlml_net *net = malloc(sizeof(*net));
	struct tlml_fc *decode = malloc(sizeof(*decode));
	uint64_t seed = o->seed ^ 2;
	struct tlml_draw d;
	int err;

	err = net && decode ? tlml_train_net(v, o, tlml_net_precision(o->wide), net, e) :
			      tlml_error_set(e, ENOMEM, "no memory for the net");
	if (!err)
		err = tlml_draw_init(&d, v->train, TLML_DRAW_NET, e);
	if (!err) {
		progress(o, "anomaly head", 0, NAN);
		tlml_anomaly_train(decode, net, &d, ANOMALY_STEPS, &seed);
		tlml_parts_set_net(p, net, decode);
		tlml_draw_free(&d);
	}
	free(net);
	free(decode);
	return err;
}

int tlml_train(const struct tlml_train_views *v, const struct tlml_train_options *o,
	       struct tlml_parts *p, struct tlml_error *e)
{
	const struct tlml_set *set = v->train->set;
	unsigned int bits[2] = { 0, tlml_net_bits(tlml_net_precision(o->wide)) };
	int err;

	if (set->n_classes < 2)
		return tlml_error_set(e, EINVAL,
				      "the labels name %u class, a model tells at least 2 apart: add captures of other kinds",
				      set->n_classes);
	if (!v->train->n || !v->validate->n)
		return tlml_error_set(e, EINVAL, "no labelled flow to %s on: check the label files",
				      v->train->n ? "validate" : "train");
	memset(p, 0, sizeof(*p));
	memcpy(p->classes, set->classes, sizeof(p->classes));
	p->header.classes = set->n_classes;
	p->header.generation = o->generation;
	err = train_first(v, o, p, &bits[0], e);
	if (!err)
		err = train_layers(v, o, p, e);
	if (err)
		return err;
	progress(o, "costs and margins", 0, NAN);
	return tlml_tune(p, v->validate, v->train, bits, e);
}

void tlml_train_swap_scores(const struct tlml_net *net, const struct tlml_view *v,
			    const struct tlml_model *m, struct tlml_scores *s)
{
	const int bits = tlml_net_bits(tlml_net_precision(m->header.wide));
	float x[TLML_FEATURES_MAX], z[TLML_CLASSES_MAX];
	unsigned int c;
	uint32_t k;
	size_t i;

	for (i = 0; i < v->n; i++) {
		const struct tlml_run *run = &s->set->runs[v->runs[i]];

		for (k = run->first; k < run->first + run->samples; k++) {
			int32_t *to = s->logits + k * s->classes;

			if (!s->set->samples[k].point)
				continue;
			load_row(x, &s->set->samples[k]);
			tlml_net_forward(net, x, 1, z, NULL);
			for (c = 0; c < s->classes; c++)
				to[c] = lrintf(ldexpf(z[c] * net->nat, bits));
		}
	}
}
