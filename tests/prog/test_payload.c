// SPDX-License-Identifier: BSD-2-Clause
/* Payload of hard flows' packets: none unless asked for, and then neither headers nor padding. */
#include "rig.h"

#define T0	((uint64_t)1 << 20)

static struct rig rig;
static struct frame frame;
static struct tlml_ctl *ctl;

/* Every flow is asked about at its first packet; of each packet told, most bytes are. */
static void start(unsigned int most)
{
	const struct tlml_rate plenty = { 1 << 23, 1 << 23 };

	rig_clear(&rig);
	ctl->clock = T0;
	ctl->trace = ctl->audit = 0;
	ctl->ask_points = ~0u;
	for (int i = 0; i < TLML_BUDGETS; i++)
		ctl->ask[i] = plenty;
	ctl->payload = most;
	ctl->policy[0] = (struct tlml_policy){ .margin_act = 1, .margin_hard = 255 };
	rig_mark(&rig);
}

static void run_egress(void)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame.data, .data_size_in = frame.len,
		    .repeat = 1);

	rig_need(!bpf_prog_test_run_opts(rig.obj.egress_fd, &opts), "test run", strerror(errno));
}

/* The frame's payload, told of as packet nth, is the len bytes at offset at; none if len is 0. */
static int told(const char *what, unsigned int nth, unsigned int at, unsigned int len)
{
	static const uint8_t zero[TLML_PAYLOAD_MAX];
	const struct tlml_payload *p = &rig.payload;
	unsigned int n = rig.payloads;

	ring_buffer__consume(rig.ring);
	n = rig.payloads - n;
	if (!CHECK(n == !!len, "%s: %u payloads", what, n) || !n)
		return 0;
	CHECK(p->bucket == rig.record.bucket && p->fp == rig.record.flow.fp, "%s: of another flow", what);
	CHECK(p->nth == nth, "%s: of packet %u, should be %u", what, p->nth, nth);
	CHECK(p->len == len, "%s: %u bytes, should be %u", what, p->len, len);
	CHECK(!memcmp(p->data, frame.data + at, len), "%s: other bytes, first %02x, should be %02x",
	      what, p->data[0], frame.data[at]);
	CHECK(!memcmp(p->data + len, zero, TLML_PAYLOAD_MAX - len), "%s: bytes behind the end", what);
	return 1;
}

static void test_off(void)
{
	CHECK_EQ(ctl->payload, 0);			/* as loaded */
	start(0);
	FRAME(&frame, IP4(1, 2), UDP(1000, 53), DATA(100));
	for (unsigned int n = 0; n < 40; n++) {
		rig_run(&rig, &frame);
		told("off", 0, 0, 0);
	}
	CHECK_EQ(rig.records + rig.mores, TLML_CASE_PACKETS);
	CHECK_EQ(GAIN(&rig, payloads), 0);
}

static const struct {
	const char *name;
	struct layer layers[LAYERS_MAX];
	unsigned int at, len;
} cases[] = {
	{ "udp", { IP4(1, 2), UDP(7, 8), DATA(20) }, 42, 20 },
	{ "udp, long", { IP4(1, 2), UDP(7, 8), DATA(700) }, 42, 64 },
	{ "udp, empty", { IP4(1, 2), UDP(7, 8) }, 0, 0 },
	{ "udp, one byte", { IP4(1, 2), UDP(7, 8), DATA(1) }, 42, 1 },
	{ "tcp", { IP4(1, 2), TCP(7, 8, TLML_TCP_ACK), DATA(64) }, 54, 64 },
	{ "tcp, options", { IP4(1, 2), TCP(7, 8, TLML_TCP_ACK), DATA(30), POKE(46, 0x80) }, 66, 18 },
	{ "tcp, options and no more", { IP4(1, 2), TCP(7, 8, TLML_TCP_ACK), DATA(12), POKE(46, 0x80) },
	  0, 0 },
	{ "tcp, options over the end", { IP4(1, 2), TCP(7, 8, TLML_TCP_ACK), DATA(5), POKE(46, 0xf0) },
	  0, 0 },
	{ "ip options", { IP4_OPTIONS(1, 2, 3), UDP(7, 8), DATA(20) }, 54, 20 },
	{ "sctp", { IP4(1, 2), SCTP(7, 8), DATA(20) }, 46, 20 },
	{ "udp-lite", { IP4(1, 2), UDPLITE(7, 8), DATA(20) }, 42, 20 },
	{ "icmp echo", { IP4(1, 2), ICMP(8), DATA(20) }, 42, 20 },
	{ "icmp, cut short", { IP4(1, 2), PROTO(1), DATA(6) }, 0, 0 },
	{ "esp: no header that we know", { IP4(1, 2), PROTO(50), DATA(40) }, 0, 0 },
	{ "fragment", { IP4_FRAGMENT(1, 2, 0x2000), UDP(7, 8), DATA(40) }, 0, 0 },
	{ "fragment of v6", { IP6(1, 2), FRAG6(0, 1), UDP(7, 8), DATA(40) }, 0, 0 },
	{ "v6", { IP6(1, 2), UDP(7, 8), DATA(20) }, 62, 20 },
	{ "v6 extensions", { IP6(1, 2), EXT(0, 0), EXT(60, 5), TCP(7, 8, 0), DATA(20) }, 130, 20 },
	{ "icmp6 echo", { IP6(1, 2), ICMP6(128), DATA(20) }, 62, 20 },
	{ "tags", { TAG(0x88a8, 1), TAG(0x8100, 2), IP4(1, 2), UDP(7, 8), DATA(20) }, 50, 20 },
	{ "padding", { IP4(1, 2), UDP(7, 8), DATA(18), POKE(17, 28 + 5) }, 42, 5 },
	{ "nothing but padding", { IP4(1, 2), UDP(7, 8), DATA(18), POKE(17, 28) }, 0, 0 },
	{ "a length of 0: the frame's", { IP4(1, 2), UDP(7, 8), DATA(18), POKE(16, 0), POKE(17, 0) },
	  42, 18 },
	{ "a length that lies", { IP4(1, 2), UDP(7, 8), DATA(18), POKE(16, 0x0f), POKE(17, 0xa0) },
	  42, 18 },
	{ "ipip", { IP4(1, 2), IP4(11, 12), UDP(7, 8), DATA(20) }, 62, 20 },
	{ "6in4, padding", { IP4(1, 2), IP6(11, 12), TCP(7, 8, 0), DATA(20), POKE(39, 20 + 6) }, 94, 6 },
	{ "gre, key", { IP4(1, 2), GRE(0x20, 0), IP4(11, 12), UDP(7, 8), DATA(20) }, 70, 20 },
	{ "vxlan", { IP4(1, 2), UDP(1, 4789), VXLAN(8), ETH, IP4(11, 12), UDP(7, 8), DATA(20) }, 92, 20 },
	{ "vxlan, fragment within", { IP4(1, 2), UDP(1, 4789), VXLAN(8), ETH, IP4_FRAGMENT(11, 12, 5),
	    UDP(7, 8), DATA(20) }, 0, 0 },
	{ "gtp-u", { IP4(1, 2), UDP(1, 2152), GTPU(0x34, 255, 1), IP6(11, 12), UDP(7, 8), DATA(20) },
	  106, 20 },
	{ "ipip of no transport", { IP4(1, 2), IP4(11, 12), PROTO(50), DATA(20) }, 0, 0 },
};

