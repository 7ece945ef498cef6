// SPDX-License-Identifier: BSD-2-Clause
/* Flow lines: whose they are, when they begin and end, and who loses one to whom. */
#include "rig.h"

#include "../../uapi/tlml_feature.h"

#define T0	((uint64_t)1 << 20)	/* where clocks start here */
#define SYN	TLML_TCP_SYN
#define ACK	TLML_TCP_ACK
#define FIN	TLML_TCP_FIN
#define RST	TLML_TCP_RST

static struct rig rig, tiny;		/* tiny: one bucket of two lines */
static struct frame frame;

static void at(struct rig *r, uint64_t tick)
{
	r->obj.maps.ctl->clock = tick;
}

/* Sends the frame of layers; its flow's line. */
#define SEND(r, ...)									\
({											\
	FRAME(&frame, __VA_ARGS__);							\
	rig_run(r, &frame);								\
	rig_line(r, &frame);								\
})

static void start(struct rig *r)
{
	rig_clear(r);
	at(r, T0);
	rig_mark(r);
}

/* Packets of clients a and servers b, either of which may be the lower endpoint. */
static void both_ways(unsigned int a, unsigned int b)
{
	struct tlml_flow *l, *back;
	uint32_t addr[4] = { packet_ip4(a) };

	start(&rig);
	l = SEND(&rig, IP4(a, b), TCP(40000, 443, SYN));
	ring_buffer__consume(rig.ring);
	CHECK(!memcmp(rig.record.saddr, addr, 16) && rig.record.sport == 40000,
	      "the record does not begin with the initiator");
	at(&rig, T0 + 100);
	back = SEND(&rig, IP4(b, a), TCP(443, 40000, SYN | ACK), DATA(10));
	if (!CHECK(l && l == back, "lines %p and %p", l, back))
		return;
	ring_buffer__consume(rig.ring);
	CHECK(!memcmp(rig.record.saddr, addr, 16) && rig.record.sport == 40000,
	      "the answer's record does not begin with the initiator");
	CHECK_EQ(l->pkts, 2);
	CHECK_EQ(l->bytes[0], 40);
	CHECK_EQ(l->bytes[1], 50);
	CHECK_EQ(l->answers, 1);
	CHECK_EQ(l->first, T0);
	CHECK_EQ(l->last, T0 + 100);
	CHECK_EQ(l->tcp_flags, SYN | ACK);
	CHECK_EQ(l->seq[0], 64 + tlml_size_code(40));
	CHECK_EQ(l->seq[1], 63 - tlml_size_code(50));
	CHECK_EQ(l->gap[0], tlml_log2q(101));
	CHECK_EQ(l->gap_max, tlml_log2q(101));
	at(&rig, T0 + 220);
	SEND(&rig, IP4(a, b), TCP(40000, 443, ACK));
	CHECK_EQ(l->gap[1], tlml_log2q(121));
	CHECK_EQ(l->gap_max, tlml_log2q(121));
	at(&rig, T0 + 221);
	SEND(&rig, IP4(a, b), TCP(40000, 443, ACK));
	CHECK_EQ(l->gap_max, tlml_log2q(121));
	CHECK_EQ(GAIN(&rig, flows), 1);
}

static void test_both_ways(void)
{
	struct tlml_flow *l;

	both_ways(1, 2);
	both_ways(2, 1);
	both_ways(300, 7);
	for (unsigned int a = 5; a < 20; a++) {
		start(&rig);
		l = SEND(&rig, IP6(a, 10), UDP(40000, 443));
		CHECK(l && l == SEND(&rig, IP6(10, a), UDP(443, 40000)), "v6 answer of host %u", a);
		CHECK_EQ(l->answers, 1);
		CHECK_EQ(l->bytes[0] + l->bytes[1], 96);
		CHECK_EQ(GAIN(&rig, flows), 1);
	}
}

