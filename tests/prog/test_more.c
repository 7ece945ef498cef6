// SPDX-License-Identifier: BSD-2-Clause
/* The later packets of hard flows: which are told of, as what, and when it ends. */
#include "rig.h"

#define T0	((uint64_t)1 << 20)

static struct rig rig;
static struct frame frame;
static struct tlml_ctl *ctl;

/* Flows are to be asked about from packet from on. */
static void start(unsigned int from)
{
	const struct tlml_rate plenty = { 1 << 23, 1 << 23 };

	rig_publish_steady(&rig, 0, 0x3f);
	rig_clear(&rig);
	ctl->clock = T0;
	ctl->trace = ctl->audit = 0;
	ctl->ask_points = -from;
	for (int i = 0; i < TLML_BUDGETS; i++)
		ctl->ask[i] = plenty;
	ctl->policy[0] = (struct tlml_policy){ .margin_act = 1, .margin_hard = 255 };
	rig_mark(&rig);
}

/* Runs the frame; whether it was told of as a later packet. */
static int run(void)
{
	unsigned int mores = rig.mores;

	rig_run(&rig, &frame);
	ring_buffer__consume(rig.ring);
	return rig.mores - mores;
}

static void test_all(void)
{
	start(8);
	FRAME(&frame, IP4(1, 2), UDP(1000, 53), DATA(30));
	for (unsigned int n = 1; n <= 80; n++) {
		int told = run();

		CHECK(told == (n > 8 && n <= TLML_CASE_PACKETS), "packet %u: told of %d times", n, told);
		if (!told)
			continue;
		CHECK_EQ(rig.more.nth, n);
		CHECK_EQ(rig.more.segs, 1);
		CHECK_EQ(rig.more.bucket, rig.record.bucket);
		CHECK_EQ(rig.more.fp, rig.record.flow.fp);
	}
	CHECK_EQ(rig.records, 1);
	CHECK_EQ(GAIN(&rig, continued), 24);
	CHECK_EQ(GAIN(&rig, ring_full) + GAIN(&rig, payloads), 0);
}

static void test_fields(void)
{
	static const struct {
		unsigned int ticks, back, data, flags;
		unsigned int gap, size;		/* tlml_log2q(ticks + 1), tlml_size_code() */
	} packets[] = {
		{ 0, 0, 0, TLML_TCP_ACK, 0, 2 }, { 1, 1, 0, TLML_TCP_ACK | TLML_TCP_PSH, 4, 2 },
		{ 2, 1, 1460, TLML_TCP_ACK, 6, 43 }, { 0xffff, 0, 24, TLML_TCP_ACK, 64, 8 },
		{ 3, 0, 88, TLML_TCP_RST, 8, 16 },
	};

	start(1);
	FRAME(&frame, IP4(1, 2), TCP(1000, 80, TLML_TCP_SYN));
	CHECK(!run(), "the packet of the question is told of twice");
	for (unsigned int i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
		const unsigned int flags = packets[i].flags, data = packets[i].data;

		if (packets[i].back)
			FRAME(&frame, IP4(2, 1), TCP(80, 1000, flags), DATA(data));
		else
			FRAME(&frame, IP4(1, 2), TCP(1000, 80, flags), DATA(data));
		ctl->clock += packets[i].ticks;
		CHECK_EQ(run(), 1);
		CHECK_EQ(rig.more.nth, i + 2);
		CHECK_EQ(rig.more.tick, (uint32_t)ctl->clock);
		CHECK_EQ(rig.more.gap, packets[i].gap);
		CHECK_EQ(rig.more.size, packets[i].size);
		CHECK_EQ(rig.more.back, packets[i].back);
		CHECK_EQ(rig.more.tcp_flags, flags);
	}
	ctl->clock--;				/* another CPU is a tick ahead of this one */
	CHECK_EQ(run(), 1);
	CHECK_EQ(rig.more.gap, 0);
}

/* One record for a train; its number is that of its first packet. */
static void test_trains(void)
{
	static const unsigned int nth[] = { 0, 0, 13, 19, 25, 31, 0 };

	start(8);
	FRAME(&frame, IP4(1, 2), TCP(1000, 80, TLML_TCP_ACK), DATA(8960));	/* of 6 packets */
	for (unsigned int i = 0; i < sizeof(nth) / sizeof(nth[0]); i++) {
		CHECK_EQ(run(), nth[i] != 0);
		if (!nth[i])
			continue;
		CHECK_EQ(rig.more.nth, nth[i]);
		CHECK_EQ(rig.more.segs, 6);
		CHECK_EQ(rig.more.size, tlml_size_code(1500));
	}
	CHECK_EQ(rig.record.flow.pkts, 12);
	start(32);				/* too late for more */
	for (unsigned int i = 0; i < 8; i++)
		CHECK(!run(), "train %u: told of", i);
	CHECK_EQ(rig.records, 1);
}

/* Nothing is told of flows that nobody asked about, also if every decision is reported. */
static void test_others(void)
{
	start(8);
	ctl->trace = 1;
	ctl->ask[TLML_BUDGET_ALL].rate = 0;
	FRAME(&frame, IP4(1, 2), UDP(1000, 53));
	for (unsigned int n = 0; n < 40; n++)
		CHECK(!run(), "packet %u: told of", n + 1);
	CHECK_EQ(rig.records, 6);
}

/* The answer ends it. */
static void test_answer(void)
{
	struct tlml_flow *f;

	start(8);
	FRAME(&frame, IP4(1, 2), UDP(1000, 53));
	for (unsigned int n = 1; n <= 20; n++)
		run();
	CHECK_EQ(rig.mores, 12);
	f = rig_line(&rig, &frame);
	f->answer = (struct tlml_answer){ .fp = f->fp, .klass = 1, .until = T0 + 1000 };
	for (unsigned int n = 21; n <= 40; n++)
		CHECK(!run(), "packet %u: told of", n);
	CHECK_EQ(GAIN(&rig, answered), 1);
}

/* What leaves is told of, too. */
static void test_egress(void)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame.data, .repeat = 1);

	start(8);
	for (unsigned int n = 0; n < 16; n++) {
		FRAME(&frame, IP4(2, 1), UDP(53, 1000));
		opts.data_size_in = frame.len;
		rig_need(!bpf_prog_test_run_opts(rig.obj.egress_fd, &opts), "test run", strerror(errno));
		FRAME(&frame, IP4(1, 2), UDP(1000, 53));
		run();
	}
	CHECK_EQ(GAIN(&rig, asked), 1);
	CHECK_EQ(GAIN(&rig, continued), 24);
	CHECK_EQ(rig.more.nth, 32);
	CHECK_EQ(rig.more.back, 1);		/* host 2 began it */
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "all of them up to the last", test_all },
		{ "what is told of a packet", test_fields },
		{ "segment trains", test_trains },
		{ "flows that nobody asked about", test_others },
		{ "flows that are answered", test_answer },
		{ "both directions", test_egress },
	};
	int status;

	rig_open(&rig, 4096, 4096);
	ctl = rig.obj.maps.ctl;
	status = tap_main(tests, sizeof(tests) / sizeof(tests[0]));
	rig_close(&rig);
	return status;
}
