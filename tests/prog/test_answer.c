// SPDX-License-Identifier: BSD-2-Clause
/* What the large model's answer, left in a flow's line, does to the flow, and for how long. */
#include "rig.h"

#define T0	((uint64_t)1 << 20)
#define MARGIN	63			/* of the steady model, which always says class 0 */
#define UNTIL	1000			/* ticks from T0 */

static struct rig rig;
static struct frame frame;
static struct tlml_ctl *ctl;
static struct tlml_flow *line;
static struct tlml_class_stats before[TLML_CLASSES_MAX];

static void classes(struct tlml_class_stats *to)
{
	struct tlml_stats s;
	struct tlml_error e;

	rig_need(!tlml_maps_stats(&rig.obj.maps, &s, &e), "counters", e.text);
	memcpy(to, s.klass, sizeof(s.klass));
}

/* Flows that a class has more than at start(). */
static int gained(unsigned int klass)
{
	struct tlml_class_stats now[TLML_CLASSES_MAX];

	classes(now);
	return (int)(now[klass].flows - before[klass].flows);
}

static void packets(unsigned int n)
{
	FRAME(&frame, IP4(1, 2), UDP(1000, 53));
	while (n--)
		rig_run(&rig, &frame);
	ring_buffer__consume(rig.ring);
	line = rig_line(&rig, &frame);
}

/* A flow of class 0 that was asked about at packet 8, and n - 8 more of it; all is enforced. */
static void start(unsigned int n)
{
	rig_publish_steady(&rig, 0, 0x3f);
	rig_clear(&rig);
	ctl->clock = T0;
	ctl->mode = TLML_MODE_ENFORCE;
	ctl->trace = ctl->audit = 0;
	ctl->ask_points = ~7u;
	for (unsigned int c = 0; c < 4; c++)
		ctl->policy[c] = (struct tlml_policy){ .margin_act = 1, .margin_hard = MARGIN + 1 };
	classes(before);
	rig_mark(&rig);
	packets(n);
	rig_need(rig.records == 1 && line->state & TLML_FLOW_HARD, "flow", "not asked about");
}

/* As user space does it: to whom the record was about. */
static void answer(unsigned int klass, unsigned int margin)
{
	struct tlml_answer *a = &rig.obj.maps.flows[rig.record.bucket].way[0].answer;
	struct tlml_flow_bucket *b = &rig.obj.maps.flows[rig.record.bucket];

	if (b->way[0].fp != rig.record.flow.fp)
		a = &b->way[1].answer;
	a->klass = klass;
	a->margin = margin;
	a->confidence = 230;
	a->until = T0 + UNTIL;
	__atomic_store_n(&a->fp, rig.record.flow.fp, __ATOMIC_RELEASE);
}

static int has_costs(void)
{
	static const uint8_t none[TLML_CLASSES_MAX];

	return !!memcmp(line->cost, none, sizeof(none));
}

/* The very next packet meets the answer's class. */
static void test_adopted(void)
{
	start(8);
	ctl->policy[2].action = TLML_ACTION_DROP;
	packets(1);
	CHECK_EQ(rig.action, XDP_PASS);
	CHECK(gained(0) == 1 && !gained(2), "class 0 has %d, class 2 %d", gained(0), gained(2));
	answer(2, 77);
	packets(1);
	CHECK_EQ(rig.action, XDP_DROP);
	CHECK_EQ(line->klass, 2);
	CHECK_EQ(line->margin, 77);
	CHECK_EQ(line->state & ~TLML_FLOW_INIT_LO,
		 TLML_FLOW_DECIDED | TLML_FLOW_HARD | TLML_FLOW_ANSWERED);
	CHECK(!gained(0) && gained(2) == 1, "class 0 has %d, class 2 %d", gained(0), gained(2));
	ctl->policy[2].margin_act = 78;			/* its margin is held to the policy, too */
	packets(1);
	CHECK_EQ(rig.action, XDP_PASS);
	CHECK_EQ(GAIN(&rig, answered), 1);
}

