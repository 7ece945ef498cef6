// SPDX-License-Identifier: BSD-2-Clause
/*
 * An interface's learning on a data path in memory, with the default model and its anchor: what is
 * kept, what becomes live, what is refused, taken back, or not even begun. Threads included.
 */
#include "pupil.h"

static double recognised(void)
{
	unsigned int i, right = 0;
	uint8_t x[TLML_FEATURES_MAX];

	for (i = 0; i < 200; i++) {
		new_kind(x);
		right += says(&learner->live, x) == class_of(NEW_CLASS);
	}
	return right / 200.0;
}

static void test_hindrances(void)
{
	result(learner->live.blob && learner->generation == 1, "finds the model that is live");
	result(tlml_learner_now(learner, &error) == -EAGAIN && strstr(error.text, "too few"),
	       "without answers there is nothing to learn");
	conf.learn = TLML_LEARN_OFF;
	traffic(50, class_of(NEW_CLASS), 0);
	result(!learner->answers.n && !learner->audits.n && tlml_learner_now(learner, &error),
	       "learn = off keeps nothing");
	conf.learn = TLML_LEARN_SHADOW;
}

static void test_shadow(void)
{
	traffic(900, class_of(NEW_CLASS), 0);
	printf("# kept %u to learn from, %u to judge by\n", learner->answers.n, learner->audits.n);
	result(learner->answers.n > 400 && learner->audits.n > 200, "keeps answers of either use");
	pass();
	printf("# %s, %s: %u steps, %.2f s, golden %.3f then %.3f, better %u, worse %u\n",
	       learner->last.outcome, learner->last.why.text, learner->last.steps,
	       learner->last.seconds, learner->last.report.golden[0],
	       learner->last.report.golden[1], learner->last.report.better,
	       learner->last.report.worse);
	result(!strcmp(learner->last.outcome, "shadow") && live(&maps) == 1,
	       "in shadow a course passes the gate and nothing changes");
	conf.learn = TLML_LEARN_ON;
	must(tlml_learner_now(learner, &error));
	tlml_learner_tick(learner);
	conf.learn = TLML_LEARN_OFF;
	pass();
	result(live(&maps) == 1, "nor by one that was under way when learning was turned off");
	conf.learn = TLML_LEARN_ON;
}

static void test_publish(void)
{
	double was = recognised();

	result(!tlml_learner_now(learner, &error), "learns when told to");
	pass();
	printf("# recognised %.2f, then %.2f; %s\n", was, recognised(), learner->last.outcome);
	result(!strcmp(learner->last.outcome, "published") && live(&maps) == 2 &&
	       learner->generation == 2, "a new generation is live");
	result(was < 0.2 && recognised() > 0.9, "which recognises what was new");
	result(learner->probation.before.blob, "and is watched");
}

/* Answers that agree with what the generation before said, and not with the new one. */
static void test_rollback(void)
{
	uint8_t x[TLML_FEATURES_MAX];

	for (unsigned int i = 0; i < 200 && learner->probation.before.blob; i++) {
		new_kind(x);
		answer(x, says(&shipped, x), TLML_REASON_AUDIT);
	}
	result(learner->rollbacks == 1 && live(&maps) == 3 && learner->generation == 3,
	       "one that turns out worse is rolled back");
	result(learner->live.blob && !memcmp(learner->live.klass.w, shipped.klass.w,
					     shipped.klass.outputs * shipped.klass.inputs),
	       "to the weights before it");
	result(!learner->probation.before.blob, "and nobody goes back and forth");
}

static void test_persist(void)
{
	struct tlml_reservoir was = learner->answers;
	uint32_t audits = learner->audits.n;
	char path[128];
	FILE *f;

	end();
	begin();
	result(learner->answers.n == was.n && learner->audits.n == audits && was.n,
	       "answers are there again");
	result(learner->generation == 3 && learner->live.blob, "so is the model, from its bundle");
	end();
	snprintf(path, sizeof(path), "%s/answers", dir);
	f = fopen(path, "r+");
	fseek(f, 1000, SEEK_SET);
	fputs("damaged", f);
	fclose(f);
	begin();
	result(!learner->answers.n && learner->audits.n == audits, "a damaged file is set aside");
}

static void test_poison(void)
{
	uint32_t was = live(&maps), kept;

	traffic(900, class_of(NEW_CLASS), 0);
	traffic(300, class_of("scan"), 1);
	kept = learner->answers.n;
	traffic(300, class_of("scan"), 1);
	result(learner->answers.n == kept, "what a teacher says that tells nothing apart is not kept");
	learner->wanted = "test";
	pass();
	printf("# %s: %s\n", learner->last.outcome, learner->last.why.text);
	result(!strcmp(learner->last.outcome, "refused") && strstr(learner->last.why.text, "scan") &&
	       live(&maps) == was, "nor learned from");
	traffic(300, class_of(NEW_CLASS), 0);
	result(learner->answers.n > kept, "until it tells things apart again");
}

static void test_stale(void)
{
	learner->answer_ns -= conf.learn_stale_s * SECOND_NS;
	learner->wanted = "test";
	tlml_learner_tick(learner);
	result(learner->stale && !school.course, "without answers there is no learning");
	result(tlml_learner_now(learner, &error) == -EAGAIN && strstr(error.text, "does not answer"),
	       "which says why");
	traffic(1, class_of("dns"), 0);
	result(!learner->stale, "until there are some again");
	learner->wanted = NULL;
}

static void test_share(void)
{
	struct tlml_policy *p = maps.ctl->policy;
	uint8_t x[TLML_FEATURES_MAX] = { 0 };
	unsigned int klass = says(&learner->live, x);

	p[klass].margin_hard = 200;
	for (unsigned int i = 0; i < 2000; i++)
		answer(x, klass, TLML_REASON_AUDIT);
	tlml_learner_tick(learner);
	result(p[klass].margin_hard == 200, "without a wanted share margins stay");
	conf.ask_share = 0.05f;
	tlml_learner_tick(learner);
	printf("# margin_hard 200, then %u\n", p[klass].margin_hard);
	result(p[klass].margin_hard <= 60, "with one they follow it");
	conf.ask_share = 0;
}

static void test_quota(void)
{
	const struct tlml_reservoir *r = &learner->answers;
	uint32_t i, k, n, most = 0;
	uint8_t x[TLML_FEATURES_MAX];

	for (i = 0; i < 2 * conf.learn_room; i++) {
		new_kind(x);
		prefix = 1;
		answer(x, class_of("dns"), TLML_REASON_UNSURE);
	}
	for (i = 0; i < r->n; i++) {
		for (k = n = 0; k < r->n; k++)
			n += r->source[k] == r->source[i];
		most = n > most ? n : most;
	}
	result(most == conf.learn_room * conf.learn_quota / 100, "a source has no more than its quota");
}

/* Whoever leaves in the middle of a course takes nothing with him. */
static void test_leave(void)
{
	learner->wanted = "test";
	tlml_learner_tick(learner);
	result(school.course && school.pupil == learner, "a course is under way");
	tlml_learning_stop(&school);
	end();
	tlml_learning_close(&school);
	result(!school.course, "and is left at once");
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("KTAP version 1\n");
	make_world();
	test_hindrances();
	conf.learn_answers = 300;
	test_shadow();
	conf.learn_answers = 100000;
	test_publish();
	test_rollback();
	test_persist();
	test_poison();
	test_stale();
	test_share();
	test_quota();
	test_leave();
	printf("1..%d\n", points);
	leave_world();
	return !!failed;
}
