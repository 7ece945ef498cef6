// SPDX-License-Identifier: BSD-2-Clause
/* What the operator's words do to packets: modes, actions, allow-list, lease and confirmation. */
#include "../../daemon/policy.h"
#include "rig.h"

#define T0		((uint64_t)1 << 20)
#define META_MAGIC	0x6d6c6c74	/* of what tlml_xdp leaves before a marked frame */

static struct rig rig;
static struct frame frame;
static struct tlml_ctl *ctl;

/* Enforces an action on all that is classified, as class 0 with margin 63 at the first packet. */
static void start(enum tlml_mode mode, enum tlml_action action)
{
	rig_clear(&rig);
	ctl->mode = mode;
	ctl->clock = T0;
	ctl->confirm_until = 0;
	ctl->lease_until = TLML_FOREVER;
	ctl->policy[0] = (struct tlml_policy){ .action = action, .margin_act = 1, .mark = 0x1234 };
	rig_mark(&rig);
}

static unsigned int send4(unsigned int src, unsigned int dst, unsigned int sport)
{
	FRAME(&frame, IP4(src, dst), UDP(sport, 53));
	rig_run(&rig, &frame);
	return rig.action;
}

static unsigned int send6(unsigned int src, unsigned int dst, unsigned int sport)
{
	FRAME(&frame, IP6(src, dst), UDP(sport, 53));
	rig_run(&rig, &frame);
	return rig.action;
}

/* One line of policy, which must be accepted. */
static void say(char *line)
{
	char *words[8], *save = NULL;
	struct tlml_error e;
	int n = 0;

	for (char *w = strtok_r(line, " ", &save); w && n < 8; w = strtok_r(NULL, " ", &save))
		words[n++] = w;
	rig_need(!tlml_policy_set(&rig.obj.maps, n, words, &e), "policy", e.text);
}

#define SAY(text)	say((char[]){ text })

static void test_modes(void)
{
	static const struct {
		enum tlml_action action;
		enum tlml_stat did, would;
		unsigned int xdp;
	} acts[] = {
		{ TLML_ACTION_MARK, TLML_STAT_marked, TLML_STAT_would_mark, XDP_PASS },
		{ TLML_ACTION_LIMIT, TLML_STAT_limited, TLML_STAT_would_limit, XDP_DROP },
		{ TLML_ACTION_DROP, TLML_STAT_dropped, TLML_STAT_would_drop, XDP_DROP },
	};

	for (unsigned int i = 0; i < 3; i++) {
		start(TLML_MODE_OFF, acts[i].action);
		CHECK_EQ(send4(1, 2, 1), XDP_PASS);
		CHECK_EQ(GAIN(&rig, off), 1);
		CHECK_EQ(GAIN(&rig, flows) + GAIN(&rig, first_verdicts), 0);
		start(TLML_MODE_MONITOR, acts[i].action);
		CHECK_EQ(send4(1, 2, 1), XDP_PASS);
		CHECK_EQ(rig_gain(&rig, acts[i].did), 0);
		CHECK_EQ(rig_gain(&rig, acts[i].would), 1);
		start(TLML_MODE_ENFORCE, acts[i].action);
		CHECK_EQ(send4(1, 2, 1), acts[i].xdp);		/* a limit of 0 lets nothing pass */
		CHECK_EQ(rig_gain(&rig, acts[i].did), 1);
		CHECK_EQ(rig_gain(&rig, acts[i].would), 0);
	}
	start(TLML_MODE_ENFORCE, TLML_ACTION_PASS);
	CHECK_EQ(send4(1, 2, 1), XDP_PASS);
	start(TLML_MODE_ENFORCE, TLML_ACTION_DROP);
	ctl->policy[1].action = TLML_ACTION_PASS;
	rig_publish_constant(&rig, 1, 2);		/* the other class is not to be touched */
	CHECK_EQ(send4(1, 2, 1), XDP_PASS);
	rig_publish_constant(&rig, 0, 3);
}

