// SPDX-License-Identifier: BSD-2-Clause
/* What questions may cost: a bucket for each prefix, for each class, and for all of them. */
#include <sched.h>

#include "rig.h"

#define T0	((uint64_t)1 << 20)
#define PLENTY	{ 1 << 23, 1 << 23 }

static struct rig rig;
static struct frame frame;
static struct tlml_ctl *ctl;
static unsigned int flows;	/* begun, so that each is another one */

/* Every flow is to be asked about, at its first packet, and may be. */
static void start(void)
{
	const struct tlml_rate plenty = PLENTY;

	rig_publish_steady(&rig, 0, 0x3f);
	rig_clear(&rig);
	ctl->clock = T0;
	ctl->trace = ctl->audit = 0;
	ctl->ask_points = ~0u;
	for (int i = 0; i < TLML_BUDGETS; i++)
		ctl->ask[i] = plenty;
	for (int c = 0; c < 4; c++)
		ctl->policy[c].margin_hard = 255;
	rig_mark(&rig);
}

/* A flow begins; 1 if it is asked about. */
static int ask4(unsigned int src)
{
	unsigned int records = rig.records;

	FRAME(&frame, IP4(src, 600), UDP(1000 + flows / 50000, 10000 + flows % 50000));
	flows++;
	rig_run(&rig, &frame);
	ring_buffer__consume(rig.ring);
	return rig.records - records;
}

static int ask6(unsigned int src)
{
	unsigned int records = rig.records;

	FRAME(&frame, IP6(src, 65535), UDP(1000 + flows / 50000, 10000 + flows % 50000));
	flows++;
	rig_run(&rig, &frame);
	ring_buffer__consume(rig.ring);
	return rig.records - records;
}

static uint64_t refused(enum tlml_budget which)
{
	static const enum tlml_stat ids[TLML_BUDGETS] = {
		TLML_STAT_over_all, TLML_STAT_over_class, TLML_STAT_over_prefix,
	};

	return rig_gain(&rig, ids[which]);
}

/* Each gives its burst at once, then its rate; what it refuses it counts, and nobody else does. */
static void test_each(void)
{
	for (int which = 0; which < TLML_BUDGETS; which++) {
		unsigned int asked = 0;

		start();
		ctl->ask[which] = (struct tlml_rate){ 100, 7 };
		for (unsigned int n = 0; n < 20; n++)
			asked += ask4(1);
		CHECK(asked == 7, "budget %d: %u asked of a burst of 7", which, asked);
		for (unsigned int n = 0; n < 2000; n++) {
			ctl->clock += 15;		/* 2 s in all, 200 questions */
			asked += ask4(1);
		}
		CHECK(asked >= 7 + 190 && asked <= 7 + 200, "budget %d: %u asked", which, asked);
		for (int other = 0; other < TLML_BUDGETS; other++)
			CHECK_EQ(refused(other), other == which ? 2020 - asked : 0);
		CHECK_EQ(GAIN(&rig, asked), asked);
		CHECK_EQ(GAIN(&rig, unsure), 2020);
	}
}

/* The first that refuses is the one that counts. */
static void test_order(void)
{
	static const enum tlml_budget order[] = {
		TLML_BUDGET_PREFIX, TLML_BUDGET_CLASS, TLML_BUDGET_ALL,
	};

	for (unsigned int i = 0; i < TLML_BUDGETS; i++) {
		start();
		for (unsigned int k = i; k < TLML_BUDGETS; k++)
			ctl->ask[order[k]].rate = 0;
		CHECK(!ask4(1), "asked");
		for (unsigned int k = 0; k < TLML_BUDGETS; k++)
			CHECK_EQ(refused(order[k]), k == i);
	}
}

/* What one refuses costs the others nothing. */
static void test_all_or_none(void)
{
	static const enum tlml_budget order[] = {
		TLML_BUDGET_PREFIX, TLML_BUDGET_CLASS, TLML_BUDGET_ALL,
	};

	for (unsigned int last = 1; last < TLML_BUDGETS; last++) {
		unsigned int asked = 0;

		start();
		ctl->ask[order[last]].rate = 0;
		for (unsigned int k = 0; k < last; k++)
			ctl->ask[order[k]] = (struct tlml_rate){ 1, 10 };
		for (unsigned int n = 0; n < 50; n++)
			asked += ask4(1);
		CHECK_EQ(asked, 0);
		ctl->ask[order[last]].rate = 1 << 23;
		for (unsigned int n = 0; n < 50; n++)
			asked += ask4(1);
		CHECK(asked == 10, "%u asked of a burst of 10", asked);
	}
}

/* A rate of 0 refuses also what the bucket still holds. */
static void test_zero(void)
{
	for (int which = 0; which < TLML_BUDGETS; which++) {
		start();
		ctl->ask[which] = (struct tlml_rate){ 100, 100 };
		CHECK_EQ(ask4(1), 1);
		ctl->ask[which].rate = 0;
		for (unsigned int n = 0; n < 5; n++)
			CHECK_EQ(ask4(1), 0);
		ctl->clock += TLML_TICKS(10);
		CHECK_EQ(ask4(1), 0);
		ctl->ask[which] = (struct tlml_rate){ 100, 0 };
		ctl->clock += TLML_TICKS(10);
		CHECK_EQ(ask4(1), 0);
		CHECK_EQ(refused(which), 7);
	}
}

