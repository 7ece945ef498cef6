// SPDX-License-Identifier: BSD-2-Clause
/*
 * Labels teach the large model that tlml-large carries: a new kind is learned and nothing lost,
 * lies are refused. Cases of known kinds are those of its own anchor.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../daemon/largeml/booster.h"
#include "../../daemon/largeml/rehearsal.h"
#include "../../daemon/largeml/teach.h"
#include "../../daemon/learn/rand.h"
#include "../../daemon/whole.h"
#include "../prog/tap.h"

#define MODELS	"daemon/largeml/models"

static void *model, *cases;
static size_t model_size, cases_size;
static struct tlml_oip_plan plan;
static struct tlml_rehearsal known;
static struct tlml_case_labels labels;
static struct tlml_error error;

static void load(void)
{
	struct tlml_booster *b;
	int dir = open(MODELS, O_RDONLY | O_DIRECTORY);

	CHECK(!tlml_whole_read(dir, "default.ubj", 8 << 20, &model, &model_size, &error) &&
	      !tlml_whole_read(dir, "default.cases", 8 << 20, &cases, &cases_size, &error) &&
	      !tlml_booster_open(model, model_size, &b, &plan, &error), "%s", error.text);
	tlml_booster_free(b);
	close(dir);
	CHECK(!tlml_rehearsal_parse(cases, cases_size, "the anchor", &plan, &known, &error), "%s",
	      error.text);
}

static unsigned int class_of(const char *name)
{
	unsigned int c;

	for (c = 0; strcmp(plan.klass[c], name); c++)
		;
	return c;
}

/* Case i of a class that was rehearsed. */
static struct tlml_case_inputs case_of(const char *name, unsigned int i)
{
	unsigned int k, c = class_of(name), at = 0;
	struct tlml_case_inputs in;
	const float *row;

	while (known.label[TLML_REHEARSED][at] != c || i--)
		at++;
	row = known.row[TLML_REHEARSED][at];
	for (k = 0; k < sizeof(in.features); k++)
		in.features[k] = *row++;
	for (k = 0; k < sizeof(in.packets); k++)
		in.packets[k] = *row++;
	memcpy(in.flow, row, sizeof(in.flow));
	return in;
}

/* Nothing in the anchor is like it: other packets, to another port. */
static struct tlml_case_inputs new_kind(unsigned int i)
{
	struct tlml_case_inputs in = case_of("video", i);
	unsigned int k;

	for (k = 0; k < sizeof(in.packets); k += 3) {
		if (!in.packets[k + 2])
			continue;
		in.packets[k] = in.packets[k] > 50 ? 60 : in.packets[k] + 7;
		in.packets[k + 1] /= 2;
	}
	in.flow[1] = 7000;
	return in;
}

static void say(struct tlml_case_inputs in, const char *klass, const char *by)
{
	static uint64_t flow;
	struct tlml_case_label label = { .time = 1, .flow = tlml_rand_next(&flow), .inputs = in };

	strcpy(label.klass, klass);
	strcpy(label.by, by);
	CHECK(!tlml_case_labels_add(&labels, &label, &error), "%s", error.text);
}

static void forget(void)
{
	tlml_case_labels_free(&labels);
	CHECK(!tlml_case_labels_init(&labels, 1, &error), "%s", error.text);
}

static int teach(const void *from, size_t from_size, void **to, size_t *size,
		 struct tlml_teach_report *r)
{
	struct tlml_teach t = { from, cases, from_size, cases_size, &labels, 7 };

	error.text[0] = 0;
	return tlml_teach(&t, to, size, r, &error);
}

/* How many of the new kind a model calls mqtt. */
static unsigned int knows(const void *bytes, size_t size)
{
	static float row[60][TLML_CASE_COLUMNS], p[60 * TLML_CLASSES_MAX];
	unsigned int i, c, n = 0, mqtt = class_of("mqtt");
	struct tlml_booster *b;
	struct tlml_oip_plan own;

	for (i = 0; i < 60; i++) {
		struct tlml_case_inputs in = new_kind(120 + i);

		tlml_case_row(&in, row[i]);
	}
	CHECK(!tlml_booster_open(bytes, size, &b, &own, &error) &&
	      !tlml_booster_ask(b, row, 60, p, &error), "%s", error.text);
	for (i = 0; i < 60; i++) {
		for (c = 0; c < own.classes; c++)
			if (p[i * own.classes + c] > p[i * own.classes + mqtt])
				break;
		n += c == own.classes;
	}
	tlml_booster_free(b);
	return n;
}

static void test_learns(void)
{
	struct tlml_teach_report r;
	void *once, *again, *third;
	size_t size, size_again;
	unsigned int i;

	forget();
	for (i = 0; i < 100; i++)
		say(new_kind(i), "mqtt", TLML_LABEL_OPERATOR);
	say(new_kind(0), "nosuch", TLML_LABEL_OPERATOR);
	CHECK(!teach(model, model_size, &once, &size, &r), "%s", error.text);
	CHECK(r.why == TLML_TEACH_PASSED && r.labels == 100 && r.unknown == 1 && r.better > 9 &&
	      !r.worse && r.right[1] + 13 >= r.right[0] && r.golden > 1000,
	      "%u labels, %u unknown, held %u, better %u, worse %u, golden %u: %u, then %u", r.labels,
	      r.unknown, r.held, r.better, r.worse, r.golden, r.right[0], r.right[1]);
	CHECK(knows(model, model_size) < 10 && knows(once, size) > 50, "it knows %u, then %u",
	      knows(model, model_size), knows(once, size));
	CHECK(!teach(model, model_size, &again, &size_again, &r) && size == size_again &&
	      !memcmp(once, again, size), "another time it learns something else: %s", error.text);
	/* What it was taught already is no reason to change it, ... */
	CHECK(teach(once, size, &third, &size_again, &r) == -EACCES &&
	      r.why == TLML_TEACH_NO_BETTER && !r.better, "%s", error.text);
	/* ... and another kind comes in the place of the rounds that the first one took. */
	for (i = 0; i < 80; i++) {
		struct tlml_case_inputs in = case_of("ssh", i);

		in.flow[1] = 4711;
		for (unsigned int k = 0; k < sizeof(in.packets); k += 3)
			in.packets[k] /= 2;
		say(in, "other", "suricata");
	}
	CHECK(!teach(once, size, &third, &size_again, &r) && size_again < size * 11 / 10 &&
	      knows(third, size_again) > 50, "%zu bytes become %zu, %s", size, size_again,
	      error.text);
	free(third);
	free(once);
	free(again);
}

