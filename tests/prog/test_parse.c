// SPDX-License-Identifier: BSD-2-Clause
/*
 * Every kind of frame through the parser in user space and through the program in the kernel:
 * both say what the fixture says, and the same of what is left when it is cut or damaged.
 */
#include "fixtures.h"
#include "rig.h"

#define RUN_MIN	14		/* bytes that BPF_PROG_TEST_RUN takes at least */

static struct rig rig;
static struct frame frame;

/* The counter that a frame of this enum tlml_parse moves. */
static const enum tlml_stat counters[] = {
	[TLML_PARSE_OK] = TLML_STAT_first_verdicts,
	[TLML_PARSE_NOT_IP] = TLML_STAT_not_ip,
	[TLML_PARSE_SHORT] = TLML_STAT_short_frame,
	[TLML_PARSE_BAD] = TLML_STAT_bad_header,
	[TLML_PARSE_CONTROL] = TLML_STAT_control,
};

static int parse(const struct frame *f, struct tlml_packet *p)
{
	memset(p, 0xee, sizeof(*p));	/* what it leaves unset must not look right by chance */
	return tlml_packet_parse((void *)f->data, (void *)(f->data + f->len), f->len, p);
}

/* What the kernel counted for one frame agrees with the parse result err of packet p. */
static int same_counters(int err, const struct tlml_packet *p, const char *name)
{
	struct tlml_stats now;
	struct tlml_error e;
	int good = 1;

	rig_need(!tlml_maps_stats(&rig.obj.maps, &now, &e), "counters", e.text);
	for (unsigned int i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
		uint64_t gain = now.count[counters[i]] - rig.mark.count[counters[i]];

		/* Segments take a flow past its first packet at once, to the net. */
		if (i == TLML_PARSE_OK)
			gain += now.count[TLML_STAT_inferences] -
				rig.mark.count[TLML_STAT_inferences];
		good &= CHECK(gain == (err == (int)i), "%s (%u bytes): result %d, counter %u moved by %llu",
			      name, frame.len, err, i, (unsigned long long)gain);
	}
	good &= CHECK_EQ(now.count[TLML_STAT_bytes] - rig.mark.count[TLML_STAT_bytes],
			 err ? 0 : p->len);
	rig.mark = now;
	return good;
}

/* What the kernel put into the ring, where the initiator comes first, is packet p. */
static int same_packet(const struct tlml_packet *p, const char *name)
{
	int answer = (p->tcp_flags & (SYN | ACK)) == (SYN | ACK), size = tlml_size_code(p->seg_len);
	struct tlml_record turned = rig.record, *r = &turned;

	if (answer) {
		memcpy(r->saddr, rig.record.daddr, 16);
		memcpy(r->daddr, rig.record.saddr, 16);
		r->sport = rig.record.dport;
		r->dport = rig.record.sport;
	}
	return CHECK(!memcmp(r->saddr, p->saddr, 16) && !memcmp(r->daddr, p->daddr, 16),
		     "%s: other addresses", name) &
	       CHECK(r->sport == p->sport && r->dport == p->dport && r->proto == p->proto &&
		     r->vlan == p->vlan && r->family == p->family && r->flags == p->flags,
		     "%s: %u->%u proto %u vlan %u v%u flags %x, in user space %u->%u %u %u v%u %x", name,
		     r->sport, r->dport, r->proto, r->vlan, r->family, r->flags, p->sport, p->dport,
		     p->proto, p->vlan, p->family, p->flags) &
	       CHECK(r->flow.bytes[answer] == p->len && r->flow.tcp_flags == p->tcp_flags &&
		     r->flow.pkts == p->segs && r->flow.seq[0] == (answer ? 63 - size : 64 + size),
		     "%s: %u bytes, flags %x, %u segments, in user space %u, %x, %u", name,
		     r->flow.bytes[answer], r->flow.tcp_flags, r->flow.pkts, p->len,
		     p->tcp_flags, p->segs);
}

/*
 * Runs the frame as the first one of its flow under a policy that drops all that is classified.
 * True if kernel and user space agree on every detail; *p and the result as user space has them.
 */
