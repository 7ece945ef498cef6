// SPDX-License-Identifier: BSD-2-Clause
/*
 * Two models on the same flows: which one is right, and what the other would drop under the policy
 * that is in force. The other one is the default model with classes mixed up.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../daemon/learn/anchor.h"
#include "../../daemon/learn/draw.h"
#include "../../daemon/learn/paired.h"

__asm__(".section .rodata\n"
	"model_file: .incbin \"tools/models/default.tlml\"\n"
	"model_end:\n"
	"anchor_file: .incbin \"tools/models/default.anchor\"\n"
	"anchor_end:\n"
	".previous\n");

extern const unsigned char model_file[], model_end[], anchor_file[], anchor_end[];

#define FLOWS	600

static struct tlml_error error;
static struct tlml_model good, bad;
static struct tlml_set anchor;
static struct tlml_view rehearsed;
static struct tlml_draw known;
static struct tlml_policy policy[TLML_CLASSES_MAX];
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

/* Where the class layer says one class, it says the next one. */
static void mix_up(void *blob, size_t size)
{
	struct tlml_model_header *h = blob;
	struct tlml_layer *l = (struct tlml_layer *)(h + 1);
	int8_t *w, row[TLML_HIDDEN2_MAX];
	int32_t *b, first;
	size_t rest;

	while (l->kind != TLML_LAYER_CLASS)
		l++;
	w = (int8_t *)blob + h->data + l->weights;
	b = (int32_t *)((char *)blob + h->data + l->biases);
	rest = l->outputs - 1;
	memcpy(row, w, l->inputs);
	memmove(w, w + l->inputs, rest * l->inputs);
	memcpy(w + rest * l->inputs, row, l->inputs);
	first = b[0];
	memmove(b, b + 1, rest * sizeof(*b));
	b[rest] = first;
	tlml_model_seal(blob, size);
}

static unsigned int class_of(const char *name)
{
	for (unsigned int c = 0; c < good.header.classes; c++)
		if (!strcmp(good.classes[c].name, name))
			return c;
	return 0;
}

/* Known flows, answered as they are labelled. */
static struct tlml_paired compare(const struct tlml_model *first, const struct tlml_model *second,
				  const struct tlml_policy *p)
{
	struct tlml_paired pair = { 0 };
	uint64_t seed = 5;

	for (unsigned int i = 0; i < FLOWS; i++) {
		const struct tlml_sample *s = tlml_draw_next(&known, &seed);
		struct tlml_answered a = { .label = s->label,
					   .reason = i % 2 ? TLML_REASON_AUDIT :
							     TLML_REASON_UNSURE };

		memcpy(a.x, s->x, sizeof(a.x));
		tlml_paired_add(&pair, first, second, p, &a);
	}
	printf("# %u flows, better on %u, worse on %u; %u benign, %u dropped\n", pair.flows,
	       pair.better, pair.worse, pair.benign, pair.dropped);
	return pair;
}

static void test_right(void)
{
	struct tlml_paired p = compare(&good, &good, NULL);

	result(p.flows == FLOWS && !p.better && !p.worse && !p.dropped && p.benign > FLOWS / 4,
	       "a model is neither better nor worse than itself");
	p = compare(&good, &bad, NULL);
	result(p.worse > FLOWS / 2 && p.better < FLOWS / 20 && p.random_worse > p.worse / 3 &&
	       p.random_worse < p.worse, "one that mixes classes up is worse");
	p = compare(&bad, &good, NULL);
	result(p.better > FLOWS / 2 && p.worse < FLOWS / 20, "and the other one better");
}

static void test_policy(void)
{
	unsigned int n = good.header.classes, c, web = class_of("web"), voip = class_of("voip");
	struct tlml_paired own = compare(&good, &bad, NULL), p;

	result(own.dropped > 10, "it would drop benign flows by its own margins");
	for (c = 0; c < n; c++)
		policy[c] = (struct tlml_policy){ .margin_act = good.classes[c].margin_act };
	p = compare(&good, &bad, policy);
	result(p.dropped == own.dropped && p.benign == own.benign,
	       "attacks count before they are dropped");
	for (c = 0; c < n; c++)
		policy[c].margin_act = 255;
	p = compare(&good, &bad, policy);
	result(!p.dropped, "margins that nothing reaches drop nothing");
	policy[voip].margin_act = 0;
	policy[voip].action = TLML_ACTION_LIMIT;
	p = compare(&good, &bad, policy);
	result(p.dropped > 10, "a benign class that is limited counts");
	result(p.benign < own.benign, "and its own flows are not to be left alone");
	policy[voip].action = TLML_ACTION_MARK;
	p = compare(&good, &bad, policy);
	result(!p.dropped && p.benign == own.benign, "marking stops nobody");
	result(tlml_paired_benign(&good, policy, web) && !tlml_paired_acts(&good, policy, web, 255),
	       "nor is what is benign ever acted on");
}

int main(void)
{
	size_t size = model_end - model_file;
	void *blob = malloc(size);

	printf("KTAP version 1\n");
	memcpy(blob, model_file, size);
	must(tlml_model_parse(blob, size, "model", &good, &error));
	mix_up(blob, size);
	must(tlml_model_parse(blob, size, "mixed up", &bad, &error));
	free(blob);
	must(tlml_anchor_parse(anchor_file, anchor_end - anchor_file, "anchor", &good, &anchor,
			       &error));
	must(tlml_set_view(&anchor, TLML_ANCHOR_REHEARSE, &rehearsed, &error));
	must(tlml_draw_init(&known, &rehearsed, TLML_DRAW_NET, &error));
	test_right();
	test_policy();
	printf("1..%d\n", points);
	tlml_draw_free(&known);
	tlml_view_free(&rehearsed);
	tlml_set_free(&anchor);
	tlml_model_free(&good);
	tlml_model_free(&bad);
	return !!failed;
}