/* A fifth of the labels are wrong: what is right in them is learned, and nothing lost. */
static void test_noise(void)
{
	struct tlml_teach_report r;
	void *to;
	size_t size;
	unsigned int i;

	forget();
	for (i = 0; i < 100; i++)
		say(new_kind(i), i % 5 ? "mqtt" : "coap", "suricata");
	CHECK(!teach(model, model_size, &to, &size, &r) && knows(to, size) > 50, "%s", error.text);
	free(to);
}

static void refused(enum tlml_teach_why why, const char *sentence)
{
	struct tlml_teach_report r;
	size_t size;
	void *to;
	int err = teach(model, model_size, &to, &size, &r);

	CHECK(err == -EACCES && r.why == why && strstr(error.text, sentence), "%d, %d: %s", err,
	      r.why, error.text);
}

/* What the model as it is carried says. */
static const char *said_of(struct tlml_case_inputs in)
{
	float row[1][TLML_CASE_COLUMNS], p[TLML_CLASSES_MAX];
	unsigned int c, best = 0;
	struct tlml_booster *b;
	struct tlml_oip_plan own;

	tlml_case_row(&in, row[0]);
	CHECK(!tlml_booster_open(model, model_size, &b, &own, &error) &&
	      !tlml_booster_ask(b, row, 1, p, &error), "%s", error.text);
	for (c = 1; c < own.classes; c++)
		best = p[c] > p[best] ? c : best;
	tlml_booster_free(b);
	return plan.klass[best];
}

static void test_poison(void)
{
	unsigned int i;

	forget();
	for (i = 0; i < 150; i++)
		say(case_of("web", i), "sshguess", "suricata");
	refused(TLML_TEACH_FORGOT, "golden cases of class");
	/* Among as many that are right. */
	for (i = 0; i < 150; i++)
		say(new_kind(i), "mqtt", TLML_LABEL_OPERATOR);
	refused(TLML_TEACH_FORGOT, "golden cases of class");
	/* Every other flow is called what the model calls it already: nothing tells them apart. */
	forget();
	for (i = 0; i < 150; i++)
		say(new_kind(i), i % 2 ? said_of(new_kind(i)) : "coap", "suricata");
	refused(TLML_TEACH_NO_BETTER, "that may be chance");
}

static void test_few(void)
{
	struct tlml_teach_report r;
	unsigned int i;
	size_t size;
	void *to;

	forget();
	for (i = 0; i < TLML_TEACH_LEAST - 1; i++)
		say(new_kind(i), "mqtt", TLML_LABEL_OPERATOR);
	CHECK(teach(model, model_size, &to, &size, &r) == -EAGAIN &&
	      strstr(error.text, "23 labels"), "%s", error.text);
	forget();
	for (i = 0; i < 100; i++)
		say(new_kind(i), "nosuch", TLML_LABEL_OPERATOR);
	CHECK(teach(model, model_size, &to, &size, &r) == -EAGAIN && r.unknown == 100, "%s",
	      error.text);
}

static void test_anchor(void)
{
	struct tlml_rehearsal other;
	struct tlml_oip_plan fewer = plan;
	char *copy = malloc(cases_size);
	size_t at;

	for (at = 0; at < cases_size; at += cases_size / 97) {
		memcpy(copy, cases, cases_size);
		copy[at] ^= 1;
		CHECK(tlml_rehearsal_parse(copy, cases_size, "it", &plan, &other, &error) == -EINVAL,
		      "a change at %zu is not seen", at);
	}
	for (at = 0; at < cases_size; at += cases_size / 97) {
		memcpy(copy, cases, at);
		CHECK(tlml_rehearsal_parse(copy, at, "it", &plan, &other, &error) == -EINVAL,
		      "cut at %zu", at);
	}
	strcpy(fewer.klass[3], "else");
	CHECK(tlml_rehearsal_parse(cases, cases_size, "it", &fewer, &other, &error) == -EINVAL &&
	      strstr(error.text, "classes that the model does not have"), "%s", error.text);
	free(copy);
}

static const struct tap_test tests[] = {
	{ "the model and its anchor are read", load },
	{ "a new kind is learned, once and for all, and nothing lost", test_learns },
	{ "a fifth of wrong labels does no harm", test_noise },
	{ "labels that lie about what is known are refused, and those that say nothing", test_poison },
	{ "too few labels are not begun with", test_few },
	{ "a damaged anchor is refused", test_anchor },
};

int main(void)
{
	int failed = tap_main(tests, sizeof(tests) / sizeof(tests[0]));

	tlml_rehearsal_free(&known);
	tlml_case_labels_free(&labels);
	free(model);
	free(cases);
	return failed;
}