static int agree(const char *name, struct tlml_packet *p, int *result)
{
	const struct tlml_ctl *ctl = rig.obj.maps.ctl;
	int err = parse(&frame, p), good;
	uint32_t fp;

	*result = err;
	if (!err) {
		tlml_packet_segment(p, ctl->seg_len, ctl->seg_inverse);
		memset(rig_bucket(&rig, p, &fp), 0, sizeof(struct tlml_flow_bucket));
	}
	rig.records = 0;
	rig_run(&rig, &frame);
	ring_buffer__consume(rig.ring);
	good = same_counters(err, p, name);
	good &= CHECK(rig.action == (err ? XDP_PASS : XDP_DROP), "%s (%u bytes): result %d, action %u",
		      name, frame.len, err, rig.action);
	good &= CHECK(rig.records == !err, "%s: %u records", name, rig.records);
	if (good && !err)
		good &= same_packet(p, name);
	return good;
}

static void expect(const struct fixture *x, const struct tlml_packet *p)
{
	unsigned int base = p->flags & TLML_PKT_TUNNEL ? 10 : 0;
	uint32_t src[4] = { packet_ip4(base + 1) }, dst[4] = { packet_ip4(base + 2) };

	if (x->family == 6) {
		packet_ip6(base + 1, src);
		packet_ip6(base + 2, dst);
	}
	CHECK_EQ(p->family, x->family);
	CHECK_EQ(p->proto, x->proto);
	CHECK_EQ(p->sport, x->sport);
	CHECK_EQ(p->dport, x->dport);
	CHECK_EQ(p->len, x->len);
	CHECK_EQ(p->flags, x->flags);
	CHECK_EQ(p->tcp_flags, x->tcp_flags);
	CHECK_EQ(p->vlan, x->vlan);
	CHECK_EQ(p->segs, x->segs ? x->segs : 1);
	CHECK(!memcmp(p->saddr, src, 16) && !memcmp(p->daddr, dst, 16), "other addresses");
}

static void test_fixture(const struct fixture *x)
{
	struct tlml_packet p;
	int result;

	frame_build(&frame, x->layers);
	agree(x->name, &p, &result);
	if (CHECK_EQ(result, x->parse) && !result)
		expect(x, &p);
}

static void test_cut(const struct fixture *x)
{
	unsigned int whole, len;
	struct tlml_packet p;
	int result;

	frame_build(&frame, x->layers);
	whole = frame.len;
	for (len = RUN_MIN; len < whole && len < 256; len++) {
		frame_build(&frame, x->layers);
		frame.len = len;
		agree(x->name, &p, &result);
		CHECK(result != TLML_PARSE_BAD || x->parse == TLML_PARSE_BAD,
		      "%s cut to %u bytes contradicts itself", x->name, len);
	}
	for (len = 0; len < RUN_MIN; len++) {
		frame.len = len;
		CHECK_EQ(parse(&frame, &p), TLML_PARSE_SHORT);
	}
}

static void test_fixtures(void)
{
	for (unsigned int i = 0; i < FIXTURES; i++) {
		unsigned int before = tap_failures;

		test_fixture(&fixtures[i]);
		if (tap_failures != before)
			printf("# so much for: %s\n", fixtures[i].name);
	}
}

static void test_cuts(void)
{
	for (unsigned int i = 0; i < FIXTURES; i++)
		test_cut(&fixtures[i]);
}

/* Every byte of the headers of every fixture, replaced. */
static void test_damage(void)
{
	static const uint8_t flips[] = { 0x01, 0x04, 0x10, 0x40, 0x80, 0xff };
	unsigned int runs = 0, classified = 0;
	struct tlml_packet p;
	int result;

	for (unsigned int i = 0; i < FIXTURES; i++) {
		unsigned int len;

		frame_build(&frame, fixtures[i].layers);
		len = frame.len < 140 ? frame.len : 140;
		for (unsigned int at = 12; at < len; at++)
			for (unsigned int k = 0; k < sizeof(flips); k++) {
				frame.data[at] ^= flips[k];
				agree(fixtures[i].name, &p, &result);
				frame.data[at] ^= flips[k];
				classified += !result;
				runs++;
			}
	}
	printf("# %u damaged frames, %u of them classified\n", runs, classified);
	CHECK(classified > runs / 10 && classified < runs, "the damage is of one kind only");
}