/* Certainty grows from 63 to 255 with the decisions of a flow; an action waits for it. */
static void test_margin(void)
{
	static const unsigned int margins[] = { 63, 126, 126, 189 };	/* after packets 1 to 4 */

	for (unsigned int need = 62; need < 192; need++) {
		start(TLML_MODE_ENFORCE, TLML_ACTION_DROP);
		ctl->policy[0].margin_act = need;
		for (unsigned int n = 0; n < 4; n++)
			CHECK_EQ(send4(1, 2, 1), margins[n] >= need ? XDP_DROP : XDP_PASS);
	}
	CHECK_EQ(GAIN(&rig, dropped), 0);	/* 191 is more than four packets give */
}

/* Internet checksum of an IPv4 header as it is: 0 if it is right. */
static uint16_t checksum(const uint8_t *ip)
{
	uint32_t sum = 0;

	for (int i = 0; i < (ip[0] & 15) * 4; i += 2)
		sum += ip[i] << 8 | ip[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	return ~((sum & 0xffff) + (sum >> 16));
}

static uint8_t traffic_class(const uint8_t *ip)
{
	return ip[0] >> 4 == 4 ? ip[1] : ip[0] << 4 | ip[1] >> 4;
}

/* Runs the frame, whose IP header is at l3, under a mark; all other bytes must stay. */
static void marked(unsigned int l3, unsigned int dscp, unsigned int ecn)
{
	struct {
		uint32_t magic, mark;
		uint8_t data[256];
	} out;
	const int v4 = frame.data[l3] >> 4 == 4;
	const unsigned int same = v4 ? 12 : 2;		/* from here on nothing may change */
	uint8_t old = traffic_class(frame.data + l3);
	unsigned int size = rig_run_out(&rig, &frame, &out, sizeof(out));
	const uint8_t *ip = out.data + l3;

	CHECK_EQ(rig.action, XDP_PASS);
	CHECK_EQ(size, frame.len + 8);
	CHECK(out.magic == META_MAGIC && out.mark == 0x1234, "metadata %x %x", out.magic, out.mark);
	CHECK_EQ(traffic_class(ip), dscp ? (dscp - 1) << 2 | ecn : old);
	CHECK(!v4 || checksum(ip) == 0, "checksum off by %x", checksum(ip));
	CHECK(!memcmp(out.data, frame.data, l3) && ip[0] >> 4 == frame.data[l3] >> 4,
	      "bytes before changed");
	if (v4)
		CHECK(ip[0] == frame.data[l3] && !memcmp(ip + 2, frame.data + l3 + 2, 8), "bytes within changed");
	else
		CHECK((ip[1] & 15) == (frame.data[l3 + 1] & 15), "flow label changed");
	CHECK(!memcmp(ip + same, frame.data + l3 + same, frame.len - l3 - same),
	      "bytes behind changed");
}

static void test_mark(void)
{
	for (unsigned int dscp = 0; dscp <= 64; dscp++)
		for (unsigned int ecn = 0; ecn < 4; ecn++) {
			start(TLML_MODE_ENFORCE, TLML_ACTION_MARK);
			ctl->policy[0].dscp = dscp;
			FRAME(&frame, IP4(1, 2), UDP(dscp, 53), DATA(5));
			/* The builder's checksum is that of class 0. */
			frame.data[15] = ecn;
			frame_put16(&frame, 24, (frame.data[24] << 8 | frame.data[25]) - ecn);
			marked(14, dscp, ecn);
			FRAME(&frame, TAG(0x88a8, 1), TAG(0x8100, 2), IP4_OPTIONS(3, 4, 2),
			      UDP(dscp, 53));
			marked(22, dscp, 0);
			FRAME(&frame, TAG(0x8100, 2), IP6(1, 2), UDP(dscp, 53),
			      POKE(19, ecn << 4 | 0x0b));
			marked(18, dscp, ecn);
			FRAME(&frame, IP6(1, 2), IP4(1, 2), TCP(dscp, 53, 0));
			marked(14, dscp, 0);			/* the outer header */
			CHECK_EQ(GAIN(&rig, marked), 4);
		}
}

/* Checksums at which the sum of RFC 1624 carries twice, as one in 65536 does. */
static void test_carry(void)
{
	for (unsigned int dscp = 2; dscp <= 64; dscp++) {
		unsigned int id = 0;

		start(TLML_MODE_ENFORCE, TLML_ACTION_MARK);
		ctl->policy[0].dscp = dscp;
		FRAME(&frame, IP4(1, 2), UDP(dscp, 53));
		frame_put16(&frame, 24, ((dscp - 1) << 2) - 1);
		do {					/* an identification that fits it */
			frame_put16(&frame, 18, id);
		} while (checksum(frame.data + 14) && id++ < 65535);
		CHECK_EQ(checksum(frame.data + 14), 0);
		marked(14, dscp, 0);
	}
}

/* The other hook marks the packet itself. */
static void test_mark_egress(void)
{
	struct __sk_buff skb = { 0 };
	uint8_t out[256];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame.data, .data_out = out,
		    .data_size_out = sizeof(out), .ctx_out = &skb, .ctx_size_out = sizeof(skb),
		    .repeat = 1);

	start(TLML_MODE_ENFORCE, TLML_ACTION_MARK);
	ctl->policy[0].dscp = 1 + 46;
	FRAME(&frame, IP4(1, 2), UDP(9, 53), DATA(5));
	opts.data_size_in = frame.len;
	rig_need(!bpf_prog_test_run_opts(rig.obj.egress_fd, &opts), "test run", strerror(errno));
	CHECK_EQ((int)opts.retval, -1 /* TC_ACT_UNSPEC */);
	CHECK_EQ(skb.mark, 0x1234);
	CHECK_EQ(out[15], 46 << 2);
	CHECK_EQ(checksum(out + 14), 0);
}