/* What makes two flows of two, and what does not. */
static void test_keys(void)
{
	start(&rig);
	SEND(&rig, IP4(1, 2), UDP(40000, 53));
	SEND(&rig, IP4(1, 2), UDP(40001, 53));
	SEND(&rig, IP4(1, 3), UDP(40000, 53));
	SEND(&rig, IP4(1, 2), UDPLITE(40000, 53));
	SEND(&rig, TAG(0x8100, 5), IP4(1, 2), UDP(40000, 53));
	SEND(&rig, TAG(0x8100, 6), IP4(1, 2), UDP(40000, 53));
	SEND(&rig, IP4(8, 9), IP4(1, 2), UDP(40000, 53));
	CHECK_EQ(GAIN(&rig, flows), 7);
	SEND(&rig, IP4(9, 8), GRE(0, 0), IP4(2, 1), UDP(53, 40000));	/* the same inner flow */
	CHECK_EQ(GAIN(&rig, flows), 7);
	SEND(&rig, IP6(4, 8), UDP(40000, 53));
	SEND(&rig, IP6(5, 8), UDP(40000, 53));		/* of the same /64 */
	CHECK_EQ(GAIN(&rig, flows), 9);
	SEND(&rig, IP6(4, 8), UDP(40000, 53), POKE(17, 9));	/* another flow label */
	SEND(&rig, IP6(4, 8), EXT(60, 0), UDP(40000, 53));
	CHECK_EQ(GAIN(&rig, flows), 9);
	SEND(&rig, IP4_FRAGMENT(1, 2, 0x2000), UDP(40000, 53));	/* no ports: one flow of all */
	SEND(&rig, IP4_FRAGMENT(1, 2, 0x2000), UDP(40001, 53));
	SEND(&rig, IP4_FRAGMENT(1, 2, 0x0009), PROTO(17), DATA(8));
	CHECK_EQ(GAIN(&rig, flows), 10);
	CHECK_EQ(GAIN(&rig, flows_evicted) + GAIN(&rig, flows_refused), 0);
}

static void test_syn_ack(void)
{
	struct tlml_source *s;
	struct tlml_flow *l;

	start(&rig);
	l = SEND(&rig, IP4(2, 1), TCP(443, 40000, SYN | ACK), DATA(4));
	CHECK(l && l->bytes[1] == 44 && !l->bytes[0] && l->answers == 1, "not the responder's");
	l = SEND(&rig, IP4(1, 2), TCP(40000, 443, ACK));
	CHECK(l && l->bytes[0] == 40 && l->bytes[1] == 44, "not the initiator's");
	CHECK_EQ(GAIN(&rig, flows), 1);
	s = rig_source4(&rig, 1, TLML_ROLE_SOURCE);
	CHECK(s && s->flows == 1, "the client is no source");
	s = rig_source4(&rig, 2, TLML_ROLE_DEST);
	CHECK(s && s->flows == 1, "the server is no destination");
	CHECK(!rig_source4(&rig, 2, TLML_ROLE_SOURCE), "the server is a source");
}

static void test_restart(void)
{
	static const unsigned int ends[] = { FIN | ACK, RST };
	struct tlml_flow *l;

	for (unsigned int i = 0; i < 2; i++) {
		start(&rig);
		SEND(&rig, IP4(1, 2), TCP(40000, 443, SYN));
		SEND(&rig, IP4(1, 2), TCP(40000, 443, SYN));		/* sent again */
		SEND(&rig, IP4(1, 2), TCP(40000, 443, ends[i]));
		l = SEND(&rig, IP4(1, 2), TCP(40000, 443, ACK));	/* late */
		CHECK(GAIN(&rig, flows) == 1 && l->pkts == 4, "%u packets", l->pkts);
		at(&rig, T0 + 50);
		/* The other side begins this time. */
		l = SEND(&rig, IP4(2, 1), TCP(443, 40000, SYN));
		CHECK_EQ(GAIN(&rig, flows), 2);
		CHECK_EQ(GAIN(&rig, flows_evicted), 0);
		CHECK(l->pkts == 1 && l->first == T0 + 50 && l->bytes[0] == 40 && !l->bytes[1] &&
		      l->tcp_flags == SYN, "%u packets", l->pkts);
	}
	start(&rig);
	SEND(&rig, IP4(1, 2), UDP(40000, 53));
	at(&rig, T0 + TLML_IDLE_TICKS);
	l = SEND(&rig, IP4(1, 2), UDP(40000, 53));
	CHECK(l->pkts == 2 && GAIN(&rig, flows) == 1, "over too early: %u packets", l->pkts);
	at(&rig, T0 + 2 * TLML_IDLE_TICKS + 1);
	l = SEND(&rig, IP4(1, 2), UDP(40000, 53));
	CHECK(l->pkts == 1 && GAIN(&rig, flows) == 2, "not over: %u packets", l->pkts);
}

