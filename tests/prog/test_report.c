// SPDX-License-Identifier: BSD-2-Clause
/* Which decisions user space is told of, what it is told, and what happens when it is too much. */
#include <sched.h>

#include "rig.h"

#define T0	((uint64_t)1 << 20)

static struct rig rig;
static struct frame frame;
static struct tlml_ctl *ctl;

/* A constant model that decides at these points and forgets from one to the next: margin 63. */
static void publish(uint32_t points)
{
	struct tlml_model_header *h;
	size_t size;
	void *blob = tlml_mkmodel_constant(0, &size);

	rig_need(!!blob, "model", "no memory");
	h = blob;
	h->points = points;
	h->cost_decay = 8;
	rig_publish(&rig, blob, size, 1);
}

static void start(uint32_t points)
{
	publish(points);
	rig_clear(&rig);
	ctl->clock = T0;
	ctl->mode = TLML_MODE_MONITOR;
	ctl->trace = ctl->audit = 0;
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

/* Unsure: only at the last point, and only below the class's threshold. */
static void test_unsure(void)
{
	start(0x3f);
	ctl->policy[0].margin_hard = 64;
	for (unsigned int n = 0; n < 40; n++) {
		flow(1);
		ring_buffer__consume(rig.ring);
		CHECK(rig.records == (n >= 31), "packet %u: %u records", n + 1, rig.records);
	}
	CHECK_EQ(GAIN(&rig, unsure), 1);
	CHECK_EQ(rig.record.reason, TLML_REASON_UNSURE);
	CHECK_EQ(rig.record.flow.margin, 63);
	CHECK(rig_line(&rig, &frame)->state & TLML_FLOW_HARD, "the flow does not know it");
	start(0x1);
	ctl->policy[0].margin_hard = 63;
	for (unsigned int n = 0; n < 40; n++)
		flow(n);
	CHECK_EQ(GAIN(&rig, unsure) + GAIN(&rig, traced), 0);
	CHECK(!(rig_line(&rig, &frame)->state & TLML_FLOW_HARD), "a sure flow is hard");
}

/* The grey band is told of, also without a trace; what is above it is counted. */
static void test_anomaly(void)
{
	unsigned int low = 0, grey = 0, high = 0;
	uint32_t s = 1;
	size_t size;
	void *blob;

	start(0x3f);
	blob = tlml_mkmodel_random(3, 32, 16, 4, 1, &size);
	rig_publish(&rig, blob, size, 2);
	ctl->anomaly_low = 48;
	ctl->anomaly_high = 52;
	for (unsigned int n = 0; n < 4000; n++) {
		unsigned int client = mkmodel_draw(&s) % 200, size = mkmodel_draw(&s) % 1400;
		unsigned int told = rig.records, in;
		const struct tlml_flow *l;

		if (mkmodel_draw(&s) % 2)
			FRAME(&frame, IP4(client, 256), UDP(1000 + client, 443), DATA(size));
		else
			FRAME(&frame, IP4(256, client), UDP(443, 1000 + client), DATA(size));
		ctl->clock += mkmodel_draw(&s) % 1000;
		ctl->trace = n % 2;
		rig_run(&rig, &frame);
		ring_buffer__consume(rig.ring);
		told = rig.records - told;
		l = rig_line(&rig, &frame);
		if (l->pkts & (l->pkts - 1) || l->pkts > 32)
			continue;			/* no decision point */
		in = l->anomaly >= ctl->anomaly_low && l->anomaly < ctl->anomaly_high;
		grey += in;
		high += l->anomaly >= ctl->anomaly_high;
		low += l->anomaly < ctl->anomaly_low;
		CHECK(told == (in || ctl->trace), "anomaly %u: %u records", l->anomaly, told);
		CHECK(!told || rig.record.reason == (in ? TLML_REASON_ANOMALY : TLML_REASON_TRACE),
		      "anomaly %u: reason %u", l->anomaly, rig.record.reason);
	}
	CHECK(low > 50 && grey > 50 && high > 50, "anomalies are of one kind: %u %u %u", low, grey, high);
	CHECK_EQ(GAIN(&rig, grey), grey);
	CHECK_EQ(GAIN(&rig, anomalies), high);
	ctl->anomaly_low = ctl->anomaly_high = 128;
}

/* The audit takes a share of the flows, whatever the model says of them. */
static void test_audit(void)
{
	for (unsigned int audit = 0; audit <= 6; audit += 2) {
		/* Binomial: five standard deviations are at most 5 * sqrt(4000 / 2^audit). */
		int want = audit ? 4000 >> audit : 0, off, got;

		start(0x1);
		ctl->audit = audit;
		for (unsigned int n = 0; n < 4000; n++)
			flow(n);
		got = GAIN(&rig, audited);
		off = got - want;
		CHECK(audit ? off * off < 25 * want : !got, "audit %u: %d of 4000", audit, got);
		CHECK_EQ(GAIN(&rig, traced), got);
	}
	ring_buffer__consume(rig.ring);
	CHECK_EQ(rig.record.reason, TLML_REASON_AUDIT);
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
		{ "unsure flows", test_unsure },
		{ "anomalies and the grey band", test_anomaly },
		{ "the audit sample", test_audit },
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
