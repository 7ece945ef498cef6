// SPDX-License-Identifier: BSD-2-Clause
/* Learning from answers, and the gate before what was learned. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../daemon/learn/distil.h"
#include "../../daemon/learn/gate.h"
#include "../../daemon/learn/train.h"

#define CLASSES	4
#define STEPS	600

static struct tlml_error error;
static int points, failed;

/* A world that is known and labelled, and a model of it. */
static struct tlml_set known;
static struct tlml_view rehearsed, golden;
static struct tlml_draw anchor;
static struct tlml_model incumbent;

static void result(bool ok, const char *what)
{
	printf("%sok %d - %s\n", ok ? "" : "not ", ++points, what);
	failed += !ok;
}

static void must(int err)
{
	if (!err)
		return;
	printf("Bail out! %s\n", error.text);
	exit(1);
}

/* A class shows in a feature of its own; moved, the last one shows in another. */
static void draw_features(uint8_t *x, unsigned int klass, bool moved, uint64_t *seed)
{
	unsigned int i;

	for (i = 0; i < TLML_FEATURES_MAX; i++)
		x[i] = tlml_rand_below(seed, 60);
	if (moved && klass == CLASSES - 1)
		x[24] = 90 + tlml_rand_below(seed, 30);
	else
		x[6 + klass] = 90 + tlml_rand_below(seed, 30);
}

static void make_known(void)
{
	static const char *const names[CLASSES] = { "alpha", "bravo", "charlie", "delta" };
	struct tlml_train_options o = { .hidden = { 16, 8 }, .epochs = 2, .seed = 5,
					.generation = 6 };
	struct tlml_train_views views = { &rehearsed, &golden };
	static struct tlml_parts parts;
	unsigned int i, c;
	uint64_t seed = 1;
	size_t size;
	void *blob;

	for (c = 0; c < CLASSES; c++)
		tlml_set_class(&known, names[c], c >= 2, "test", &error);
	for (i = 0; i < 1600; i++) {
		struct tlml_sample s = { .flow = known.next_flow++, .label = i % CLASSES };

		s.capture = tlml_set_capture(&known, i % 8 < 4 ? "a" : "b",
					     i % 8 < 4 ? TLML_SPLIT_TRAIN : TLML_SPLIT_VALIDATE,
					     &error);
		draw_features(s.x, s.label, false, &seed);
		for (s.point = 0; s.point < 2; s.point++)
			must(tlml_set_add(&known, &s, &error));
	}
	must(tlml_set_index(&known, &error));
	must(tlml_set_view(&known, TLML_SPLIT_TRAIN, &rehearsed, &error));
	must(tlml_set_view(&known, TLML_SPLIT_VALIDATE, &golden, &error));
	must(tlml_draw_init(&anchor, &rehearsed, TLML_DRAW_NET, &error));
	must(tlml_train(&views, &o, &parts, &error));
	parts.header.points = 2;	/* the net decides, at the second packet */
	blob = tlml_blob_build(&parts, "{}", &size);
	must(tlml_model_parse(blob, size, "incumbent", &incumbent, &error));
	free(blob);
}

/*
 * Answers of a large model that knows where the last class went; a share of what it says of attacks
 * is a lie: that they are alpha.
 */
static void make_answers(struct tlml_reservoir *r, unsigned int n, double lies, uint64_t seed)
{
	unsigned int i;

	must(tlml_reservoir_init(r, known.classes, CLASSES, n, 100, 1, &error));
	for (i = 0; i < n; i++) {
		struct tlml_answered a = { .label = TLML_UNLABELLED };
		float p[CLASSES] = { 0.01f, 0.01f, 0.01f, 0.01f };
		unsigned int klass = i % CLASSES;

		draw_features(a.x, klass, true, &seed);
		if (klass >= 2 && tlml_rand_unit(&seed) < lies)
			klass = 0;
		p[klass] = 0.97f;
		tlml_answered_set(&a, p, CLASSES);
		tlml_reservoir_add(r, &a);
	}
}

