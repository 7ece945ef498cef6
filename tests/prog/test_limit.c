// SPDX-License-Identifier: BSD-2-Clause
/* The limit: as many packets per second and source as the operator said, on the coarse clock. */
#include "rig.h"

#define T0		((uint64_t)1 << 20)
#define SECOND		(1000000000.0 / (1 << TLML_TICK_SHIFT))	/* in ticks */
#define BURST		60
#define PACKETS		15000	/* of one measurement: about a second, one a tick */

static struct rig rig;
static struct frame frame;
static struct tlml_ctl *ctl;

static void start(uint32_t rate, uint32_t burst)
{
	rig_clear(&rig);
	ctl->clock = T0;
	ctl->policy[0].rate = rate;
	ctl->policy[0].burst = burst;
	rig_mark(&rig);
}

static int passes4(unsigned int src, unsigned int sport)
{
	FRAME(&frame, IP4(src, 2), UDP(sport, 53));
	rig_run(&rig, &frame);
	return rig.action == XDP_PASS;
}

/*
 * Rates are honoured within what the arithmetic gives: 1100 / 65536 is 0.05 % more than a
 * tick's share of a token, and a refill of at least one token (256 units) cuts off less than one
 * unit, 0.4 %. Two packets have accrued but may not pass yet: a fraction in the bucket, and time
 * not counted into it. A source begins with BURST.
 */
static void test_rate(void)
{
	static const struct {
		unsigned int rate, packets, ticks;	/* packets at once, each so many ticks */
	} loads[] = {
		{ 20, 1, 1 }, { 59, 1, 1 }, { 100, 1, 1 }, { 1000, 1, 1 }, { 5000, 1, 1 },
		{ 20000, 4, 1 }, { 7, 1, 100 }, { 100000, 50, 3 },
	};

	for (unsigned int i = 0; i < sizeof(loads) / sizeof(loads[0]); i++) {
		unsigned int passed = 0;
		double want;

		start(loads[i].rate, BURST);
		for (unsigned int n = 0; n < PACKETS; n++) {
			if (n % loads[i].packets == 0)
				ctl->clock += loads[i].ticks;
			passed += passes4(1, 1 + n % 3);	/* of several flows */
		}
		want = (ctl->clock - T0) / SECOND * loads[i].rate;
		CHECK(passed >= BURST + want * 0.996 - 2 && passed <= BURST + want * 1.0005 + 1,
		      "rate %u: %u of %u passed, should be %.0f", loads[i].rate, passed, PACKETS,
		      BURST + want);
		CHECK_EQ(GAIN(&rig, limited), PACKETS - passed);
	}
}

/* More time than it takes to fill the bucket gives what it holds, and no more. */
static void test_burst(void)
{
	static const unsigned int bursts[] = { 1, 7, 100, (1 << 24) - 1 };

	for (unsigned int i = 0; i < sizeof(bursts) / sizeof(bursts[0]); i++) {
		unsigned int passed = 0, rate = 1000, tries = 2000;
		/* A silence counts for 2^18 ticks at most. */
		unsigned int most = (1 << 18) / SECOND * rate;

		start(rate, bursts[i]);
		passes4(1, 1);
		ctl->clock += 1 << 19;
		for (unsigned int n = 0; n < tries; n++)
			passed += passes4(1, 1 + n % 2);
		most = most < bursts[i] ? most : bursts[i];
		CHECK_EQ(passed, most < tries ? most : tries);
	}
	start(1000, 0);
	passes4(1, 1);
	ctl->clock += 1 << 19;
	CHECK(!passes4(1, 1), "a bucket for nothing let a packet pass");
}

static void test_prefix(void)
{
	unsigned int passed[2] = { 0, 0 };

	start(1000, 5);
	for (int i = 0; i < 5; i++)
		CHECK(passes4(1, i), "packet %d of host 1: a source begins with a full bucket", i);
	CHECK(!passes4(1, 1), "host 1 passed more than its burst");
	CHECK(passes4(3, 1), "host 3 has no bucket of its own");
	FRAME(&frame, IP4(2, 3), UDP(53, 1));	/* answers count for who asked, who has 4 left */
	for (int i = 0; i < 5; i++) {
		rig_run(&rig, &frame);
		CHECK_EQ(rig.action, i < 4 ? XDP_PASS : XDP_DROP);
	}
	for (unsigned int i = 0; i < 48; i++) {	/* two /64 of four hosts each */
		FRAME(&frame, IP6(8 + i % 8, 100), UDP(1, 53));
		rig_run(&rig, &frame);
		passed[i % 8 / 4] += rig.action == XDP_PASS;
	}
	CHECK_EQ(passed[0], 5);
	CHECK_EQ(passed[1], 5);
}

/* A CPU that is a tick behind the last one must not find time that has not passed. */
static void test_behind(void)
{
	start(1000, 5);
	passes4(1, 1);
	ctl->clock += 1 << 17;
	for (int i = 0; i < 6; i++)
		passes4(1, 1);
	for (int i = 0; i < 10; i++) {
		ctl->clock--;
		CHECK(!passes4(1, 1), "a step back filled the bucket");
		ctl->clock++;
		CHECK(!passes4(1, 1), "a step to and fro filled the bucket");
	}
}

/* The clock's low 32 bits wrap while a source sends. */
static void test_wrap(void)
{
	unsigned int passed = 0;
	double want;

	start(1000, BURST);
	ctl->clock = (1ull << 32) - 2000;
	for (unsigned int n = 0; n < 4000; n++) {
		passed += passes4(1, 1);
		ctl->clock++;
	}
	want = 3999 / SECOND * 1000;
	CHECK(passed >= BURST + want * 0.996 - 2 && passed <= BURST + want * 1.0005 + 1,
	      "%u passed, should be %.0f", passed, BURST + want);
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "rates are honoured", test_rate },
		{ "bursts are honoured", test_burst },
		{ "a bucket for each source prefix", test_prefix },
		{ "a clock that steps back", test_behind },
		{ "a clock that wraps", test_wrap },
	};
	int status;

	rig_open(&rig, 4096, 4096);
	rig_publish_constant(&rig, 0, 1);
	ctl = rig.obj.maps.ctl;
	ctl->trace = 0;
	ctl->mode = TLML_MODE_ENFORCE;
	ctl->policy[0] = (struct tlml_policy){ .action = TLML_ACTION_LIMIT, .margin_act = 1 };
	status = tap_main(tests, sizeof(tests) / sizeof(tests[0]));
	rig_close(&rig);
	return status;
}
