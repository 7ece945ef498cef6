// SPDX-License-Identifier: BSD-2-Clause
/* Which decisions user space is told of, what it is told, and what happens when it is too much. */
#include <sched.h>

#include "rig.h"

#define T0	((uint64_t)1 << 20)

static struct rig rig;
static struct frame frame;
static struct tlml_ctl *ctl;

static void start(uint32_t points)
{
	rig_publish_steady(&rig, 0, points);
	rig_clear(&rig);
	ctl->clock = T0;
	ctl->mode = TLML_MODE_MONITOR;
	ctl->trace = 0;
	ctl->allow_any = 0;
	ctl->report_rate = 1000000000;
	ctl->report_burst = (1 << 24) - 1;
	ctl->policy[0] = (struct tlml_policy){ .margin_act = 1 };
	rig_mark(&rig);
}

static void flow(unsigned int n)
{
	FRAME(&frame, IP4(n % 250, 256 + n / 250 % 250), UDP(n, 53));
	rig_run(&rig, &frame);
}

static void test_trace(void)
{
	unsigned int n;

	start(0x3f);
	for (n = 0; n < 40; n++)
		flow(0);
	CHECK_EQ(GAIN(&rig, traced), 0);
	ctl->trace = 1;
	for (n = 0; n < 40; n++) {
		flow(1);
		ring_buffer__consume(rig.ring);
	}
	CHECK_EQ(GAIN(&rig, traced), 6);
	CHECK_EQ(rig.records, 6);
	CHECK_EQ(rig.record.reason, TLML_REASON_TRACE);
	CHECK_EQ(rig.record.flow.pkts, 32);
	CHECK_EQ(rig.record.generation, 1);
}

static void test_budget(void)
{
	start(0x1);
	ctl->trace = 1;
	ctl->report_rate = 100;
	ctl->report_burst = 5;
	for (unsigned int n = 0; n < 50; n++)
		flow(n);
	CHECK_EQ(GAIN(&rig, traced), 5);
	CHECK_EQ(GAIN(&rig, rate_limited), 45);
	CHECK_EQ(GAIN(&rig, first_verdicts), 50);
	ctl->report_burst = 1000;
	ctl->clock += TLML_TICKS(1);			/* 100 more */
	for (unsigned int n = 50; n < 350; n++)
		flow(n);
	CHECK(GAIN(&rig, traced) >= 5 + 99 && GAIN(&rig, traced) <= 5 + 101, "%llu traced",
	      (unsigned long long)GAIN(&rig, traced));
}

/* Nobody reads the ring: records are lost and counted, packets and verdicts are not. */
static void test_ring_full(void)
{
	const unsigned int n = 26000;			/* 168 bytes each in 4 MiB: 24966 fit */
	unsigned int dropped = 0;

	start(0x1);
	ctl->trace = 1;
	ctl->mode = TLML_MODE_ENFORCE;
	ctl->policy[0].action = TLML_ACTION_DROP;
	for (unsigned int i = 0; i < n; i++) {
		flow(i);
		dropped += rig.action == XDP_DROP;
	}
	CHECK_EQ(dropped + GAIN(&rig, flows_refused), n);
	CHECK(GAIN(&rig, ring_full) > 500, "the ring has room for all");
	CHECK_EQ(GAIN(&rig, traced) + GAIN(&rig, ring_full), GAIN(&rig, first_verdicts));
	ring_buffer__consume(rig.ring);
	CHECK_EQ(rig.records, GAIN(&rig, traced));
	flow(n);
	ring_buffer__consume(rig.ring);
	CHECK_EQ(rig.records, GAIN(&rig, traced));
}

/* A record says what was done to its packet, not what might have been. */
static void test_action(void)
{
	static const struct {
		enum tlml_mode mode;
		enum tlml_action policy;
		unsigned int margin;
		enum tlml_action action;
	} cases[] = {
		{ TLML_MODE_MONITOR, TLML_ACTION_DROP, 1, TLML_ACTION_PASS },
		{ TLML_MODE_ENFORCE, TLML_ACTION_DROP, 1, TLML_ACTION_DROP },
		{ TLML_MODE_ENFORCE, TLML_ACTION_DROP, 64, TLML_ACTION_PASS },
		{ TLML_MODE_ENFORCE, TLML_ACTION_MARK, 1, TLML_ACTION_MARK },
		{ TLML_MODE_ENFORCE, TLML_ACTION_LIMIT, 1, TLML_ACTION_DROP },	/* rate 0 */
		{ TLML_MODE_ENFORCE, TLML_ACTION_PASS, 1, TLML_ACTION_PASS },
	};

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		start(0x1);
		ctl->trace = 1;
		ctl->mode = cases[i].mode;
		ctl->policy[0].action = cases[i].policy;
		ctl->policy[0].margin_act = cases[i].margin;
		flow(1);
		ring_buffer__consume(rig.ring);
		CHECK_EQ(rig.records, 1);
		CHECK(rig.record.action == cases[i].action, "case %u: action %u, should be %u", i,
		      rig.record.action, cases[i].action);
	}
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "a trace tells of every decision", test_trace },
		{ "the report budget", test_budget },
		{ "a full ring", test_ring_full },
		{ "a record tells what was done", test_action },
	};
	cpu_set_t here;
	int status;

	CPU_ZERO(&here);			/* budgets are per CPU */
	CPU_SET(sched_getcpu(), &here);
	rig_need(!sched_setaffinity(0, sizeof(here), &here), "affinity", strerror(errno));
	rig_open(&rig, 1 << 18, 1 << 16);
	ctl = rig.obj.maps.ctl;
	status = tap_main(tests, sizeof(tests) / sizeof(tests[0]));
	rig_close(&rig);
	return status;
}