/* What comes of learning from r: a model, the trainer that made it in d. */
static void learn(struct tlml_distil *d, const struct tlml_reservoir *r, unsigned int steps,
		  struct tlml_model *m)
{
	unsigned int t;
	size_t size;
	void *blob;

	must(tlml_lessons_take(&d->lessons, r, &error));
	tlml_distil_begin(d, &incumbent, &anchor, 9);
	for (t = 0; t < steps; t++)
		tlml_distil_step(d, tlml_rate(0.01f, t, steps));
	blob = tlml_distil_blob(d, &incumbent, steps ? &golden : NULL, &rehearsed, "{\"a\":1}", &size,
				&error);
	if (!blob)
		must(-EINVAL);
	must(tlml_model_parse(blob, size, "candidate", m, &error));
	free(blob);
}

/* Share of right verdicts on traffic as it is now; anomaly: its mean score of what is benign. */
static double accuracy(const struct tlml_model *m, bool moved, double *anomaly)
{
	unsigned int i, c, right = 0, n = 2000, sum = 0;
	uint8_t x[TLML_FEATURES_MAX], score;
	int32_t logit[TLML_CLASSES_MAX];
	uint64_t seed = 77;

	for (i = 0; i < n; i++) {
		unsigned int best = 0;

		draw_features(x, i % CLASSES, moved, &seed);
		score = tlml_infer_net(m, x, logit);
		for (c = 1; c < CLASSES; c++)
			best = logit[c] > logit[best] ? c : best;
		right += best == i % CLASSES;
		sum += i % CLASSES < 2 ? score : 0;
	}
	if (anomaly)
		*anomaly = 2.0 * sum / n;
	return (double)right / n;
}

static int same_layers(const struct tlml_model *a, const struct tlml_model *b)
{
	return a->header.data_size == b->header.data_size && a->header.data == b->header.data &&
	       !memcmp((char *)a->blob + a->header.data, (char *)b->blob + b->header.data,
		       a->header.data_size);
}

static void test_learning(struct tlml_distil *d)
{
	struct tlml_reservoir answers, audits;
	struct tlml_gate gate = { .incumbent = &incumbent, .golden = &golden, .trained = &d->net,
				  .audits = &audits, .limits = TLML_GATE_LIMITS };
	double was, is, old, anomaly[2];
	struct tlml_gate_report r;
	struct tlml_model m, again;

	make_answers(&answers, 800, 0, 3);
	make_answers(&audits, 100, 0, 4);
	learn(d, &answers, 0, &m);
	result(same_layers(&incumbent, &m) && m.header.generation == 7,
	       "before a step it is the model it began with, one generation on");
	gate.candidate = &m;
	result(tlml_gate_pass(&gate, &r, &error) == -EACCES && r.why == TLML_GATE_NO_BETTER,
	       "and refused as no better");
	printf("# %s\n", error.text);
	tlml_model_free(&m);

	learn(d, &answers, STEPS, &m);
	learn(d, &answers, STEPS, &again);
	result(same_layers(&m, &again), "the same seed and answers give the same bytes");
	tlml_model_free(&again);
	was = accuracy(&incumbent, true, NULL);
	is = accuracy(&m, true, &anomaly[1]);
	old = accuracy(&m, false, NULL);
	printf("# right on moved traffic %.3f, then %.3f; on known traffic %.3f\n", was, is, old);
	result(was < 0.8 && is > 0.95 && old > 0.95, "it learns what moved and keeps what it knew");
	accuracy(&incumbent, true, &anomaly[0]);
	printf("# anomaly of what is benign %.1f, then %.1f\n", anomaly[0], anomaly[1]);
	result(!same_layers(&m, &incumbent) && anomaly[1] < anomaly[0] * 1.2 &&
	       m.header.anomaly_high <= 128, "the anomaly head follows");
	result(!tlml_gate_pass(&gate, &r, &error) && r.why == TLML_GATE_PASSED,
	       "the gate lets it pass");
	printf("# compared %u, differ %u, golden %.3f then %.3f, audits better %u worse %u p %.2g\n",
	       r.compared, r.differ, r.golden[0], r.golden[1], r.better, r.worse,
	       r.chance);
	result(r.compared == golden.n * CLASSES && !r.differ && r.better > 10 && r.audits == 100,
	       "and says in numbers why");
	gate.golden = &(struct tlml_view){ .set = &known };
	result(tlml_gate_pass(&gate, &r, &error) == -EACCES && r.why == TLML_GATE_FORGOT,
	       "without golden flows nothing passes");
	gate.golden = &golden;
	d->net.layer[1].qb[3] += 300;
	result(tlml_gate_pass(&gate, &r, &error) == -EACCES && r.why == TLML_GATE_UNSOUND &&
	       r.differ,
	       "integers that are not what was trained are refused");
	gate.incumbent = &m;
	result(tlml_gate_pass(&gate, &r, &error) == -EACCES && strstr(error.text, "not newer"),
	       "so is a generation that is not newer");
	tlml_model_free(&m);
	tlml_reservoir_free(&answers);
	tlml_reservoir_free(&audits);
}

