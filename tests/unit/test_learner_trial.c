// SPDX-License-Identifier: BSD-2-Clause
/*
 * A candidate's way from the gate to where it decides: beside the live model, as a canary, live and
 * on probation; and all that sends it back. Alarms: who is the cause.
 */
#include "pupil.h"

#include "../../daemon/learner_impl.h"
#include "../../daemon/policy.h"

static struct tlml_trial *trial;

/* The newest entries of the log, the last one first, as "event event ...". */
static bool log_says(const char *events)
{
	json_t *log = tlml_generations_log(generations);
	size_t at = json_array_size(log), n = 0;
	char text[256] = "";

	while (at-- && n < strlen(events)) {
		const json_t *entry = json_array_get(log, at);

		n += snprintf(text + n, sizeof(text) - n, "%s%s", n ? ", " : "",
			      json_string_value(json_object_get(entry, "event")));
	}
	json_decref(log);
	if (strcmp(text, events))
		printf("# log: %s\n", text);
	return !strcmp(text, events);
}

/* A model's weights under the next number pass the gate. */
static void candidate(const struct tlml_model *m)
{
	struct tlml_course_result r = { .answers = 1, .size = m->header.size };
	struct tlml_model_header *h = malloc(r.size);

	memcpy(h, m->blob, r.size);
	h->generation = tlml_generations_next(generations, &maps);
	tlml_model_seal(h, r.size);
	r.blob = h;
	tlml_learner_try(learner, &r);
	free(h);
}

static void candidate_as_canary(void)
{
	candidate(&learner->live);
	traffic(60, class_of(NEW_CLASS), 0);
	tlml_learner_tick(learner);
}

/* Flows that the canary decided about and that were audited; wrong: not as the large model says. */
static void canary_audits(unsigned int n, int wrong)
{
	uint8_t x[TLML_FEATURES_MAX];

	while (n--) {
		unsigned int said;

		new_kind(x);
		said = says(&trial->candidate, x);
		answer_to(&trial->candidate, trial->candidate.header.generation, x,
			  wrong ? (said + 1) % shipped.header.classes : said, TLML_REASON_AUDIT);
	}
}

static double strangeness(const struct tlml_model *m)
{
	int32_t logit[TLML_CLASSES_MAX];
	uint8_t x[TLML_FEATURES_MAX];
	unsigned int sum = 0;

	for (unsigned int i = 0; i < 200; i++) {
		new_kind(x);
		sum += tlml_infer_net(m, x, logit);
	}
	return sum / 200.0;
}

static void test_promoted(void)
{
	double was = strangeness(&learner->live), is;

	traffic(900, class_of(NEW_CLASS), 0);
	pass();
	result(trial->stage == TLML_TRIAL_SHADOW && !strcmp(learner->last.outcome, "on trial") &&
	       live(&maps) == 1 && log_says("candidate, kept"), "who passes the gate runs beside");
	is = strangeness(&trial->candidate);
	printf("# the new kind's anomaly score: %.1f, then %.1f\n", was, is);
	result(is < 0.8 * was, "the anomaly head has learned, too");
	tlml_learner_tick(learner);
	result(trial->stage == TLML_TRIAL_SHADOW, "until there were flows");
	traffic(60, class_of(NEW_CLASS), 0);
	tlml_learner_tick(learner);
	result(trial->stage == TLML_TRIAL_CANARY && maps.ctl->canary_share == 26 &&
	       live(&maps) == 1 && log_says("canary, candidate, kept"), "then it is a canary");
	printf("# better on %u and worse on %u of %u\n", trial->paired.better, trial->paired.worse,
	       trial->paired.flows);
	result(trial->paired.better > 10 && trial->paired.flows >= 60, "with both compared meanwhile");
	result(tlml_learner_now(learner, &error) == -EAGAIN && strstr(error.text, "on trial"),
	       "no course begins");
	canary_audits(40, 0);
	tlml_learner_tick(learner);
	result(live(&maps) == 2 && learner->generation == 2 && !maps.ctl->canary_share &&
	       trial->stage == TLML_TRIAL_NONE && !strcmp(learner->last.outcome, "published") &&
	       log_says("promoted, canary, candidate, kept"), "which does well, and is promoted");
	result(learner->probation.before.blob && learner->probation.before.header.generation == 1,
	       "and is on probation");
}

static void test_withdrawn(void)
{
	uint32_t was = live(&maps);

	candidate_as_canary();
	result(trial->stage == TLML_TRIAL_CANARY, "another one");
	canary_audits(3, 0);
	canary_audits(30, 1);
	tlml_learner_tick(learner);
	printf("# %s\n", learner->last.why.text);
	result(live(&maps) == was && !maps.ctl->canary_share &&
	       !strcmp(learner->last.outcome, "withdrawn") && log_says("withdrawn, canary, candidate"),
	       "is withdrawn, as it is wrong more often");
	result(strstr(learner->last.why.text, "audited"), "which says why");
}

static void test_beside(void)
{
	candidate(&shipped);
	for (unsigned int i = 0; i < 60; i++) {	/* what only the live one knows */
		uint8_t x[TLML_FEATURES_MAX];

		new_kind(x);
		answer(x, class_of(NEW_CLASS), TLML_REASON_UNSURE);
	}
	tlml_learner_tick(learner);
	printf("# %s\n", learner->last.why.text);
	result(trial->stage == TLML_TRIAL_NONE && !strcmp(learner->last.outcome, "refused") &&
	       log_says("refused, candidate"), "who is worse beside the live one decides nothing");
	candidate(&learner->live);
	trial->paired = (struct tlml_paired){ .flows = 20, .benign = 100, .dropped = 2 };
	tlml_learner_tick(learner);
	result(strstr(learner->last.why.text, "2 of 100 benign") && log_says("refused, candidate"),
	       "nor who drops what is benign");
}

