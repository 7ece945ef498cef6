// SPDX-License-Identifier: BSD-2-Clause
/* Source and destination lines: what they count, when they forget, and who gets one. */
#include "rig.h"

#include "../../uapi/tlml_feature.h"

#define WINDOW	(1ull << TLML_WINDOW_SHIFT)
#define T0	(64 * WINDOW)
#define SYN	TLML_TCP_SYN
#define ACK	TLML_TCP_ACK

static struct rig rig;
static struct frame frame;

static void start(uint64_t tick)
{
	rig_clear(&rig);
	rig.obj.maps.ctl->clock = tick;
	rig_mark(&rig);
}

static void begin(unsigned int src, unsigned int dst, unsigned int sport, unsigned int dport)
{
	FRAME(&frame, IP4(src, dst), TCP(sport, dport, SYN));
	rig_run(&rig, &frame);
}

static void answer(unsigned int src, unsigned int dst, unsigned int sport, unsigned int dport)
{
	FRAME(&frame, IP4(dst, src), TCP(dport, sport, SYN | ACK));
	rig_run(&rig, &frame);
}

static struct tlml_source *line(unsigned int host, enum tlml_role role)
{
	static struct tlml_source none;
	struct tlml_source *s = rig_source4(&rig, host, role);

	CHECK(s, "host %u has no line in role %d", host, role);
	none = (struct tlml_source){ 0 };
	return s ? s : &none;
}

static void test_counts(void)
{
	struct tlml_source *s;

	start(T0);
	for (unsigned int i = 0; i < 10; i++)
		begin(1, 100 + i, 40000 + i, 1000 + i);
	s = line(1, TLML_ROLE_SOURCE);
	CHECK_EQ(s->flows, 10);
	CHECK_EQ(s->open, 10);
	/* Ten draws of 64 bits: fewer than seven distinct ones would be a broken hash. */
	CHECK(__builtin_popcountll(s->ports[0]) >= 7 && __builtin_popcountll(s->ports[0]) <= 10,
	      "%d ports", __builtin_popcountll(s->ports[0]));
	CHECK(__builtin_popcountll(s->hosts[0]) >= 7 && __builtin_popcountll(s->hosts[0]) <= 10,
	      "%d hosts", __builtin_popcountll(s->hosts[0]));
	for (unsigned int i = 0; i < 4; i++)
		answer(1, 100 + i, 40000 + i, 1000 + i);
	answer(1, 100, 40000, 1000);			/* again: one answer per flow */
	begin(1, 104, 40004, 1004);			/* again: no new flow */
	CHECK_EQ(s->open, 6);
	CHECK_EQ(s->flows, 10);
	CHECK_EQ(line(100, TLML_ROLE_DEST)->flows, 1);
	CHECK_EQ(line(100, TLML_ROLE_DEST)->open, 0);
	CHECK_EQ(line(104, TLML_ROLE_DEST)->open, 1);
	CHECK(!rig_source4(&rig, 100, TLML_ROLE_SOURCE), "who answers is no source");
	CHECK_EQ(GAIN(&rig, sources), 11);
}

/* Many towards one: the destination's hosts are its sources. */
static void test_destination(void)
{
	struct tlml_source *d;

	start(T0);
	for (unsigned int i = 0; i < 40; i++)
		begin(200 + i, 2, 40000, 443);
	d = line(2, TLML_ROLE_DEST);
	CHECK_EQ(d->flows, 40);
	CHECK_EQ(d->open, 40);
	CHECK_EQ(__builtin_popcountll(d->ports[0]), 1);
	CHECK(__builtin_popcountll(d->hosts[0]) > 20, "%d sources", __builtin_popcountll(d->hosts[0]));
	CHECK_EQ(line(200, TLML_ROLE_SOURCE)->flows, 1);
}