/* Better on what is hard does not outweigh being worse on flows taken at random. */
static void test_random(struct tlml_distil *d)
{
	struct tlml_reservoir answers, audits, odd;
	struct tlml_gate gate = { .incumbent = &incumbent, .golden = &golden, .audits = &audits,
				  .limits = TLML_GATE_LIMITS };
	struct tlml_gate_report r;
	struct tlml_model m;
	unsigned int i;

	make_answers(&answers, 800, 0, 3);
	make_answers(&audits, 400, 0, 4);
	make_answers(&odd, 100, 0, 5);
	learn(d, &answers, STEPS, &m);
	audits.n = 300;
	for (i = CLASSES - 1; i < 100; i += CLASSES) {	/* of what moved the live model is right */
		struct tlml_answered *a = &audits.item[audits.n++];
		int32_t logit[TLML_CLASSES_MAX];
		unsigned int c, best = 0;

		*a = odd.item[i];
		tlml_infer_net(&incumbent, a->x, logit);
		for (c = 1; c < CLASSES; c++)
			best = logit[c] > logit[best] ? c : best;
		a->label = best;
		a->reason = TLML_REASON_AUDIT;
	}
	gate.candidate = &m;
	gate.limits.dropped = 1;
	result(tlml_gate_pass(&gate, &r, &error) == -EACCES && r.why == TLML_GATE_NO_BETTER &&
	       r.better > r.worse && r.random_worse > 10 && strstr(error.text, "random"),
	       "worse on random audits is refused, however good on hard flows");
	printf("# %s\n", error.text);
	tlml_model_free(&m);
	tlml_reservoir_free(&answers);
	tlml_reservoir_free(&audits);
	tlml_reservoir_free(&odd);
}

/* Learns and is judged by answers of which a share lies: what the gate says, and golden recall. */
static enum tlml_gate_why poisoned(struct tlml_distil *d, double lies, double *golden_recall)
{
	struct tlml_reservoir answers, audits;
	struct tlml_gate gate = { .incumbent = &incumbent, .golden = &golden, .trained = &d->net,
				  .audits = &audits, .limits = TLML_GATE_LIMITS };
	struct tlml_gate_report r;
	struct tlml_model m;

	make_answers(&answers, 800, lies, 13);
	make_answers(&audits, 100, lies, 14);
	learn(d, &answers, STEPS, &m);
	gate.candidate = &m;
	*error.text = 0;
	tlml_gate_pass(&gate, &r, &error);
	*golden_recall = r.golden[1];
	printf("# %.0f %% lies: golden %.3f then %.3f; %s\n", lies * 100, r.golden[0],
	       r.golden[1], *error.text ? error.text : "passed");
	tlml_model_free(&m);
	tlml_reservoir_free(&answers);
	tlml_reservoir_free(&audits);
	return r.why;
}