static void test_allow(void)
{
	start(TLML_MODE_ENFORCE, TLML_ACTION_DROP);
	CHECK_EQ(send4(5, 2, 1), XDP_DROP);
	CHECK_EQ(send6(8, 100, 1), XDP_DROP);
	SAY("allow add 192.0.2.4/30");			/* hosts 4 to 7 */
	SAY("allow add 2001:db8:0:2::/64");		/* hosts 8 to 11 */
	CHECK_EQ(send4(5, 2, 1), XDP_PASS);		/* a flow that was being dropped */
	CHECK_EQ(send4(2, 5, 2), XDP_PASS);		/* as a destination */
	CHECK_EQ(send4(3, 2, 1), XDP_DROP);
	CHECK_EQ(send4(8, 2, 1), XDP_DROP);
	CHECK_EQ(send6(8, 100, 1), XDP_PASS);
	CHECK_EQ(send6(100, 11, 1), XDP_PASS);
	CHECK_EQ(send6(12, 100, 1), XDP_DROP);
	CHECK_EQ(GAIN(&rig, allowed), 4);
	ctl->mode = TLML_MODE_MONITOR;
	rig_mark(&rig);
	send4(5, 2, 1);
	CHECK_EQ(GAIN(&rig, would_drop), 0);
	ctl->mode = TLML_MODE_ENFORCE;
	SAY("allow del 192.0.2.4/30");
	CHECK_EQ(send4(5, 2, 1), XDP_DROP);		/* what its line remembers is out of date */
	CHECK_EQ(send6(8, 100, 1), XDP_PASS);
	for (int i = 0; i < 130; i++) {			/* the epoch goes around */
		SAY("allow add 198.51.100.0/24");
		CHECK_EQ(send4(2, 256, 7), XDP_PASS);
		SAY("allow del 198.51.100.0/24");
		CHECK_EQ(send4(2, 256, 7), XDP_DROP);
	}
	SAY("allow clear");
	CHECK_EQ(send6(8, 100, 1), XDP_DROP);
	SAY("allow add 0.0.0.0/0");			/* all of IPv4, nothing of IPv6 */
	CHECK_EQ(send4(1, 2, 1), XDP_PASS);
	CHECK_EQ(send6(8, 100, 1), XDP_DROP);
	SAY("allow clear");
}

