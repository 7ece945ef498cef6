/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of learning share: a learner on a data path in memory, with the default model and
 * its anchor, and a large model that says what a test wants. Threads included.
 */
#ifndef PUPIL_H
#define PUPIL_H

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
static uint64_t seed = 7;	/* with some the gate refuses what forgot too much */
static unsigned int prefix;

static inline unsigned int class_of(const char *name)
{
	for (unsigned int c = 0; c < shipped.header.classes; c++)
		if (!strcmp(shipped.classes[c].name, name))
			return c;
	return 0;
}

/* Traffic as nobody has seen it: every third packet comes back, at odd sizes and a steady pace. */
static inline void new_kind(uint8_t *x)
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

static inline unsigned int says(const struct tlml_model *m, const uint8_t *x)
{
	int32_t logit[TLML_CLASSES_MAX];
	unsigned int c, best = 0;

	tlml_infer_net(m, x, logit);
	for (c = 1; c < m->header.classes; c++)
		best = logit[c] > logit[best] ? c : best;
	return best;
}

/* What the large model says of a flow that m decided about: that it is of that class. */
static inline void answer_to(const struct tlml_model *m, uint32_t generation, const uint8_t *x,
			     unsigned int klass, enum tlml_reason reason)
{
	struct tlml_record r = { .family = 4, .reason = reason,
				 .flow = { .pkts = 8, .margin = 60 } };
	struct tlml_opinion o = { .p = 0.97f };

	o.generation = live(&maps);
	r.generation = generation;
	r.saddr[0] = prefix++ % 256 << 8;
	memcpy(r.x, x, sizeof(r.x));
	r.flow.klass = m->blob ? says(m, x) : 0;
	strcpy(o.klass, shipped.classes[klass].name);
	for (unsigned int c = 0; c < shipped.header.classes; c++)
		o.known[c] = c == klass ? 0.97f : 0.03f / (shipped.header.classes - 1);
	tlml_learner_take(learner, &r, &o, 1);
}

static inline void answer(const uint8_t *x, unsigned int klass, enum tlml_reason reason)
{
	answer_to(&learner->live, live(&maps), x, klass, reason);
}

/* n flows, every third of a known kind; teach is said of the others, or of all (all != 0). */
static inline void traffic(unsigned int n, unsigned int teach, int all)
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

static inline void on_timer(struct tlml_op *op, int res)
{
	if (!school.course)
		tlml_loop_stop(loop);
	else
		tlml_loop_timer(loop, op, tlml_loop_now() + SECOND_NS / 100);
}

/* A second passes, and the course that begins, if any, comes to its end. */
static inline void pass(void)
{
	tlml_learner_tick(learner);
	timer = (struct tlml_op){ .done = on_timer };
	tlml_loop_timer(loop, &timer, tlml_loop_now());
	must(tlml_loop_run(loop, &error));
}

static inline void begin(void)
{
	must(tlml_generations_open(dir, &generations, &error));
	must(tlml_learner_open(&school, "eth0", dir, &maps, generations, &learner, &error));
}

static inline void end(void)
{
	tlml_learner_close(learner);
	tlml_generations_close(generations);
}

static inline void make_world(void)
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
	conf.shadow_flows = conf.canary = 0;
	conf.learn_answers = 100000;	/* a course begins when a test wants it to */
	must(tlml_learning_open(&school, loop, &conf, &s, &error));
	begin();
}

static inline void leave_world(void)
{
	tlml_loop_free(loop);
	tlml_draw_free(&known);
	tlml_view_free(&rehearsed);
	tlml_set_free(&anchor);
	tlml_model_free(&shipped);
	remove_tree(state);
}

#endif
