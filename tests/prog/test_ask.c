// SPDX-License-Identifier: BSD-2-Clause
/* About which flows the large model is asked, at which packet, and how often: once. */
#include "rig.h"

#define T0	((uint64_t)1 << 20)
#define MARGIN	63			/* of every decision of the steady model */
#define NEVER	0

static struct rig rig;
static struct frame frame;
static struct tlml_ctl *ctl;

/* Nobody would be asked about: the class is sure enough, and nothing is grey. */
static void begin(void)
{
	const struct tlml_rate plenty = { 1 << 23, 1 << 23 };

	rig_clear(&rig);
	ctl->clock = T0;
	ctl->trace = ctl->audit = 0;
	ctl->report_rate = 1000000000;
	ctl->report_burst = (1 << 24) - 1;
	ctl->ask_points = ~7u;
	for (int i = 0; i < TLML_BUDGETS; i++)
		ctl->ask[i] = plenty;
	ctl->anomaly_low = ctl->anomaly_high = 128;
	ctl->policy[0] = (struct tlml_policy){ .margin_act = 1, .margin_hard = MARGIN };
	rig_mark(&rig);
}

static void start(uint32_t points)
{
	rig_publish_steady(&rig, 0, points);
	begin();
}

/* The next packet of flow n. */
static void packet(unsigned int n)
{
	FRAME(&frame, IP4(n % 250, 256 + n / 250 % 250), UDP(n, 53));
	rig_run(&rig, &frame);
	ring_buffer__consume(rig.ring);
}

/* At which packet, of 70, a flow is asked about. */
static unsigned int asked_at(unsigned int flow)
{
	unsigned int at = NEVER;

	rig_mark(&rig);
	for (unsigned int n = 1; n <= 70; n++) {
		packet(flow);
		if (rig.records && !at)
			at = n;
	}
	CHECK(rig.records <= 1, "flow %u: asked %u times", flow, rig.records);
	CHECK_EQ(GAIN(&rig, asked), rig.records);
	CHECK_EQ(!!(rig_line(&rig, &frame)->state & TLML_FLOW_HARD), rig.records);
	return at;
}

static void test_points(void)
{
	static const struct {
		uint32_t model, ask;
		unsigned int at;
	} cases[] = {
		{ 0x3f, ~7u, 8 }, { 0x3f, ~0u, 1 }, { 0x3f, ~1u, 2 }, { 0x3f, 0x20, 32 },
		{ 0x3f, 0x14, 4 }, { 0x3f, 0x40, NEVER }, { 0x3f, 0, NEVER }, { 0x37, ~7u, 16 },
		{ 0x7f, ~63u, 64 }, { 0x1, ~7u, NEVER }, { 0x1, ~0u, 1 },
	};

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned int at;

		start(cases[i].model);
		ctl->policy[0].margin_hard = MARGIN + 1;
		ctl->ask_points = cases[i].ask;
		at = asked_at(i);
		CHECK(at == cases[i].at, "model 0x%x, ask 0x%x: asked at packet %u, should be %u",
		      cases[i].model, cases[i].ask, at, cases[i].at);
		CHECK_EQ(GAIN(&rig, unsure), at != NEVER);
	}
}

static void test_unsure(void)
{
	start(0x3f);
	CHECK_EQ(asked_at(1), NEVER);
	CHECK_EQ(GAIN(&rig, unsure), 0);
	ctl->policy[0].margin_hard = MARGIN + 1;
	ctl->policy[1].margin_hard = 0;
	CHECK_EQ(asked_at(2), 8);
	CHECK_EQ(rig.record.reason, TLML_REASON_UNSURE);
	CHECK_EQ(rig.record.flow.margin, MARGIN);
	CHECK_EQ(rig.record.flow.pkts, 8);
	CHECK(rig.record.flow.state & TLML_FLOW_HARD, "the record does not know it");
	rig_publish_steady(&rig, 1, 0x3f);	/* the threshold is that of the flow's class */
	ctl->policy[1].margin_hard = MARGIN;
	CHECK_EQ(asked_at(3), NEVER);
	ctl->policy[1].margin_hard = MARGIN + 1;
	CHECK_EQ(asked_at(4), 8);
}