static void test_lease(void)
{
	start(TLML_MODE_ENFORCE, TLML_ACTION_DROP);
	ctl->lease_until = T0 + 100;
	ctl->clock = T0 + 100;
	CHECK_EQ(send4(1, 2, 1), XDP_DROP);
	ctl->clock = T0 + 101;
	CHECK_EQ(send4(1, 2, 1), XDP_PASS);
	CHECK_EQ(send4(1, 2, 2), XDP_PASS);
	CHECK_EQ(GAIN(&rig, lease_expired), 2);
	CHECK_EQ(GAIN(&rig, flows), 1);
	ctl->lease_until = T0 + 200;			/* somebody looks after it again */
	CHECK_EQ(send4(1, 2, 1), XDP_DROP);
	ctl->lease_until = 0xffffffff;			/* the clock is wider than its low half */
	ctl->clock = 0x100000000;
	CHECK_EQ(send4(1, 2, 1), XDP_PASS);
}

static void test_confirm(void)
{
	start(TLML_MODE_ENFORCE, TLML_ACTION_DROP);
	ctl->confirm_until = T0 + 100;
	ctl->clock = T0 + 100;
	CHECK_EQ(send4(1, 2, 1), XDP_DROP);
	ctl->clock = T0 + 101;
	CHECK_EQ(send4(1, 2, 1), XDP_PASS);
	CHECK_EQ(GAIN(&rig, confirm_expired), 1);
	CHECK_EQ(GAIN(&rig, would_drop), 1);
	CHECK_EQ(GAIN(&rig, dropped), 1);
	ctl->confirm_until = 0;				/* confirmed after all */
	CHECK_EQ(send4(1, 2, 1), XDP_DROP);
}

/* Without a model nothing is decided. */
static void test_no_model(void)
{
	uint32_t slot = ctl->slot;

	start(TLML_MODE_ENFORCE, TLML_ACTION_DROP);
	CHECK_EQ(send4(1, 2, 1), XDP_DROP);
	rig.obj.maps.weights[(slot + 1) % TLML_SLOTS].generation = 0;
	ctl->slot = slot + 1;
	for (int i = 0; i < 40; i++)
		CHECK_EQ(send4(1, 2, 2), XDP_PASS);
	CHECK_EQ(GAIN(&rig, no_model), 6);		/* packets 1, 2, 4, 8, 16 and 32 */
	CHECK_EQ(GAIN(&rig, first_verdicts) + GAIN(&rig, inferences), 1);
	ctl->slot = slot;
	CHECK_EQ(send4(1, 2, 1), XDP_DROP);
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "off, monitor, enforce", test_modes },
		{ "an action waits until the verdict is sure enough", test_margin },
		{ "mark: metadata, DSCP and checksum", test_mark },
		{ "mark: checksums that carry twice", test_carry },
		{ "mark: leaving packets", test_mark_egress },
		{ "the allow-list, and changes to it", test_allow },
		{ "the lease expires", test_lease },
		{ "enforcing is not confirmed", test_confirm },
		{ "no model in the slot", test_no_model },
	};
	int status;

	rig_open(&rig, 4096, 4096);
	ctl = rig.obj.maps.ctl;
	rig_publish_constant(&rig, 0, 1);
	status = tap_main(tests, sizeof(tests) / sizeof(tests[0]));
	rig_close(&rig);
	return status;
}