/* While it holds nobody else decides, nothing is asked or told, and it stays in place. */
static void test_holds(void)
{
	struct tlml_answer was;

	start(8);
	ctl->trace = 1;
	answer(1, 255);
	packets(1);
	rig_mark(&rig);
	was = line->answer;
	ctl->clock = T0 + UNTIL;			/* its last tick */
	packets(71);					/* past 16, 32 and 64 */
	CHECK(!memcmp(&was, &line->answer, sizeof(was)), "the answer changed");
	CHECK_EQ(line->klass, 1);
	CHECK_EQ(GAIN(&rig, unsure) + GAIN(&rig, answers_expired) + GAIN(&rig, answers_outdone), 0);
	CHECK_EQ(rig.records + rig.mores, 0);
	CHECK_EQ(line->pkts, 80);			/* but counted it is */
	CHECK(!(line->state & TLML_FLOW_FINAL), "final without a decision");
	CHECK_EQ(GAIN(&rig, answered), 0);
	FRAME(&frame, IP4(2, 1), UDP(53, 1000));	/* the responder's first packet */
	CHECK_EQ(rig_source4(&rig, 1, TLML_ROLE_SOURCE)->open, 1);
	rig_run(&rig, &frame);
	CHECK_EQ(rig_source4(&rig, 1, TLML_ROLE_SOURCE)->open, 0);
}

/* Until the tiny model, at a later point, is surer by what it sees then. It may ask again. */
static void test_outdone(void)
{
	start(8);
	answer(1, MARGIN);
	packets(9);					/* the 16th, and one */
	CHECK(line->klass == 1 && line->state & TLML_FLOW_ANSWERED, "as sure is not surer");
	for (unsigned int hard = 0; hard < 2; hard++) {
		start(8);
		answer(1, MARGIN - 1);
		packets(1);
		CHECK_EQ(line->klass, 1);
		for (unsigned int c = 0; c < 4; c++)
			ctl->policy[c].margin_hard = MARGIN + hard;
		rig_mark(&rig);
		packets(7);				/* the 16th */
		CHECK_EQ(line->klass, 0);
		CHECK_EQ(line->margin, MARGIN);
		CHECK_EQ(line->state & TLML_FLOW_ANSWERED, 0);
		CHECK_EQ(!!(line->state & TLML_FLOW_HARD), hard);
		CHECK_EQ(rig.records, hard);
		CHECK_EQ(GAIN(&rig, answers_outdone), 1);
		CHECK(gained(0) == 1 && !gained(1), "class 0 has %d, class 1 %d", gained(0), gained(1));
	}
}

/* What it said before counts: here the evidence of eight packets and that of the 16th. */
static void test_adds_up(void)
{
	start(8);
	rig.obj.maps.weights[ctl->slot].cost_decay = 0;
	answer(1, 2 * MARGIN - 1);
	packets(7);
	CHECK_EQ(line->klass, 1);
	packets(1);
	CHECK_EQ(line->klass, 0);
	CHECK_EQ(line->margin, 2 * MARGIN);
}

/* Then the tiny model decides anew, without what it thought before, and may ask again. */
static void test_expires(void)
{
	static const unsigned int packets_before[] = { 8, 9, 15, 30, 31, 40, 1000 };

	for (unsigned int i = 0; i < sizeof(packets_before) / sizeof(packets_before[0]); i++) {
		unsigned int n = packets_before[i];

		start(n);
		answer(1, 200);
		packets(1);
		CHECK_EQ(gained(1), 1);
		rig_mark(&rig);
		ctl->clock = T0 + UNTIL + 1;
		packets(1);
		CHECK_EQ(GAIN(&rig, answers_expired), 1);
		CHECK_EQ(GAIN(&rig, inferences), 1);
		CHECK_EQ(GAIN(&rig, unsure), 1);
		CHECK_EQ(rig.records, 1);
		CHECK_EQ(rig.record.flow.pkts, n + 2);
		CHECK_EQ(line->klass, 0);
		CHECK_EQ(line->margin, MARGIN);
		CHECK_EQ(line->cost[0], 0);
		CHECK_EQ(line->cost[1], MARGIN);
		CHECK_EQ(!!(line->state & TLML_FLOW_FINAL), n + 2 >= 32);
		CHECK_EQ(line->state & (TLML_FLOW_HARD | TLML_FLOW_ANSWERED), TLML_FLOW_HARD);
		CHECK(gained(0) == 1 && !gained(1), "class 0 has %d, class 1 %d", gained(0), gained(1));
		packets(1);
		CHECK_EQ(GAIN(&rig, answers_expired), 1);
		CHECK_EQ(rig.mores, n + 3 <= TLML_CASE_PACKETS);
		answer(3, 5);				/* and be answered again */
		packets(1);
		CHECK_EQ(line->klass, 3);
		CHECK_EQ(GAIN(&rig, answered), 1);
	}
}