/* A newcomer in a bucket of flows a and b of so many packets, last seen then. */
static struct tlml_flow *newcomer(unsigned int a, uint64_t a_last, unsigned int b, uint64_t b_last)
{
	start(&tiny);
	at(&tiny, a_last);
	while (a--)
		SEND(&tiny, IP4(1, 2), UDP(1, 53));
	at(&tiny, b_last);
	while (b--)
		SEND(&tiny, IP4(1, 2), UDP(2, 53));
	at(&tiny, T0 + TLML_TICKS(6));
	rig_mark(&tiny);
	return SEND(&tiny, IP4(1, 2), UDP(3, 53));
}

static int has(unsigned int sport)
{
	FRAME(&frame, IP4(1, 2), UDP(sport, 53));
	return !!rig_line(&tiny, &frame);
}

static void test_eviction(void)
{
	const uint64_t soon = T0 + TLML_TICKS(6) - 10, sooner = soon - 10;

	CHECK(newcomer(1, sooner, 1, soon) && !has(1) && has(2), "not the staler of two");
	CHECK(newcomer(1, soon, 1, sooner) && has(1) && !has(2), "not the staler of two");
	CHECK_EQ(GAIN(&tiny, flows_evicted), 1);
	CHECK(newcomer(2, sooner, 1, soon) && has(1) && !has(2), "not the flow of one packet");
	CHECK(newcomer(1, soon, 2, sooner) && !has(1) && has(2), "not the flow of one packet");
	CHECK_EQ(GAIN(&tiny, flows_evicted), 1);
	CHECK(newcomer(9, T0, 2, soon) && !has(1) && has(2), "not the flow that has been quiet");
	CHECK_EQ(GAIN(&tiny, flows_evicted), 1);
	CHECK(newcomer(0, T0, 1, soon) && has(2), "not the free line");
	CHECK(newcomer(1, soon, 0, T0) && has(1), "not the free line");
	CHECK_EQ(GAIN(&tiny, flows_evicted), 0);
	CHECK(newcomer(9, T0 + TLML_TICKS(6) - TLML_IDLE_TICKS, 9, soon) && !has(1),
	      "not the flow that is over");
	CHECK_EQ(GAIN(&tiny, flows_evicted), 0);
}

/* Two living flows keep their lines against a flood, but not for ever: 1 in 64 gets in. */
static void test_refusal(void)
{
	struct tlml_flow_bucket kept;
	unsigned int in = 0, n = 6400;

	tiny.obj.maps.ctl->mode = TLML_MODE_ENFORCE;
	tiny.obj.maps.ctl->policy[0].action = TLML_ACTION_DROP;
	newcomer(2, T0 + TLML_TICKS(6) - 20, 2, T0 + TLML_TICKS(6) - 10);
	start(&tiny);
	for (unsigned int i = 0; i < 4; i++)
		SEND(&tiny, IP4(1, 2), UDP(1 + i % 2, 53));
	kept = tiny.obj.maps.flows[0];
	rig_mark(&tiny);
	for (unsigned int i = 0; i < n; i++) {
		struct tlml_flow *l;

		at(&tiny, T0 + i % 64);
		l = SEND(&tiny, IP4(3 + i % 200, 2), UDP(i, 53));
		CHECK(tiny.action == (l ? XDP_DROP : XDP_PASS), "action %u", tiny.action);
		in += !!l;
		tiny.obj.maps.flows[0] = kept;
		ring_buffer__consume(tiny.ring);
	}
	/* Binomial with p = 1/64: mean 100, standard deviation 10. */
	CHECK(in > 50 && in < 150, "%u of %u newcomers got in", in, n);
	CHECK_EQ(GAIN(&tiny, flows_refused), n - in);
	CHECK_EQ(GAIN(&tiny, flows_evicted), in);
	tiny.obj.maps.ctl->mode = TLML_MODE_MONITOR;
}

/* Two lines for everybody: whatever comes, the books stay balanced. */
static void test_two_lines(void)
{
	uint32_t s = 7, flows = 0, lines = 0;
	struct tlml_stats sum;
	struct tlml_error e;
	uint64_t klass;

	start(&tiny);
	rig_need(!tlml_maps_stats(&tiny.obj.maps, &sum, &e), "counters", e.text);
	klass = -sum.klass[0].flows;
	for (unsigned int i = 0; i < 20000; i++) {
		unsigned int port = mkmodel_draw(&s) % 12, back = mkmodel_draw(&s) % 2;

		at(&tiny, T0 + i * 10ull);
		if (back)
			SEND(&tiny, IP4(2, 1), UDP(53, port + 1000));
		else
			SEND(&tiny, IP4(1, 2), UDP(port + 1000, 53));
		ring_buffer__consume(tiny.ring);
	}
	flows = GAIN(&tiny, flows);
	CHECK(flows > 1000, "%u flows", flows);
	CHECK(GAIN(&tiny, flows_refused) > 100, "hardly any were refused");
	CHECK_EQ(GAIN(&tiny, packets), 20000);
	for (unsigned int i = 0; i < TLML_WAYS; i++)
		lines += !!(tiny.obj.maps.flows[0].way[i].state & TLML_FLOW_DECIDED);
	CHECK_EQ(lines, 2);
	CHECK_EQ(flows - GAIN(&tiny, flows_evicted), lines);
	rig_need(!tlml_maps_stats(&tiny.obj.maps, &sum, &e), "counters", e.text);
	CHECK_EQ(klass + sum.klass[0].flows, lines);
}