static void test_decay(void)
{
	struct tlml_source *s;
	uint64_t ports;

	start(T0 + WINDOW - 1);
	for (unsigned int i = 0; i < 40; i++)
		begin(1, 2, 1000 + i, 2000 + i);
	s = line(1, TLML_ROLE_SOURCE);
	ports = s->ports[0];
	rig.obj.maps.ctl->clock = T0 + WINDOW;		/* one tick and one window later */
	begin(1, 2, 5000, 80);
	CHECK_EQ(s->flows, 21);
	CHECK_EQ(s->open, 21);
	CHECK(s->ports[1] == ports && __builtin_popcountll(s->ports[0]) == 1, "ports not moved on");
	rig.obj.maps.ctl->clock = T0 + 3 * WINDOW;	/* two windows: the bitmaps are forgotten */
	begin(1, 2, 5001, 80);
	CHECK_EQ(s->flows, 21 / 4 + 1);
	CHECK(!s->ports[1] && !s->hosts[1] && __builtin_popcountll(s->ports[0]) == 1, "ports remain");
	rig.obj.maps.ctl->clock = T0 + 3000 * WINDOW;
	begin(1, 2, 5002, 80);
	CHECK_EQ(s->flows, 1);
	CHECK_EQ(s->open, 1);
	CHECK_EQ(GAIN(&rig, sources), 2);		/* it was the same line throughout */
}

/* A flow of one way alone is final before it is answered; what comes back then is answered once. */
static void test_late_answer(void)
{
	struct tlml_source *s;

	start(T0);
	for (unsigned int i = 0; i < 5; i++)
		begin(1, 3 + i, 40000, 443);
	for (unsigned int i = 0; i < 40; i++) {
		FRAME(&frame, IP4(1, 2), UDP(40000, 5004), DATA(100));
		rig_run(&rig, &frame);
	}
	s = line(1, TLML_ROLE_SOURCE);
	CHECK_EQ(s->open, 6);
	for (unsigned int i = 0; i < 5; i++) {
		FRAME(&frame, IP4(2, 1), UDP(5004, 40000));
		rig_run(&rig, &frame);
	}
	CHECK(s->open >= 5, "five answers to one flow closed %d flows", 6 - s->open);
}

static void test_v6(void)
{
	uint32_t addr[4], other[4];
	struct tlml_source *s;

	start(T0);
	for (unsigned int i = 0; i < 4; i++) {		/* four hosts of one /64 */
		FRAME(&frame, IP6(8 + i, 100), UDP(1000, 53));
		rig_run(&rig, &frame);
	}
	packet_ip6(8, addr);
	s = rig_source(&rig, addr, 6, TLML_ROLE_SOURCE);
	CHECK(s && s->flows == 4, "a /64 is not one source");
	packet_ip6(12, other);
	CHECK(!rig_source(&rig, other, 6, TLML_ROLE_SOURCE), "its neighbour has a line");
	packet_ip6(100, addr);
	s = rig_source(&rig, addr, 6, TLML_ROLE_DEST);
	CHECK(s && s->flows == 4 && __builtin_popcountll(s->hosts[0]) > 1,
	      "hosts of one /64 are not told apart");
}

/* A host whose line in a role shares its bucket with that of host 1. */
static unsigned int neighbour(enum tlml_role role)
{
	const struct tlml_ctl *ctl = rig.obj.maps.ctl;
	uint32_t one[4] = { packet_ip4(1) };
	struct tlml_slot of_one = tlml_key_prefix(one, 4, role, &ctl->seed);

	for (unsigned int host = 3; host < 768; host++) {
		uint32_t addr[4] = { packet_ip4(host) };
		struct tlml_slot slot = tlml_key_prefix(addr, 4, role, &ctl->seed);

		if (!((slot.bucket ^ of_one.bucket) & ctl->source_mask))
			return host;
	}
	rig_need(0, "no two hosts share a bucket", "make the table smaller");
	return 0;
}