/* What is in the band is asked about, once; what is above it is counted. */
static void test_anomaly(void)
{
	unsigned int low = 0, grey = 0, high = 0;
	uint32_t s = 1;
	size_t size;
	void *blob = tlml_mkmodel_random(3, 32, 16, 4, 1, &size);

	rig_publish(&rig, blob, size, 2);
	begin();
	for (int c = 0; c < 4; c++)
		ctl->policy[c].margin_hard = 0;
	ctl->anomaly_low = 48;
	ctl->anomaly_high = 52;
	for (unsigned int n = 0; n < 16000; n++) {
		unsigned int client = mkmodel_draw(&s) % 1200, told = rig.records, in, due;
		struct tlml_flow *l;

		if (mkmodel_draw(&s) % 2)
			FRAME(&frame, IP4(client % 250, 256), UDP(1000 + client, 443),
			      DATA(mkmodel_draw(&s) % 1400));
		else
			FRAME(&frame, IP4(256, client % 250), UDP(443, 1000 + client),
			      DATA(mkmodel_draw(&s) % 1400));
		ctl->clock += mkmodel_draw(&s) % 100;
		l = rig_line(&rig, &frame);
		due = !l || !(l->state & TLML_FLOW_HARD);
		rig_run(&rig, &frame);
		ring_buffer__consume(rig.ring);
		told = rig.records - told;
		l = rig_line(&rig, &frame);
		if (l->pkts & (l->pkts - 1) || l->pkts > 32) {
			CHECK(!told, "packet %u: told of", l->pkts);
			continue;
		}
		high += l->anomaly >= 52;
		if (l->pkts < 8 || !due) {
			CHECK(!told, "packet %u of a flow asked about or not to be: told of", l->pkts);
			continue;
		}
		in = l->anomaly >= 48 && l->anomaly < 52;
		low += l->anomaly < 48;
		grey += in;
		CHECK_EQ(told, in);
		CHECK(!told || rig.record.reason == TLML_REASON_ANOMALY, "reason %u", rig.record.reason);
	}
	CHECK(low > 50 && grey > 50 && high > 50, "anomalies are of one kind: %u %u %u", low, grey, high);
	CHECK_EQ(GAIN(&rig, grey), grey);
	CHECK_EQ(GAIN(&rig, asked), grey);
	CHECK_EQ(GAIN(&rig, anomalies), high);
}

/* The audit takes a share of the flows, whatever the model says of them. */
static void test_audit_share(void)
{
	for (unsigned int audit = 0; audit <= 6; audit += 2) {
		/* Binomial: five standard deviations are at most 5 * sqrt(4000 / 2^audit). */
		int want = audit ? 4000 >> audit : 0, off, got;

		start(0x1);
		ctl->ask_points = ~0u;
		ctl->audit = audit;
		for (unsigned int n = 0; n < 4000; n++)
			packet(n);
		got = GAIN(&rig, audited);
		off = got - want;
		CHECK(audit ? off * off < 25 * want : !got, "audit %u: %d of 4000", audit, got);
		CHECK_EQ(GAIN(&rig, asked), got);
	}
	CHECK_EQ(rig.record.reason, TLML_REASON_AUDIT);
}

/* A flow that looks hard besides is of the sample, too; one whose turn was refused is not again. */
static void test_audit_once(void)
{
	unsigned int audited = 0, n;

	start(0x3f);
	ctl->audit = 1;
	ctl->policy[0].margin_hard = MARGIN + 1;
	for (n = 0; n < 64; n++) {
		CHECK_EQ(asked_at(n), 8);
		audited += rig.record.reason == TLML_REASON_AUDIT;
		CHECK(rig.record.reason == TLML_REASON_AUDIT ||
		      rig.record.reason == TLML_REASON_UNSURE, "reason %u", rig.record.reason);
	}
	CHECK(audited > 10 && audited < 54, "%u of 64 in a sample of half", audited);
	ctl->policy[0].margin_hard = MARGIN;
	ctl->ask[TLML_BUDGET_ALL].rate = 0;
	for (n = 100; n < 164; n++) {
		for (unsigned int i = 0; i < 15; i++)
			packet(n);
		ctl->ask[TLML_BUDGET_ALL].rate = 1 << 23;
		ctl->clock++;			/* and there is something in the bucket */
		rig_mark(&rig);
		for (unsigned int i = 0; i < 20; i++)
			packet(n);
		CHECK_EQ(rig.records, 0);
		CHECK_EQ(GAIN(&rig, audited), 0);
		ctl->ask[TLML_BUDGET_ALL].rate = 0;
	}
}

