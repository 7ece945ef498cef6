// SPDX-License-Identifier: BSD-2-Clause
/* Training: samples, splits that hold, models that learn and repeat. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../daemon/learn/figures.h"
#include "../../daemon/learn/rand.h"
#include "../../daemon/learn/train.h"

#define TOY_CLASSES	4
#define TOY_CAPTURES	6

static struct tlml_error error;
static int points, failed;

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

/*
 * Flows whose class shows in two features of a first packet and in two others later on: the
 * parity of those, which no additive model can learn.
 */
static void toy_set(struct tlml_set *set, unsigned int flows, uint64_t seed)
{
	static const char *const names[TOY_CLASSES] = { "delta", "alpha", "charlie", "bravo" };
	unsigned int i, k, c;
	char name[16];

	memset(set, 0, sizeof(*set));
	for (c = 0; c < TOY_CLASSES; c++)
		if (tlml_set_class(set, names[c], c == 3, "toy", &error) != (int)c)
			exit(1);
	for (i = 0; i < flows; i++) {
		struct tlml_sample s = { .flow = set->next_flow++, .label = i % TOY_CLASSES };
		unsigned int n = 1 + i % 5;

		snprintf(name, sizeof(name), "capture-%u", i % TOY_CAPTURES);
		s.capture = tlml_set_capture(set, name, TLML_SPLIT_TRAIN, &error);
		for (k = 0; k < TLML_FEATURES_N; k++)
			s.x[k] = tlml_rand_below(&seed, 128);
		s.x[TLML_F_service] = s.label & 1 ? 20 + s.x[3] / 4 : 80 + s.x[3] / 4;
		s.x[TLML_F_flags] = s.label & 2 ? s.x[4] / 3 : 127 - s.x[4] / 3;
		s.x[20] = s.x[20] & 63;
		s.x[21] = s.label & 1 ? s.x[20] : 127 - s.x[20];
		for (; s.point < n; s.point++)
			must(tlml_set_add(set, &s, &error));
	}
	must(tlml_set_index(set, &error));
}

static void test_draw(void)
{
	unsigned int i, k, wrong = 0, of_class[TOY_CLASSES] = { 0 };
	struct tlml_set set;
	struct tlml_view v;
	struct tlml_draw d;
	uint64_t seed = 3;

	toy_set(&set, 1000, 1);
	must(tlml_set_view(&set, TLML_SPLIT_TRAIN, &v, &error));
	for (k = TLML_DRAW_FIRST; k <= TLML_DRAW_NET; k++) {
		must(tlml_draw_init(&d, &v, k, &error));
		for (i = 0; i < 4000; i++) {
			const struct tlml_sample *s = tlml_draw_next(&d, &seed);

			wrong += (s->point > 0) != (k == TLML_DRAW_NET);
			of_class[s->label]++;
		}
		tlml_draw_free(&d);
	}
	for (i = 0; i < TOY_CLASSES; i++)
		wrong += of_class[i] < 1500;
	result(!wrong, "draws are of the kind asked for and balanced");
	tlml_view_free(&v);
	tlml_set_free(&set);
}

static void test_set(void)
{
	unsigned int i, n[TLML_SPLITS] = { 0 };
	struct tlml_set set, again;
	bool same = true;

	toy_set(&set, 600, 1);
	result(!strcmp(set.classes[0].name, "alpha") && !strcmp(set.classes[3].name, "bravo") &&
	       set.classes[3].attack, "classes are sorted, attacks last");
	toy_set(&again, 600, 1);
	must(tlml_set_divide(&set, 9, &error));
	must(tlml_set_divide(&again, 9, &error));
	for (i = 0; i < set.n_captures; i++) {
		n[set.captures[i].split]++;
		same &= set.captures[i].split == again.captures[i].split;
	}
	result(n[TLML_SPLIT_VALIDATE] == 2 && n[TLML_SPLIT_TRAIN] == 4 && same,
	       "captures are divided, alike for a seed");
	set.samples[1].point = set.samples[0].point;
	set.samples[1].flow = set.samples[0].flow;
	result(tlml_set_index(&set, &error) < 0 && strstr(error.text, "capture-"),
	       "two rows for one decision are refused");
	result(tlml_set_capture(&set, "capture-0", TLML_SPLIT_TEST, &error) < 0 &&
	       strstr(error.text, "capture-0"), "a capture is in one split only");
	result(tlml_set_class(&set, "alpha", 1, "x.tsv", &error) < 0 && strstr(error.text, "x.tsv"),
	       "a class cannot be an attack and not");
	result(tlml_set_class(&set, "a b", 0, "x.tsv", &error) < 0 &&
	       tlml_set_class(&set, "sixteen-letters-", 0, "x.tsv", &error) < 0 &&
	       tlml_set_class(&set, "", 0, "x.tsv", &error) < 0, "odd class names are refused");
	tlml_set_free(&set);
	tlml_set_free(&again);
}

