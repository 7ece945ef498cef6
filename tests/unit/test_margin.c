// SPDX-License-Identifier: BSD-2-Clause
/* What a margin is worth: below which one a flow is asked about. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../daemon/learn/tune.h"

#define FLOWS	200		/* of each class */
#define SURE	60		/* margin of the last decision, and of the first */

/* How the margins of a class are at packet 8; what it is taken for there every other time. */
enum { TIED, SPREAD, SHORT, MISTAKE, CLASSES };

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

/* Flows of 16 packets, those of SHORT of 4; none of MISTAKE. */
static void make_flows(struct tlml_set *set)
{
	static const char *const names[CLASSES] = { "a-tied", "b-spread", "c-short", "d-mistake" };
	unsigned int i, k;

	for (k = 0; k < CLASSES; k++)
		tlml_set_class(set, names[k], 0, "test", &error);
	must(tlml_set_capture(set, "capture", TLML_SPLIT_VALIDATE, &error));
	for (i = 0; i < MISTAKE * FLOWS; i++) {
		struct tlml_sample s = { .flow = set->next_flow++, .label = i % MISTAKE };

		for (; s.point < (s.label == SHORT ? 3 : 5); s.point++)
			must(tlml_set_add(set, &s, &error));
	}
	must(tlml_set_index(set, &error));
}

/* Logits that make verdicts right in the end; those of SPREAD at packet 8 half of the time. */
static void make_logits(struct tlml_scores *s)
{
	size_t i;

	for (i = 0; i < s->set->n_samples; i++) {
		const struct tlml_sample *p = &s->set->samples[i];
		unsigned int nth = p->flow / MISTAKE, margin = SURE, klass = p->label;

		if (p->point == 3) {
			margin = klass == SPREAD ? 1 + nth / 4 : 0;
			klass = klass == SPREAD && nth & 1 ? MISTAKE : klass;
		}
		s->logits[i * s->classes + klass] = margin;
	}
}

int main(void)
{
	static struct tlml_model_header header;
	struct tlml_class_info classes[TLML_CLASSES_MAX] = { 0 };
	struct tlml_costs costs = { .points = 0x7ff, .decay = 8 };
	struct tlml_view validate, train;
	struct tlml_set set = { 0 };
	struct tlml_scores scores;
	float odds;

	printf("KTAP version 1\n");
	make_flows(&set);
	must(tlml_set_view(&set, TLML_SPLIT_VALIDATE, &validate, &error));
	must(tlml_set_view(&set, TLML_SPLIT_TRAIN, &train, &error));
	must(tlml_scores_init(&scores, &set, CLASSES, &error));
	make_logits(&scores);
	must(tlml_tune_margins(&scores, &validate, &train, &costs, 1, &header, classes, &error));

	/* Two right ones have each margin from 1 on: 5 % of 100 are there with those of 3. */
	result(classes[SPREAD].margin_hard == 4, "5 % of the verdicts at packet 8 are below it");
	result(classes[TIED].margin_hard == 1, "more are where more are as little sure");
	result(classes[SHORT].margin_hard == 255, "a verdict that packet 8 never saw is a guess");
	odds = header.calibration[0] + header.calibration[1] * 30;
	result(odds > -1 && odds < 1, "calibration tells how it was at packet 8, not in the end");
	tlml_scores_free(&scores);
	tlml_view_free(&validate);
	tlml_view_free(&train);
	tlml_set_free(&set);
	printf("1..%d\n", points);
	return !!failed;
}
