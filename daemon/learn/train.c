// SPDX-License-Identifier: BSD-2-Clause
/* The whole of training: from labelled samples to the parts of a blob. */
#include "train.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "anomaly.h"
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

/* Whole, as part of the biases; where training draws, not where flows abound. */
static void draw_mean(const struct tlml_draw *d, uint64_t seed, float mean[TLML_FEATURES_MAX])
{
	unsigned int n = 4096, k, i;

	memset(mean, 0, TLML_FEATURES_MAX * sizeof(*mean));
	for (k = 0; k < n; k++) {
		const struct tlml_sample *s = tlml_draw_next(d, &seed);

		for (i = 0; i < TLML_FEATURES_MAX; i++)
			mean[i] += s->x[i];
	}
	for (i = 0; i < TLML_FEATURES_MAX; i++)
		mean[i] = rintf(mean[i] / n);
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

static void net_epoch(struct tlml_net *net, const struct tlml_draw *d, unsigned int steps,
		      unsigned int all, uint64_t *seed)
{
	float x[TLML_BATCH * TLML_FEATURES_MAX];
	uint8_t label[TLML_BATCH];
	unsigned int t, k;

	for (t = 0; t < steps; t++) {
		for (k = 0; k < TLML_BATCH; k++) {
			const struct tlml_sample *s = tlml_draw_next(d, seed);

			load_row(x + k * TLML_FEATURES_MAX, s);
			label[k] = s->label;
		}
		tlml_net_backward(net, x, label, TLML_BATCH);
		tlml_net_step(net, RATE * 0.5f * (1 + cosf(3.1415927f * net->steps / all)));
	}
}

static int net_learn(const struct tlml_train_views *v, const struct tlml_train_options *o,
		     enum tlml_precision precision, const struct tlml_draw *d, struct tlml_net *net)
{
	size_t epoch = d->samples < EPOCH_MIN ? EPOCH_MIN :
		       d->samples > EPOCH_MAX ? EPOCH_MAX : d->samples;
	unsigned int steps = epoch / TLML_BATCH, i;
	struct tlml_net *work = malloc(sizeof(*work));
	float mean[TLML_FEATURES_MAX];
	double best = INFINITY;
	uint64_t seed = o->seed;

	if (!work)
		return -ENOMEM;
	draw_mean(d, seed, mean);
	tlml_net_init(work, o->hidden, d->set->n_classes, precision, mean, &seed);
	for (i = 0; i < o->epochs; i++) {
		double loss;

		net_epoch(work, d, steps, steps * o->epochs, &seed);
		loss = view_loss(work, v->validate);
		if (loss < best || !i) {
			best = loss;
			memcpy(net, work, sizeof(*net));
		}
		progress(o, precision == TLML_INT8 ? "net" : precision == TLML_FLOAT ? "float net" :
			 "net without bound", (i + 1.0) / o->epochs, loss);
	}
	free(work);
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
	unsigned int i;
	int err;

	err = net && decode ? tlml_train_net(v, o, TLML_INT8, net, e) :
			      tlml_error_set(e, ENOMEM, "no memory for the net");
	if (!err)
		err = tlml_draw_init(&d, v->train, TLML_DRAW_NET, e);
	if (!err) {
		progress(o, "anomaly head", 0, NAN);
		tlml_anomaly_train(decode, net, &d, ANOMALY_STEPS, &seed);
		for (i = 0; i < 3; i++)
			tlml_part_set(&p->dense[i], &net->layer[i]);
		tlml_part_set(&p->dense[3], decode);
		tlml_draw_free(&d);
	}
	free(net);
	free(decode);
	return err;
}

/* Chooses what depends on how the integer model does on validation. */
static int train_tune(const struct tlml_train_views *v, const struct tlml_train_options *o,
		      struct tlml_parts *p, const unsigned int bits[2], struct tlml_error *e)
{
	const struct tlml_set *set = v->validate->set;
	struct tlml_scores scores;
	struct tlml_costs costs;
	struct tlml_model model;
	size_t size;
	void *blob;
	int err;

	progress(o, "costs and margins", 0, NAN);
	p->header.points = 1;
	p->header.temperature = 1;
	p->header.anomaly_low = p->header.anomaly_high = TLML_ACT_MAX + 1;
	blob = tlml_blob_build(p, "{}", &size);
	if (!blob)
		return tlml_error_set(e, ENOMEM, "no memory for the model");
	err = tlml_model_parse(blob, size, "the model just trained", &model, e);
	free(blob);
	if (err)
		return err;
	err = tlml_scores_init(&scores, set, set->n_classes, e);
	if (!err) {
		tlml_scores_fill(&scores, v->validate, &model);
		costs = tlml_tune_costs(&scores, v->validate, bits);
		p->header.points = costs.points;
		memcpy(p->header.cost_shift, costs.shift, sizeof(costs.shift));
		p->header.cost_decay = costs.decay;
		tlml_tune_anomaly(&scores, v->validate, &p->header);
		tlml_scores_fill(&scores, v->train, &model);
		err = tlml_tune_margins(&scores, v->validate, v->train, &costs,
					ldexp(1, -(int)bits[1]), &p->header, p->classes, e);
		tlml_scores_free(&scores);
	}
	tlml_model_free(&model);
	return err;
}

int tlml_train(const struct tlml_train_views *v, const struct tlml_train_options *o,
	       struct tlml_parts *p, struct tlml_error *e)
{
	const struct tlml_set *set = v->train->set;
	unsigned int bits[2] = { 0, TLML_NET_BITS };
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
	return err ? err : train_tune(v, o, p, bits, e);
}

void tlml_train_swap_scores(const struct tlml_net *net, const struct tlml_view *v,
			    struct tlml_scores *s)
{
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
				to[c] = lrintf(ldexpf(z[c] * net->nat, TLML_NET_BITS));
		}
	}
}