static void test_segments(void)
{
	struct tlml_flow *l;

	start(&rig);
	l = SEND(&rig, IP4(1, 2), TCP(1, 2, ACK), DATA(1460));
	CHECK_EQ(l->pkts, 1);
	start(&rig);
	l = SEND(&rig, IP4(1, 2), TCP(1, 2, ACK), DATA(4460));
	CHECK_EQ(l->pkts, 3);
	CHECK_EQ(l->bytes[0], 4500);
	/* Packets 1 and 2 came in one frame: one decision, that of packet 2. */
	CHECK_EQ(GAIN(&rig, first_verdicts), 0);
	CHECK_EQ(GAIN(&rig, inferences), 1);
	for (unsigned int i = 0; i < 3; i++)
		CHECK_EQ(l->seq[i], 64 + tlml_size_code(1500));
	CHECK_EQ(l->size_max, tlml_size_code(1500));
	at(&rig, T0 + 30);
	SEND(&rig, IP4(2, 1), TCP(2, 1, ACK), DATA(1460));		/* packet 4 */
	CHECK_EQ(GAIN(&rig, inferences), 2);
	CHECK_EQ(l->gap[2], tlml_log2q(31));
	at(&rig, T0 + 40);
	SEND(&rig, IP4(2, 1), TCP(2, 1, ACK), DATA(8000));		/* packets 5 to 10 */
	CHECK_EQ(l->pkts, 10);
	CHECK_EQ(l->answers, 7);
	CHECK_EQ(GAIN(&rig, inferences), 3);
	CHECK(l->gap[3] == tlml_log2q(11) && !l->gap[4] && !l->gap[5] && !l->gap[6],
	      "gaps within a frame");
	CHECK_EQ(l->seq[7], 63 - tlml_size_code(1500));
}

/* The low 32 bits of the clock wrap every 78 hours, and CPUs may be a tick apart. */
static void test_clock(void)
{
	const uint64_t wrap = 1ull << 32;
	struct tlml_flow *l;

	rig_clear(&rig);
	at(&rig, wrap - 5);
	rig_mark(&rig);
	SEND(&rig, IP4(1, 2), UDP(1, 2));
	at(&rig, wrap + 5);
	l = SEND(&rig, IP4(1, 2), UDP(1, 2));
	CHECK(l->pkts == 2 && l->gap[0] == tlml_log2q(11), "%u packets, gap %u", l->pkts, l->gap[0]);
	at(&rig, wrap + 4);
	l = SEND(&rig, IP4(1, 2), UDP(1, 2));
	CHECK(l->pkts == 3 && l->gap[1] == 0, "%u packets, gap %u", l->pkts, l->gap[1]);
	at(&rig, wrap + 5 + TLML_IDLE_TICKS);
	l = SEND(&rig, IP4(1, 2), UDP(1, 2));
	CHECK(l->pkts == 1 && GAIN(&rig, flows) == 2, "not over after the clock wrapped");
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "both directions share a line", test_both_ways },
		{ "what tells flows apart", test_keys },
		{ "a flow picked up at its SYN-ACK", test_syn_ack },
		{ "flows end with FIN and RST, or by silence", test_restart },
		{ "who loses a line to a newcomer", test_eviction },
		{ "living flows keep their lines in a flood", test_refusal },
		{ "two lines for everybody", test_two_lines },
		{ "frames of several packets", test_segments },
		{ "a clock that wraps, and steps back", test_clock },
	};
	int status;

	rig_open(&rig, 4096, 4096);
	rig_publish_constant(&rig, 0, 1);
	rig_open(&tiny, 2, 256);
	rig_publish_constant(&tiny, 0, 1);
	status = tap_main(tests, sizeof(tests) / sizeof(tests[0]));
	rig_close(&rig);
	rig_close(&tiny);
	return status;
}