/* The tick counter's 32 bits wrap before the answer expires. */
static void test_wraps(void)
{
	start(8);
	ctl->clock = 0xfffffff0;
	answer(1, 200);
	line->answer.until = 0x10;
	packets(1);
	ctl->clock = 0x100000010;
	packets(1);
	CHECK_EQ(GAIN(&rig, answers_expired), 0);
	ctl->clock = 0x100000011;
	packets(1);
	CHECK_EQ(GAIN(&rig, answers_expired), 1);
}

static void test_refused(void)
{
	/* Somebody else's. */
	start(9);
	answer(1, 200);
	line->answer.fp ^= 1;
	packets(1);
	CHECK_EQ(line->klass, 0);
	CHECK_EQ(GAIN(&rig, answered), 0);

	/* Of a class that the model lacks, the least of them. */
	start(9);
	answer(4, 200);
	packets(1);
	CHECK_EQ(line->klass, 0);
	CHECK_EQ(GAIN(&rig, answered), 0);
	CHECK(!has_costs(), "what it left is taken for evidence");
	CHECK(gained(0) == 1 && !gained(4), "class 0 has %d, class 4 %d", gained(0), gained(4));
	start(9);
	answer(255, 200);
	packets(1);
	CHECK_EQ(GAIN(&rig, answered), 0);
	answer(3, 200);				/* the last that it has */
	packets(1);
	CHECK_EQ(line->klass, 3);

	/* Without a model there are no classes. */
	start(9);
	answer(1, 200);
	rig.obj.maps.weights[(ctl->slot + 1) % TLML_SLOTS].generation = 0;
	rig.obj.maps.weights[(ctl->slot + 1) % TLML_SLOTS].classes = 0;
	ctl->slot = (ctl->slot + 1) % TLML_SLOTS;
	packets(1);
	CHECK_EQ(GAIN(&rig, answered), 0);
}

/* The line went to another flow, or its flow began anew: nobody asked about that one. */
static void test_reused(void)
{
	start(9);
	ctl->clock += TLML_IDLE_TICKS + 1;
	packets(1);
	CHECK(!(line->state & TLML_FLOW_HARD) && line->pkts == 1, "the flow goes on");
	answer(1, 200);
	packets(1);
	CHECK_EQ(line->klass, 0);
	CHECK_EQ(GAIN(&rig, answered), 0);
	start(9);
	answer(1, 200);
	packets(1);
	ctl->clock += TLML_IDLE_TICKS + 1;
	packets(1);
	CHECK_EQ(line->klass, 0);
	CHECK_EQ(line->state & (TLML_FLOW_HARD | TLML_FLOW_ANSWERED), 0);
	CHECK_EQ(GAIN(&rig, answers_expired), 0);
	CHECK(gained(0) == 1 && !gained(1), "class 0 has %d, class 1 %d", gained(0), gained(1));
}

/* A new model does not end an answer; the flow keeps the classes of the one it was given under. */
static void test_new_model(void)
{
	start(9);
	rig_publish_constant(&rig, 0, 5);
	answer(2, 200);
	packets(1);
	CHECK_EQ(line->generation, 5);
	rig_publish_constant(&rig, 0, 6);
	packets(10);
	CHECK_EQ(line->klass, 2);
	CHECK_EQ(line->generation, 5);
	ctl->clock = T0 + UNTIL + 1;
	packets(1);
	CHECK_EQ(line->klass, 0);
	CHECK_EQ(line->generation, 6);
}

/* What leaves meets the answer as well. */
static void test_egress(void)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame.data, .repeat = 1);

	start(9);
	ctl->policy[2].action = TLML_ACTION_DROP;
	answer(2, 200);
	FRAME(&frame, IP4(2, 1), UDP(53, 1000));
	opts.data_size_in = frame.len;
	rig_need(!bpf_prog_test_run_opts(rig.obj.egress_fd, &opts), "test run", strerror(errno));
	CHECK_EQ(opts.retval, 2 /* TC_ACT_SHOT */);
	CHECK_EQ(GAIN(&rig, answered), 1);
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "the next packet takes it", test_adopted },
		{ "nothing else decides while it holds", test_holds },
		{ "the tiny model outdoes it when it is surer", test_outdone },
		{ "its evidence adds up meanwhile", test_adds_up },
		{ "it expires", test_expires },
		{ "it expires when the clock has wrapped", test_wraps },
		{ "answers that fit nothing", test_refused },
		{ "answers that come too late", test_reused },
		{ "a new model meanwhile", test_new_model },
		{ "the other direction", test_egress },
	};
	int status;

	rig_open(&rig, 4096, 4096);
	ctl = rig.obj.maps.ctl;
	status = tap_main(tests, sizeof(tests) / sizeof(tests[0]));
	rig_close(&rig);
	return status;
}