/* Who watches sees every decision once, asked about or not. */
static void test_trace(void)
{
	static const int reasons[] = {			/* 0: the trace's */
		TLML_REASON_TRACE, TLML_REASON_TRACE, TLML_REASON_TRACE, TLML_REASON_UNSURE,
		TLML_REASON_TRACE, TLML_REASON_TRACE,
	};

	for (int budget = 1; budget >= 0; budget--) {
		unsigned int point = 0;

		start(0x3f);
		ctl->trace = 1;
		ctl->policy[0].margin_hard = MARGIN + 1;
		ctl->ask[TLML_BUDGET_ALL].rate *= budget;
		for (unsigned int n = 1; n <= 40; n++) {
			unsigned int records = rig.records, is_point = n <= 32 && !(n & (n - 1));

			packet(1);
			CHECK_EQ(rig.records - records, is_point);
			if (is_point)
				CHECK_EQ(rig.record.reason, budget ? reasons[point] : 0);
			point += is_point;
		}
		CHECK_EQ(GAIN(&rig, asked), budget);
		CHECK_EQ(GAIN(&rig, traced), 6 - budget);
		CHECK_EQ(GAIN(&rig, over_all), budget ? 0 : 3);	/* at packets 8, 16 and 32 */
		CHECK_EQ(!!(rig_line(&rig, &frame)->state & TLML_FLOW_HARD), budget);
	}
	start(0x3f);
	ctl->trace = 1;
	ctl->report_rate = 0;			/* which is not the budget of questions */
	ctl->policy[0].margin_hard = MARGIN + 1;
	CHECK_EQ(asked_at(1), 8);
	CHECK_EQ(GAIN(&rig, rate_limited), 5);
}

/* Another flow in the line, with the same key, is another question. */
static void test_again(void)
{
	start(0x3f);
	ctl->policy[0].margin_hard = MARGIN + 1;
	for (unsigned int turn = 0; turn < 2; turn++) {
		unsigned int records = rig.records;

		for (unsigned int n = 0; n < 9; n++) {
			FRAME(&frame, IP4(1, 2), TCP(1000, 80, n ? TLML_TCP_FIN : TLML_TCP_SYN));
			rig_run(&rig, &frame);
			ring_buffer__consume(rig.ring);
		}
		CHECK_EQ(rig.records - records, 1);
	}
	CHECK_EQ(GAIN(&rig, flows), 2);
}

/* A train of segments that passes several points is asked about at the last of them. */
static void test_train(void)
{
	start(0x3f);
	ctl->policy[0].margin_hard = MARGIN + 1;
	ctl->audit = 1;
	for (unsigned int n = 0; n < 32; n++) {
		unsigned int records = rig.records;

		FRAME(&frame, IP4(n, 256), TCP(n, 80, TLML_TCP_ACK), DATA(8960));
		for (unsigned int i = 0; i < 3; i++) {
			rig_run(&rig, &frame);
			ring_buffer__consume(rig.ring);
			CHECK_EQ(rig.records - records, i >= 1);	/* 6 packets each */
			CHECK(!i || rig.record.flow.pkts == 12, "%u packets", rig.record.flow.pkts);
		}
	}
	CHECK(GAIN(&rig, audited) > 4, "the audit misses trains");
	CHECK_EQ(GAIN(&rig, audited) + GAIN(&rig, unsure), 32);
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "decision points at which flows are hard", test_points },
		{ "unsure flows", test_unsure },
		{ "anomalies and the grey band", test_anomaly },
		{ "the audit sample is a share", test_audit_share },
		{ "the audit sample is of the first such point", test_audit_once },
		{ "a trace sees the same decisions", test_trace },
		{ "a new flow is a new question", test_again },
		{ "segment trains", test_train },
	};
	int status;

	rig_open(&rig, 1 << 16, 1 << 16);
	ctl = rig.obj.maps.ctl;
	status = tap_main(tests, sizeof(tests) / sizeof(tests[0]));
	rig_close(&rig);
	return status;
}