static void test_little(void)
{
	candidate(&learner->live);
	trial->until_ns = 0;
	trial->paired.flows = 1;
	tlml_learner_tick(learner);
	result(trial->stage == TLML_TRIAL_CANARY, "time ends a shadow run");
	canary_audits(3, 0);
	tlml_learner_tick(learner);
	result(trial->stage == TLML_TRIAL_CANARY, "a canary has some more");
	trial->until_ns = 0;
	canary_audits(1, 1);
	tlml_learner_tick(learner);
	result(!strcmp(learner->last.outcome, "withdrawn") &&
	       strstr(learner->last.why.text, "speak against"), "what speaks against it ends it");
	candidate_as_canary();
	trial->paired = (struct tlml_paired){ 0 };
	trial->until_ns = 0;
	tlml_learner_tick(learner);
	result(!strcmp(learner->last.outcome, "withdrawn") && strstr(learner->last.why.text, "nothing"),
	       "so does silence");
	candidate_as_canary();
	trial->paired = (struct tlml_paired){ .flows = 60 };
	canary_audits(3, 0);
	trial->until_ns = 0;
	tlml_learner_tick(learner);
	result(!strcmp(learner->last.outcome, "published") && log_says("promoted, canary, candidate"),
	       "else it is promoted");
}

/* Whatever else happens on the way. */
static void test_ends(void)
{
	uint32_t was;

	candidate_as_canary();
	must(tlml_generations_pin(generations, &maps, true, &error));
	tlml_learner_changed(learner);
	result(!maps.ctl->canary_share && log_says("withdrawn, pinned"), "a pin ends a canary");
	must(tlml_generations_pin(generations, &maps, false, &error));
	candidate_as_canary();
	was = live(&maps);
	must(tlml_generations_rollback(generations, &maps, 1, "a test", &error));
	tlml_learner_changed(learner);
	result(live(&maps) == was + 3 && trial->stage == TLML_TRIAL_NONE &&
	       !maps.ctl->canary_share && log_says("withdrawn, rolled back"), "so does a rollback");
	result(!learner->probation.before.blob, "whose generation is not on probation");
	candidate_as_canary();
	must(tlml_policy_set(&maps, 2, (char *[]){ "lease", "60" }, &error));
	result(!maps.ctl->canary_share, "another one's lease ends it at once");
	tlml_learner_tick(learner);
	result(log_says("withdrawn, canary") && strstr(learner->last.why.text, "another program"),
	       "which tlmld notices");
	candidate_as_canary();
	learner->answer_ns -= conf.learn_stale_s * SECOND_NS;
	tlml_learner_tick(learner);
	result(log_says("withdrawn, canary") && strstr(learner->last.why.text, "not answer"),
	       "and a large model that is gone");
	candidate_as_canary();
	end();
	result(!maps.ctl->canary_share, "and the end of tlmld");
	begin();
	result(log_says("withdrawn, canary"), "which is in the log");
}

static void test_alarms(void)
{
	uint8_t x[TLML_FEATURES_MAX];
	unsigned int i;

	/* Both are wrong: the traffic is to blame. */
	conf.shadow_flows = conf.canary = 0;
	candidate(&shipped);
	result(learner->probation.before.blob, "without trials it is live at once");
	for (i = 0; i < 300 && !learner->alarms; i++) {
		new_kind(x);
		answer(x, i < 20 ? says(&learner->live, x) : class_of(NEW_CLASS),
		       TLML_REASON_AUDIT);
	}
	result(learner->alarms == 1 && learner->wanted && !learner->rollbacks,
	       "an alarm has it learn");
	learner->wanted = NULL;
}

static void test_census(void)
{
	struct tlml_census c = { 0 };
	__u64 total[TLML_DRIFT_BINS] = { [3] = 900 };
	int i, alarms = 0;

	result(!tlml_census_add(&c, total, 1000), "what was before nobody knows");
	for (i = 0; i < 5; i++) {
		total[5] += 600;
		total[20] += 200;
		alarms += tlml_census_add(&c, total, 1000);
	}
	result(!alarms && c.known && c.psi == 0, "a window is awaited, and compared with the next");
	total[5] += 750;
	total[20] += 250;
	result(!tlml_census_add(&c, total, 1000) && c.psi < 0.01, "the same mixture is no alarm");
	total[5] += 300;
	total[20] += 700;
	result(tlml_census_add(&c, total, 1000) && c.psi > TLML_DRIFT_ALARM, "another one is");
	total[5] += 300;
	total[20] += 700;
	result(!tlml_census_add(&c, total, 1000), "once");
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("KTAP version 1\n");
	make_world();
	conf.shadow_flows = 50;
	conf.canary = 10;
	trial = &learner->trial;
	conf.learn_answers = 300;
	test_promoted();
	conf.learn_answers = 100000;
	test_withdrawn();
	test_beside();
	test_little();
	test_ends();
	trial = &learner->trial;
	test_alarms();
	test_census();
	printf("1..%d\n", points);
	end();
	tlml_learning_close(&school);
	leave_world();
	return !!failed;
}