/* A model that forgot must not become the measure of the next. */
static void test_shipped(struct tlml_distil *d)
{
	struct tlml_reservoir lies, audits;
	struct tlml_gate gate = { .incumbent = &incumbent, .golden = &golden, .audits = &audits,
				  .limits = TLML_GATE_LIMITS };
	struct tlml_model shipped = incumbent, m;
	struct tlml_gate_report r;

	make_answers(&lies, 800, 1, 13);
	make_answers(&audits, 100, 0, 14);
	learn(d, &lies, STEPS, &incumbent);
	learn(d, &lies, 0, &m);
	gate.candidate = &m;
	result(tlml_gate_pass(&gate, &r, &error) == -EACCES && r.why == TLML_GATE_NO_BETTER,
	       "one as bad as the live one is no better");
	gate.shipped = &shipped;
	result(tlml_gate_pass(&gate, &r, &error) == -EACCES && r.why == TLML_GATE_FORGOT &&
	       strstr(error.text, "shipped"), "and has forgotten what the shipped one knew");
	tlml_model_free(&m);
	tlml_model_free(&incumbent);
	incumbent = shipped;
	tlml_reservoir_free(&lies);
	tlml_reservoir_free(&audits);
}

static void test_poison(struct tlml_distil *d)
{
	double recall;

	result(poisoned(d, 0.05, &recall) == TLML_GATE_PASSED && recall > 0.98,
	       "a teacher that seldom lies is learned from");
	result(poisoned(d, 0.2, &recall) != TLML_GATE_PASSED || recall > 0.98,
	       "with every fifth attack a lie, what is known is known still, or it is refused");
	result(poisoned(d, 1, &recall) != TLML_GATE_PASSED, "one that hides all attacks is refused");
}

/* A net narrower than models may be is the same when it is widened. */
static void test_narrow(void)
{
	static struct tlml_parts parts;
	static struct tlml_net net;
	unsigned int i, c, differ = 0;
	float x[TLML_FEATURES_MAX], z[TLML_CLASSES_MAX];
	uint8_t bytes[TLML_FEATURES_MAX] = { 0 };
	int32_t logit[TLML_CLASSES_MAX];
	uint64_t seed = 3;
	struct tlml_model m;
	size_t size;
	void *blob;

	tlml_parts_set_rest(&parts, &incumbent);
	parts.header.anomaly_low = parts.header.anomaly_high = 128;
	tlml_net_init(&net, 16, (unsigned int[]){ 8, 4 }, CLASSES, TLML_INT8, NULL, &seed);
	tlml_parts_set_net(&parts, &net, NULL);
	blob = tlml_blob_build(&parts, "{}", &size);
	must(tlml_model_parse(blob, size, "narrow", &m, &error));
	for (i = 0; i < 500; i++) {
		for (c = 0; c < 16; c++)
			x[c] = bytes[c] = tlml_rand_below(&seed, 128);
		tlml_net_forward(&net, x, 1, z, NULL);
		tlml_infer_net(&m, bytes, logit);
		for (c = 0; c < CLASSES; c++)
			differ += logit[c] != (int32_t)z[c];
	}
	result(!differ, "a net of 16, 8 and 4 fits a model of 32, 16 and 8");
	tlml_model_free(&m);
	free(blob);
}

int main(void)
{
	struct tlml_distil *d = calloc(1, sizeof(*d));

	printf("KTAP version 1\n");
	make_known();
	test_narrow();
	test_learning(d);
	test_random(d);
	test_poison(d);
	test_shipped(d);
	printf("1..%d\n", points);
	tlml_distil_free(d);
	free(d);
	tlml_model_free(&incumbent);
	tlml_draw_free(&anchor);
	tlml_view_free(&rehearsed);
	tlml_view_free(&golden);
	tlml_set_free(&known);
	return !!failed;
}