/* All hosts of an IPv4 /24 share one bucket, and no others do. */
static void test_prefix4(void)
{
	start();
	ctl->ask[TLML_BUDGET_PREFIX] = (struct tlml_rate){ 1, 3 };
	for (unsigned int net = 0; net < 3; net++) {
		unsigned int asked = 0;

		for (unsigned int host = 0; host < 256; host += 15)
			asked += ask4(net * 256 + host);
		CHECK(asked == 3, "/24 number %u: %u asked of a burst of 3", net, asked);
	}
}

/* All of an IPv6 /56 share one. The rig's seed puts none of 50 prefixes with another. */
static void test_prefix6(void)
{
	start();
	ctl->ask[TLML_BUDGET_PREFIX] = (struct tlml_rate){ 1, 3 };
	for (unsigned int net = 0; net < 50; net++) {
		unsigned int asked = 0;

		for (unsigned int n = 0; n < 1024; n += 93)	/* 4 hosts in each of 256 /64 */
			asked += ask6(net * 1024 + n);
		CHECK(asked == 3, "/56 number %u: %u asked of a burst of 3", net, asked);
	}
}

/* The bucket is that of who began the flow, whoever sends the packet of the decision. */
static void test_initiator(void)
{
	start();
	ctl->ask_points = ~1u;
	ctl->ask[TLML_BUDGET_PREFIX] = (struct tlml_rate){ 1, 3 };
	for (unsigned int n = 0; n < 10; n++) {
		FRAME(&frame, IP4(n, 256 + n), UDP(1000 + n, 53));
		rig_run(&rig, &frame);
		FRAME(&frame, IP4(256 + n, n), UDP(53, 1000 + n));
		rig_run(&rig, &frame);
	}
	CHECK_EQ(GAIN(&rig, asked), 3);
	rig_mark(&rig);
	ctl->ask_points = ~0u;
	CHECK_EQ(ask4(256), 1);			/* the responders' is untouched */
	CHECK_EQ(ask4(0), 0);
}

static void test_class(void)
{
	start();
	ctl->ask[TLML_BUDGET_CLASS] = (struct tlml_rate){ 1, 3 };
	for (unsigned int c = 0; c < 4; c++) {
		unsigned int asked = 0;

		rig_publish_steady(&rig, c, 0x3f);
		for (unsigned int n = 0; n < 10; n++)
			asked += ask4(1);
		CHECK(asked == 3, "class %u: %u asked of a burst of 3", c, asked);
	}
}

/* What was refused may be asked at a later decision of the same flow. */
static void test_later(void)
{
	start();
	ctl->ask[TLML_BUDGET_ALL].rate = 0;
	FRAME(&frame, IP4(1, 2), UDP(9, 9));
	for (unsigned int n = 1; n <= 20; n++) {
		if (n == 12)
			ctl->ask[TLML_BUDGET_ALL].rate = 1 << 23;
		rig_run(&rig, &frame);
		ring_buffer__consume(rig.ring);
		CHECK(rig.records == (n >= 16), "packet %u: %u records", n, rig.records);
	}
	CHECK_EQ(GAIN(&rig, over_all), 4);	/* at packets 1, 2, 4 and 8 */
	CHECK_EQ(rig.record.flow.pkts, 16);
}

/* A decision on any CPU takes from the same buckets. */
static void test_cpus(void)
{
	unsigned int cpus = 0, asked = 0;
	cpu_set_t all, one;

	start();
	ctl->ask[TLML_BUDGET_ALL] = (struct tlml_rate){ 1, 5 };
	rig_need(!sched_getaffinity(0, sizeof(all), &all), "affinity", strerror(errno));
	for (unsigned int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		rig_need(!sched_setaffinity(0, sizeof(one), &one), "affinity", strerror(errno));
		for (unsigned int n = 0; n < 4; n++)
			asked += ask4(1);
		cpus++;
	}
	sched_setaffinity(0, sizeof(all), &all);
	CHECK_EQ(asked, cpus == 1 ? 4 : 5);
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "burst and rate of each", test_each },
		{ "the first that refuses is counted", test_order },
		{ "who is refused by one pays none", test_all_or_none },
		{ "a rate of nothing", test_zero },
		{ "an IPv4 /24 is a prefix", test_prefix4 },
		{ "an IPv6 /56 is a prefix", test_prefix6 },
		{ "the initiator's prefix pays", test_initiator },
		{ "a class is the tiny model's", test_class },
		{ "a later decision may ask again", test_later },
		{ "all CPUs share", test_cpus },
	};
	int status;

	rig_open(&rig, 1 << 16, 1 << 16);
	ctl = rig.obj.maps.ctl;
	status = tap_main(tests, sizeof(tests) / sizeof(tests[0]));
	rig_close(&rig);
	return status;
}
