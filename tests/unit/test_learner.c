// SPDX-License-Identifier: BSD-2-Clause
/*
 * An interface's learning on a data path in memory, with the default model and its anchor: what is
 * kept, what becomes live, what is refused, taken back, or not even begun. Threads included.
 */
#include "shelves.h"

#include "../../daemon/learn/anchor.h"
#include "../../daemon/learn/rand.h"
#include "../../daemon/learner.h"

__asm__(".section .rodata\n"
	"model_file: .incbin \"tools/models/default.tlml\"\n"
	"model_end:\n"
	"anchor_file: .incbin \"tools/models/default.anchor\"\n"
	"anchor_end:\n"
	".previous\n");

extern const unsigned char model_file[], model_end[], anchor_file[], anchor_end[];

#define NEW_CLASS	"voip"
#define SECOND_NS	1000000000ull

static struct tlml_loop *loop;
static struct tlml_conf conf;
static struct tlml_learning school;
static struct tlml_maps maps;
static struct tlml_generations *generations;
static struct tlml_learner *learner;
static struct tlml_model shipped;
static struct tlml_set anchor;
static struct tlml_draw known;
static struct tlml_view rehearsed;
static struct tlml_op timer;
static char state[64], dir[80];
static uint64_t seed = 7;
static unsigned int prefix;

static unsigned int class_of(const char *name)
{
	for (unsigned int c = 0; c < shipped.header.classes; c++)
		if (!strcmp(shipped.classes[c].name, name))
			return c;
	return 0;
}

/* Traffic as nobody has seen it: every third packet comes back, at odd sizes and a steady pace. */
static void new_kind(uint8_t *x)
{
	for (unsigned int i = 0; i < TLML_FEATURES_MAX; i++)
		x[i] = 0;
	x[TLML_F_proto] = 64;
	x[TLML_F_service] = 120;
	x[TLML_F_service0] = x[TLML_F_service1] = x[TLML_F_service2] = x[TLML_F_service3] = 64;
	for (unsigned int i = 0; i < TLML_SEQ; i++)
		x[TLML_F_size1 + i] = (i % 3 == 2 ? 30 : 78) + 3 * i + tlml_rand_below(&seed, 4);
	for (unsigned int i = TLML_F_gap2; i <= TLML_F_gap_mean; i++)
		x[i] = 40 + tlml_rand_below(&seed, 6);
	x[TLML_F_bytes_fwd] = 44 + tlml_rand_below(&seed, 4);
	x[TLML_F_bytes_bwd] = 36 + tlml_rand_below(&seed, 4);
	x[TLML_F_answers] = 4;
	x[TLML_F_pkts] = 36;
	x[TLML_F_size_max] = 70;
}

static unsigned int says(const struct tlml_model *m, const uint8_t *x)
{
	int32_t logit[TLML_CLASSES_MAX];
	unsigned int c, best = 0;

	tlml_infer_net(m, x, logit);
	for (c = 1; c < m->header.classes; c++)
		best = logit[c] > logit[best] ? c : best;
	return best;
}

/* What the large model says of a flow: that it is of that class. */
static void answer(const uint8_t *x, unsigned int klass, enum tlml_reason reason)
{
	struct tlml_record r = { .family = 4, .reason = reason,
				 .flow = { .pkts = 8, .margin = 60 } };
	struct tlml_opinion o = { .p = 0.97f };

	r.generation = o.generation = live(&maps);
	r.saddr[0] = prefix++ % 256 << 8;
	memcpy(r.x, x, sizeof(r.x));
	r.flow.klass = learner->live.blob ? says(&learner->live, x) : 0;
	strcpy(o.klass, shipped.classes[klass].name);
	for (unsigned int c = 0; c < shipped.header.classes; c++)
		o.known[c] = c == klass ? 0.97f : 0.03f / (shipped.header.classes - 1);
	tlml_learner_take(learner, &r, &o, 1);
}

/* n flows, every third of a known kind; teach is said of the others, or of all (all != 0). */
static void traffic(unsigned int n, unsigned int teach, int all)
{
	uint8_t x[TLML_FEATURES_MAX];

	while (n--) {
		enum tlml_reason reason = n % 4 ? TLML_REASON_UNSURE : TLML_REASON_AUDIT;

		if (n % 3) {
			new_kind(x);
			answer(x, teach, reason);
		} else {
			const struct tlml_sample *s = tlml_draw_next(&known, &seed);

			answer(s->x, all ? teach : s->label, reason);
		}
	}
}

static void on_timer(struct tlml_op *op, int res)
{
	if (!school.course)
		tlml_loop_stop(loop);
	else
		tlml_loop_timer(loop, op, tlml_loop_now() + SECOND_NS / 100);
}

/* A second passes, and the course that begins, if any, comes to its end. */
static void pass(void)
{
	tlml_learner_tick(learner);
	timer = (struct tlml_op){ .done = on_timer };
	tlml_loop_timer(loop, &timer, tlml_loop_now());
	must(tlml_loop_run(loop, &error));
}

static void begin(void)
{
	must(tlml_generations_open(dir, &generations, &error));
	must(tlml_learner_open(&school, "eth0", dir, &maps, generations, &learner, &error));
}

static void end(void)
{
	tlml_learner_close(learner);
	tlml_generations_close(generations);
}

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
	result(learner->watching, "and is watched");
}

/* Answers that disagree with all that the new generation says. */
static void test_rollback(void)
{
	uint8_t x[TLML_FEATURES_MAX];

	for (unsigned int i = 0; i < 200 && learner->watching; i++) {
		new_kind(x);
		answer(x, class_of("dns"), TLML_REASON_AUDIT);
	}
	result(learner->rollbacks == 1 && live(&maps) == 3 && learner->generation == 3,
	       "one that turns out worse is rolled back");
	result(learner->live.blob && !memcmp(learner->live.klass.w, shipped.klass.w,
					     shipped.klass.outputs * shipped.klass.inputs),
	       "to the weights before it");
	result(learner->alarms > 0, "and the alarm of drift was heard");
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

static void make_world(void)
{
	const struct tlml_shipped s = { model_file, anchor_file, model_end - model_file,
					anchor_end - anchor_file };

	snprintf(state, sizeof(state), "/tmp/tlml-learner-%d", getpid());
	snprintf(dir, sizeof(dir), "%s/eth0", state);
	if (mkdir(state, 0700))
		exit(1);
	maps_make(&maps);
	must(tlml_model_parse(model_file, s.model_size, "model", &shipped, &error));
	must(tlml_anchor_parse(anchor_file, s.anchor_size, "anchor", &shipped, &anchor, &error));
	must(tlml_set_view(&anchor, TLML_ANCHOR_REHEARSE, &rehearsed, &error));
	must(tlml_draw_init(&known, &rehearsed, TLML_DRAW_NET, &error));
	must(tlml_maps_publish(&maps, &shipped, &error));
	must(tlml_loop_new(TLML_LOOP_EPOLL, &loop, &error));
	tlml_conf_defaults(&conf);
	conf.learn_cpu = 100;
	conf.learn_answers = 100000;	/* a course begins when a test wants it to */
	must(tlml_learning_open(&school, loop, &conf, &s, &error));
	begin();
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
	tlml_loop_free(loop);
	tlml_draw_free(&known);
	tlml_view_free(&rehearsed);
	tlml_set_free(&anchor);
	tlml_model_free(&shipped);
	remove_tree(state);
	return !!failed;
}