/* The clock's low 32 bits wrap: a line that is fresh does not look 78 hours old then. */
static void test_wrap(void)
{
	unsigned int host = neighbour(TLML_ROLE_SOURCE);
	const uint64_t wrap = 1ull << 32;

	start(wrap - 10);
	for (unsigned int i = 0; i < 8; i++)
		begin(1, 2, 1000 + i, 80);
	rig.obj.maps.ctl->clock = wrap + 10;
	begin(host, 2, 1000, 80);
	CHECK(rig_source4(&rig, host, TLML_ROLE_SOURCE), "the newcomer has no line");
	CHECK_EQ(line(1, TLML_ROLE_SOURCE)->flows, 8);
	begin(1, 2, 2000, 80);
	CHECK_EQ(line(1, TLML_ROLE_SOURCE)->flows, 8 / 2 + 1);
	CHECK_EQ(line(2, TLML_ROLE_DEST)->flows, 8 / 2 + 2);
}

/* A CPU that is a tick behind the one that wrote a line must take it neither for old nor empty. */
static void test_behind(void)
{
	unsigned int host = neighbour(TLML_ROLE_SOURCE);

	start(T0);
	for (unsigned int i = 0; i < 8; i++)
		begin(1, 2, 1000 + i, 80);
	rig.obj.maps.ctl->clock = T0 - 1;		/* the window before */
	begin(1, 2, 2000, 80);
	CHECK_EQ(line(1, TLML_ROLE_SOURCE)->flows, 9);
	begin(host, 2, 1000, 80);
	CHECK(rig_source4(&rig, host, TLML_ROLE_SOURCE), "the newcomer has no line");
	CHECK_EQ(line(1, TLML_ROLE_SOURCE)->flows, 9);
}

/* Of two fresh lines the quieter prefix loses its own: no newcomer hides a scanner. */
static void test_eviction(void)
{
	struct tlml_source_bucket *b;
	unsigned int host;

	start(T0);
	for (unsigned int i = 0; i < 8; i++)
		begin(1, 2, 1000 + i, 80);
	host = neighbour(TLML_ROLE_SOURCE);
	begin(host, 2, 1000, 80);
	/* A third prefix of that bucket: the quiet neighbour under another name. */
	b = &rig.obj.maps.sources[((char *)line(1, TLML_ROLE_SOURCE) -
				   (char *)rig.obj.maps.sources) / sizeof(*b)];
	for (unsigned int i = 0; i < TLML_WAYS; i++)
		if (b->way[i].flows == 1)
			b->way[i].fp ^= 0x5a5a5a5a;
	begin(host, 2, 1001, 80);
	CHECK_EQ(line(host, TLML_ROLE_SOURCE)->flows, 1);
	CHECK_EQ(line(1, TLML_ROLE_SOURCE)->flows, 8);
	rig.obj.maps.ctl->clock = T0 + 2 * WINDOW;	/* stale beats loud */
	begin(host, 2, 1002, 80);
	for (unsigned int i = 0; i < TLML_WAYS; i++)
		if (b->way[i].window == (rig.obj.maps.ctl->clock >> TLML_WINDOW_SHIFT))
			b->way[i].fp ^= 0x5a5a5a5a;
	begin(host, 2, 1003, 80);
	CHECK(!rig_source4(&rig, 1, TLML_ROLE_SOURCE), "a stale line stays");
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "what a source line counts", test_counts },
		{ "what a destination line counts", test_destination },
		{ "windows pass", test_decay },
		{ "an answer after the last decision point", test_late_answer },
		{ "an IPv6 /64 is one source", test_v6 },
		{ "a clock that wraps", test_wrap },
		{ "a clock that steps back", test_behind },
		{ "who loses a line to a newcomer", test_eviction },
	};
	int status;

	rig_open(&rig, 4096, 256);
	rig_publish_constant(&rig, 0, 1);
	status = tap_main(tests, sizeof(tests) / sizeof(tests[0]));
	rig_close(&rig);
	return status;
}