/* What must never be touched: passes in enforce mode, under a model and policy that drop all. */
static void test_untouchable(void)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < FIXTURES; i++) {
		if (fixtures[i].parse == TLML_PARSE_OK)
			continue;
		frame_build(&frame, fixtures[i].layers);
		for (int again = 0; again < 40; again++) {	/* past every decision point */
			rig_run(&rig, &frame);
			CHECK(rig.action == XDP_PASS, "%s: action %u", fixtures[i].name, rig.action);
			n++;
		}
	}
	CHECK(n > 1000, "%u frames", n);
	FRAME(&frame, IP4(1, 2), UDP(40000, 53));
	rig_run(&rig, &frame);
	CHECK_EQ(rig.action, XDP_DROP);		/* or the above proves nothing */
}

static void test_monitor(void)
{
	unsigned int classified = 0;

	rig.obj.maps.ctl->mode = TLML_MODE_MONITOR;
	rig_clear(&rig);
	rig_mark(&rig);
	for (unsigned int i = 0; i < FIXTURES; i++) {
		frame_build(&frame, fixtures[i].layers);
		rig_run(&rig, &frame);
		CHECK(rig.action == XDP_PASS, "%s: action %u", fixtures[i].name, rig.action);
		classified += fixtures[i].parse == TLML_PARSE_OK;
	}
	CHECK_EQ(GAIN(&rig, would_drop), classified);
	CHECK_EQ(GAIN(&rig, packets), FIXTURES);
	rig.obj.maps.ctl->mode = TLML_MODE_ENFORCE;
}

/* The other hook: a frame that leaves is read by the same parser, from an skb. */
static void test_egress(void)
{
	struct tlml_packet p;
	int err;

	for (unsigned int i = 0; i < FIXTURES; i++) {
		LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame.data, .repeat = 1);
		uint32_t fp;

		frame_build(&frame, fixtures[i].layers);
		if (frame.len > 4096)		/* more than a test run makes an skb of */
			continue;
		opts.data_size_in = frame.len;
		err = parse(&frame, &p);	/* segments are what the skb says: one */
		if (!err)
			memset(rig_bucket(&rig, &p, &fp), 0, sizeof(struct tlml_flow_bucket));
		rig_mark(&rig);
		rig_need(!bpf_prog_test_run_opts(rig.obj.egress_fd, &opts), "test run", strerror(errno));
		CHECK((int)opts.retval == (err ? -1 /* TC_ACT_UNSPEC */ : 2 /* TC_ACT_SHOT */),
		      "%s: action %d", fixtures[i].name, (int)opts.retval);
		same_counters(err, &p, fixtures[i].name);
		ring_buffer__consume(rig.ring);
		if (CHECK(rig.records == !err, "%s: %u records", fixtures[i].name, rig.records) && !err)
			same_packet(&p, fixtures[i].name);
	}
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "fixtures: user space, kernel and expectation agree", test_fixtures },
		{ "cut at every byte: user space and kernel agree", test_cuts },
		{ "damaged at every byte: user space and kernel agree", test_damage },
		{ "what must never be touched passes", test_untouchable },
		{ "monitor mode passes everything, and counts", test_monitor },
		{ "leaving frames are read alike", test_egress },
	};
	int status;

	rig_open(&rig, 4096, 4096);
	rig_publish_constant(&rig, 0, 1);
	rig.obj.maps.ctl->mode = TLML_MODE_ENFORCE;
	rig.obj.maps.ctl->policy[0].action = TLML_ACTION_DROP;
	status = tap_main(tests, sizeof(tests) / sizeof(tests[0]));
	rig_close(&rig);
	return status;
}
