// SPDX-License-Identifier: BSD-2-Clause
/*
 * A large model of which a share of the answers lies, to a course of the default model with its
 * anchor: what is learned from and what is judged by are of the same liar.
 */
#include <poll.h>

#include "pupil.h"

#define ANSWERS	1200
#define AUDITS	400
#define LOST	0.01	/* of the golden flows, at most */
#define LOST_OF	0.05	/* of those of an attack */

enum lie { HIDES, ACCUSES, BABBLES };
enum verdict { PASSES = 1, REFUSED };	/* or either; what passes has to be harmless */

static const struct {
	enum lie lie;
	unsigned int percent;
	enum verdict verdict;
	const char *what;
} cases[] = {
	{ HIDES, 5, 0, "an attack called benign in 5 % of answers does no harm" },
	{ HIDES, 20, 0, "nor in 20 %" },
	{ HIDES, 40, REFUSED, "in 40 % it is refused" },
	{ ACCUSES, 5, PASSES, "a benign kind called an attack in 5 % does no harm" },
	{ ACCUSES, 20, 0, "nor in 20 %" },
	{ ACCUSES, 40, REFUSED, "in 40 % it is refused" },
	{ BABBLES, 40, 0, "any answer to anything in 40 % does no harm, or is refused" },
};

static void known_kind(uint8_t *x, unsigned int klass)
{
	const struct tlml_sample *s;

	do
		s = tlml_draw_next(&known, &seed);
	while (s->label != klass);
	memcpy(x, s->x, TLML_FEATURES_MAX);
}

static void lie(enum lie which, uint8_t *x, unsigned int *label)
{
	unsigned int of = tlml_rand_below(&seed, shipped.header.classes);

	known_kind(x, which == HIDES ? class_of("scan") : which == ACCUSES ? class_of("web") : of);
	*label = which == HIDES ? class_of("web") : which == ACCUSES ? class_of("scan") :
		 tlml_rand_below(&seed, shipped.header.classes);
}

/* n answers, of which percent lie; a third of the others, or so, is about what is new. */
static void fill(struct tlml_reservoir *r, unsigned int n, enum lie which, unsigned int percent)
{
	unsigned int classes = shipped.header.classes;

	must(tlml_reservoir_init(r, shipped.classes, classes, n, 100, 1, &error));
	for (unsigned int i = 0; i < n; i++) {
		struct tlml_answered a = { .label = TLML_UNLABELLED, .source = i, .generation = 1,
					   .reason = TLML_REASON_AUDIT };
		unsigned int label = class_of(NEW_CLASS);
		float p[TLML_CLASSES_MAX];

		if (i % 4)
			a.reason = TLML_REASON_UNSURE;
		if (i % 100 < percent) {
			lie(which, a.x, &label);
		} else if (i % 3) {
			label = tlml_rand_below(&seed, classes);
			known_kind(a.x, label);
		} else {
			new_kind(a.x);
		}
		for (unsigned int c = 0; c < classes; c++)
			p[c] = c == label ? 0.96f : 0.04f / (classes - 1);
		tlml_answered_set(&a, p, classes);
		tlml_reservoir_add(r, &a);
	}
}

static struct tlml_course *take(enum lie which, unsigned int percent)
{
	struct tlml_course_plan plan = {
		.live = &shipped, .generation = 2, .anchor = anchor_file,
		.anchor_size = anchor_end - anchor_file, .shipped = model_file,
		.shipped_size = model_end - model_file, .policy = maps.ctl->policy, .cpu = 100,
		.seed = 3,
	};
	struct tlml_reservoir answers, audits;
	struct tlml_course *c;
	struct pollfd p;

	fill(&answers, ANSWERS, which, percent);
	fill(&audits, AUDITS, which, percent);
	plan.answers = &answers;
	plan.audits = &audits;
	must(tlml_course_begin(&plan, &c, &error));
	p = (struct pollfd){ .fd = tlml_course_fd(c), .events = POLLIN };
	poll(&p, 1, -1);
	tlml_reservoir_free(&answers);
	tlml_reservoir_free(&audits);
	return c;
}

/* Of the golden flows: how much less of them is known, and of which attack it is worst. */
static double lost(const struct tlml_gate_report *r, double *worst)
{
	*worst = 0;
	for (unsigned int c = 0; c < shipped.header.classes; c++) {
		double of = (double)r->right[0][c] - r->right[1][c];

		of /= r->flows[c] ? r->flows[c] : 1;
		if (shipped.classes[c].attack && of > *worst)
			*worst = of;
	}
	return r->golden[0] - r->golden[1];
}

static void poison(unsigned int i)
{
	struct tlml_course *c = take(cases[i].lie, cases[i].percent);
	const struct tlml_course_result *r = tlml_course_result(c);
	enum verdict v = r->err == -EACCES ? REFUSED : r->err ? 0 : PASSES;
	double worst, all = lost(&r->report, &worst);

	printf("# golden %.4f then %.4f, worst of attacks %.3f less; better on %u, worse on %u of %u; %s\n",
	       r->report.golden[0], r->report.golden[1], worst, r->report.better,
	       r->report.worse, r->report.audits, r->err ? r->why.text : "passed");
	error = r->why;
	result(v && (v == cases[i].verdict || !cases[i].verdict) &&
	       (v == REFUSED || (all <= LOST && worst <= LOST_OF)), cases[i].what);
	tlml_course_free(c);
}

int main(void)
{
	printf("KTAP version 1\n");
	make_world();
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		poison(i);
	printf("1..%d\n", points);
	end();
	tlml_learning_close(&school);
	leave_world();
	return !!failed;
}