static void test_additive(void)
{
	static struct tlml_additive a;
	static int16_t w[TLML_ADDITIVE_WEIGHTS];
	int32_t b[TLML_CLASSES_MAX];
	struct tlml_set set;
	struct tlml_view v;
	struct tlml_draw d;
	uint64_t seed = 13;
	unsigned int bits, i, k, c, right = 0, all = 0;

	toy_set(&set, 2000, 2);
	must(tlml_set_view(&set, TLML_SPLIT_TRAIN, &v, &error));
	must(tlml_draw_init(&d, &v, TLML_DRAW_FIRST, &error));
	must(tlml_additive_train(&a, &d, 300, &seed));
	bits = tlml_additive_export(&a, w, b);
	for (i = 0; i < set.n_samples; i++) {
		const struct tlml_sample *s = &set.samples[i];
		int32_t z[TOY_CLASSES], best = 0;

		if (s->point)
			continue;
		for (c = 0; c < TOY_CLASSES; c++) {
			z[c] = b[c];
			for (k = 0; k < TLML_FIRST; k++)
				z[c] += w[(k * TLML_BINS + (s->x[k] >> 3)) * TOY_CLASSES + c];
			best = z[c] > z[best] ? (int)c : best;
		}
		right += best == s->label;
		all++;
	}
	printf("# %u of %u right, 2^%u a nat\n", right, all, bits);
	result(right > all * 95 / 100 && bits > 5, "the additive head learns what is additive");
	tlml_draw_free(&d);
	tlml_view_free(&v);
	tlml_set_free(&set);
}

static size_t train_toy(const struct tlml_set *set, uint64_t seed, void **blob, double *f1)
{
	static struct tlml_parts parts;
	struct tlml_train_options o = { .hidden = { 16, 8 }, .epochs = 4, .seed = seed,
					.generation = 1 };
	struct tlml_view train, validate;
	struct tlml_train_views views = { &train, &validate };
	struct tlml_scores scores;
	struct tlml_figures f;
	struct tlml_costs c;
	struct tlml_model m;
	size_t size;

	must(tlml_set_view(set, TLML_SPLIT_TRAIN, &train, &error));
	must(tlml_set_view(set, TLML_SPLIT_VALIDATE, &validate, &error));
	must(tlml_train(&views, &o, &parts, &error));
	*blob = tlml_blob_build(&parts, "{}", &size);
	must(tlml_model_parse(*blob, size, "toy", &m, &error));
	must(tlml_scores_init(&scores, set, m.header.classes, &error));
	tlml_scores_fill(&scores, &validate, &m);
	c = tlml_costs_of(&m);
	f = tlml_figures_of(&scores, &validate, &c, TLML_POINTS);
	*f1 = tlml_figures_macro_f1(&f);
	tlml_scores_free(&scores);
	tlml_model_free(&m);
	tlml_view_free(&train);
	tlml_view_free(&validate);
	return size;
}

static void test_train(void)
{
	void *a, *b, *c;
	size_t sizes[3];
	struct tlml_set set;
	double f1[3];

	toy_set(&set, 1500, 4);
	must(tlml_set_divide(&set, 1, &error));
	sizes[0] = train_toy(&set, 21, &a, &f1[0]);
	sizes[1] = train_toy(&set, 21, &b, &f1[1]);
	sizes[2] = train_toy(&set, 22, &c, &f1[2]);
	printf("# macro-F1 on captures not trained on: %.4f, other seed %.4f\n", f1[0], f1[2]);
	result(f1[0] > 0.95 && f1[2] > 0.95, "a model learns flows of captures it has not seen");
	result(sizes[0] == sizes[1] && !memcmp(a, b, sizes[0]), "the same seed gives the same bytes");
	result(sizes[0] != sizes[2] || memcmp(a, c, sizes[0]), "another seed gives others");
	free(a);
	free(b);
	free(c);
	tlml_set_free(&set);
}

static void test_refusals(void)
{
	static struct tlml_parts parts;
	struct tlml_train_options o = { .hidden = { 16, 8 }, .epochs = 1, .generation = 1 };
	struct tlml_view view;
	struct tlml_train_views views = { &view, &view };
	struct tlml_set set = { 0 };
	int id;

	id = tlml_set_capture(&set, "one", TLML_SPLIT_TRAIN, &error);
	result(id == 0 && tlml_set_divide(&set, 1, &error) < 0 && strstr(error.text, "second one"),
	       "one capture alone cannot be divided");
	must(tlml_set_index(&set, &error));
	must(tlml_set_view(&set, TLML_SPLIT_TRAIN, &view, &error));
	result(tlml_train(&views, &o, &parts, &error) < 0 && strstr(error.text, "2 apart"),
	       "a single class is refused");
	tlml_set_class(&set, "a", 0, "x", &error);
	tlml_set_class(&set, "b", 0, "x", &error);
	result(tlml_train(&views, &o, &parts, &error) < 0 && strstr(error.text, "no labelled flow"),
	       "nothing to learn from is refused");
	tlml_view_free(&view);
	tlml_set_free(&set);
}

int main(void)
{
	printf("KTAP version 1\n");
	test_set();
	test_draw();
	test_additive();
	test_train();
	test_refusals();
	printf("1..%d\n", points);
	return !!failed;
}