static void test_layers(void)
{
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		frame_build(&frame, cases[i].layers);
		start(64);
		rig_run(&rig, &frame);
		told(cases[i].name, 1, cases[i].at, cases[i].len);
		CHECK_EQ(rig.records, 1);
		CHECK_EQ(GAIN(&rig, payloads), !!cases[i].len);
		start(64);
		run_egress();
		told(cases[i].name, 1, cases[i].at, cases[i].len);
	}
}

static void test_most(void)
{
	FRAME(&frame, IP4(1, 2), UDP(7, 8), DATA(100));
	for (unsigned int most = 0; most <= 70; most++) {
		start(most);
		rig_run(&rig, &frame);
		told("so many of many", 1, 42, most < 64 ? most : 64);
	}
}

/* Of each packet that is told of, and of no other. */
static void test_packets(void)
{
	start(64);
	ctl->ask_points = ~7u;
	for (unsigned int n = 1; n <= 40; n++) {
		FRAME(&frame, IP4(1, 2), UDP(7, 8), DATA(n));
		rig_run(&rig, &frame);
		if (n < 8 || n > TLML_CASE_PACKETS)
			told("not told of", 0, 0, 0);
		else
			told("told of", n, 42, n);
	}
	start(64);
	ctl->ask_points = ~7u;
	ctl->trace = 1;
	ctl->ask[TLML_BUDGET_ALL].rate = 0;	/* observers get no payload */
	for (unsigned int n = 1; n <= 40; n++) {
		rig_run(&rig, &frame);
		told("traced", 0, 0, 0);
	}
	CHECK_EQ(rig.records, 6);
	FRAME(&frame, IP4(1, 2), TCP(7, 8, TLML_TCP_ACK), DATA(8960));	/* of 6 packets */
	start(64);
	ctl->ask_points = ~7u;
	for (unsigned int n = 1; n <= 60; n += 6) {
		rig_run(&rig, &frame);
		if (n < 7 || n > TLML_CASE_PACKETS)
			told("train not told of", 0, 0, 0);
		else
			told("train", n, 54, 64);
	}
}

/* Also a packet that is dropped, before it is. */
static void test_dropped(void)
{
	start(64);
	ctl->mode = TLML_MODE_ENFORCE;
	ctl->policy[0].action = TLML_ACTION_DROP;
	FRAME(&frame, IP4(1, 2), UDP(7, 8), DATA(9));
	rig_run(&rig, &frame);
	CHECK_EQ(rig.action, XDP_DROP);
	told("dropped", 1, 42, 9);
	ctl->mode = TLML_MODE_MONITOR;
}

/*
 * Of jumbo frames a driver maps the first page only. Headers that end near its end put the payload
 * there, across its end, or behind it; headers across the end are not read, which is no decision.
 */
static void test_frags(void)
{
	unsigned int whole = 0, across = 0;

	for (unsigned int units = 150; units < 255; units++) {
		unsigned int at = 14 + 40 + 2048 + 8 * (units + 1) + 8;

		FRAME(&frame, IP6(1, 2), EXT(60, 255), EXT(60, units), UDP(7, 8), DATA(4000));
		start(64);
		rig_run(&rig, &frame);
		if (GAIN(&rig, short_frame)) {
			across++;
			told("headers are cut", 0, 0, 0);
		} else {
			whole += told("behind extensions", 1, at, 64);
		}
	}
	CHECK(whole > 5 && across > 5, "%u frames with headers in one piece, %u without", whole, across);
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "none by default", test_off },
		{ "behind every header", test_layers },
		{ "as many bytes as asked for", test_most },
		{ "of the packets told of", test_packets },
		{ "of a packet that is dropped", test_dropped },
		{ "in frames of several pieces", test_frags },
	};
	int status;

	rig_open(&rig, 4096, 4096);
	ctl = rig.obj.maps.ctl;
	rig_publish_steady(&rig, 0, 0x3f);
	status = tap_main(tests, sizeof(tests) / sizeof(tests[0]));
	rig_close(&rig);
	return status;
}
