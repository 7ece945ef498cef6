// SPDX-License-Identifier: BSD-2-Clause
/* From probabilities to the line: which opinions are applied, what is written, what is mended. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "../../daemon/answers.h"

#define MASK	3
#define A	-2.0	/* calibration: log odds A + B * margin */
#define B	0.05

static struct tlml_weights slots[TLML_SLOTS], *w = &slots[1];
static struct tlml_flow_bucket flows[MASK + 1];
static struct tlml_flow *line = &flows[2].way[1];
static struct tlml_record record;
static struct tlml_answer given;
static int points, failed;

static void result(bool ok, const char *what)
{
	printf("%sok %d - %s\n", ok ? "" : "not ", ++points, what);
	failed += !ok;
}

/* A flow of the class "scan" with that margin in bucket 2, and its record. */
static void reset(__u8 margin)
{
	static const char *const names[] = { "web", "scan", "a-long-name-123" };

	memset(slots, 0, sizeof(slots));
	memset(flows, 0, sizeof(flows));
	w->generation = 5;
	w->classes = 3;
	w->calibration[0] = lrint(A * 65536);
	w->calibration[1] = lrint(B * 65536);
	for (int c = 0; c < 3; c++)
		strcpy(w->info[c].name, names[c]);
	*line = (struct tlml_flow){
		.fp = 77, .first = 1000, .klass = 1, .margin = margin, .cost[3] = 9,
		.state = TLML_FLOW_DECIDED | TLML_FLOW_HARD,
	};
	flows[2].way[0].fp = 76;
	record = (struct tlml_record){ .bucket = 2, .generation = 5, .flow = *line };
}

static enum tlml_fate give(const char *name, float p)
{
	struct tlml_opinion o = { .p = p };

	strcpy(o.klass, name);
	return tlml_answer_give(w, flows, MASK, &record, &o, 4000, &given);
}

static bool untouched(void)
{
	return line->cost[3] == 9 && !line->cost[0];
}

static void test_opinion(void)
{
	struct tlml_oip_plan plan = { .classes = 3, .klass = { "x", "yy", "zzzzzzzzzzzzzzz" } };
	const float last[] = { 0.2, 0.3, 0.5 }, first[] = { 0.4, 0.2, 0.4 };
	static const struct tlml_weights w = {
		.generation = 4, .classes = 2, .info = { { "other" }, { "yy" } },
	};
	struct tlml_opinion o;

	tlml_opinion_take(last, &plan, &w, &o);
	result(!strcmp(o.klass, "zzzzzzzzzzzzzzz") && o.p == last[2], "the likeliest class");
	result(o.generation == 4 && !o.known[0] && o.known[1] == last[1] && !o.known[2],
	       "and what it says of classes that the tiny model has");
	tlml_opinion_take(first, &plan, &w, &o);
	result(!strcmp(o.klass, "x") && o.p == first[0], "the first among equals");
}

static void test_given(void)
{
	reset(40);		/* log odds 0: the tiny model is right in half of such cases */
	result(give("a-long-name-123", 0.8) == TLML_FATE_APPLIED && line->answer.fp == 77 &&
	       line->answer.until == 4000 && line->answer.klass == 2 &&
	       line->answer.confidence == 204 && !memcmp(&given, &line->answer, sizeof(given)), "an answer is in the line");
	result(fabs(line->answer.margin - (log(0.8 / 0.2) - A) / B) <= 0.5,
	       "with the margin that the tiny model has at those odds");
	result(line->margin == 40 && line->klass == 1 && line->first == 1000 &&
	       line->state == (TLML_FLOW_DECIDED | TLML_FLOW_HARD),
	       "and nothing else is touched");
	reset(40);
	result(give("web", 1) == TLML_FATE_APPLIED && line->answer.margin == 255 &&
	       line->answer.confidence == 255, "certainty is the largest margin");
	reset(0);
	result(give("web", 0.2) == TLML_FATE_APPLIED && line->answer.margin == 12,
	       "a guess may be worth more than another one");
	reset(40);
	w->calibration[1] = 0;
	w->calibration[0] = 0;
	result(give("web", 0.6) == TLML_FATE_APPLIED && line->answer.margin == 153,
	       "a model without calibration gets a margin in proportion");
}

static void test_not_given(void)
{
	reset(40);
	result(give("web", 0.5) == TLML_FATE_KEPT && untouched(), "equal odds: the verdict stands");
	reset(255);
	result(give("web", 0.999) == TLML_FATE_KEPT && untouched(), "the tiny model is surer");
	reset(40);
	result(give("we", 0.9) == TLML_FATE_UNKNOWN && give("webs", 0.9) == TLML_FATE_UNKNOWN &&
	       untouched(), "a class that the model does not have");
	w->generation = 0;
	result(give("web", 0.9) == TLML_FATE_UNKNOWN && untouched(), "no model at all");
	reset(40);
	line->fp = 78;
	result(give("web", 0.9) == TLML_FATE_LATE && untouched(), "the line went to another flow");
	reset(40);
	line->first = 1001;
	result(give("web", 0.9) == TLML_FATE_LATE && untouched(), "or to a new flow of the same key");
	reset(40);
	line->state = TLML_FLOW_DECIDED;
	result(give("web", 0.9) == TLML_FATE_LATE && untouched(), "or was not asked about");
	line->state |= TLML_FLOW_HARD | TLML_FLOW_ANSWERED;
	result(give("web", 0.9) == TLML_FATE_LATE && untouched(), "or has an answer already");
	reset(40);
	record.bucket = 2 + 4 * (MASK + 1);
	result(give("web", 0.9) == TLML_FATE_APPLIED, "a bucket beyond the table is cut to it");
}

static int mend(void)
{
	return tlml_answer_mend(flows, MASK, &record, &given);
}

static void test_mend(void)
{
	reset(40);
	give("web", 0.9);
	result(!mend() && line->answer.fp == 77, "an answer that is in place needs no mending");
	line->cost[2] = 3;
	result(mend() == 1 && !memcmp(&given, &line->answer, sizeof(given)),
	       "one that costs were written over is laid anew");
	line->answer.klass = 9;
	result(mend() == 1 && !line->answer.klass, "also one of which only the end was");
	line->answer.tiny_margin = 9;
	result(!mend() && line->answer.tiny_margin == 9, "what the data path keeps there does not count");
	memset(&line->answer, 1, sizeof(line->answer));
	line->state |= TLML_FLOW_ANSWERED;
	result(!mend() && line->answer.until == 0x01010101, "one that the flow took is left alone");
	line->state = TLML_FLOW_HARD;
	line->fp = 1;
	result(!mend() && line->answer.until == 0x01010101, "and so is another flow's line");
}

static void test_class(void)
{
	char name[TLML_NAME_MAX];

	reset(0);
	slots[3] = *w;
	slots[3].generation = 6;
	strcpy(slots[3].info[1].name, "other");
	tlml_answer_class(slots, &record, name);
	result(!strcmp(name, "scan"), "a class has the name of its generation");
	record.generation = 4;
	tlml_answer_class(slots, &record, name);
	result(!*name, "and none if that is gone");
}

int main(void)
{
	printf("KTAP version 1\n1..26\n");
	test_opinion();
	test_given();
	test_not_given();
	test_mend();
	test_class();
	return !!failed;
}
