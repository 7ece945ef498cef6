// SPDX-License-Identifier: BSD-2-Clause
/* Records of the ring as cases: what is taken, what is refused, and the numbers that come of it. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "../../daemon/case.h"
#include "../../uapi/tlml_feature.h"

static int points, failed;

static void result(bool ok, const char *what)
{
	printf("%sok %d - %s\n", ok ? "" : "not ", ++points, what);
	failed += !ok;
}

/* As bpf/emit.bpf.h sends it: a flow's packets counted by the data path's own code. */
static struct tlml_record record(unsigned int packets)
{
	struct tlml_packet p = { .segs = 1, .tcp_flags = TLML_TCP_SYN };
	struct tlml_record r = {
		.sport = 40000, .dport = 443, .family = 4, .proto = 6, .bucket = 77,
		.reason = TLML_REASON_UNSURE, .runner_up = 3, .action = TLML_ACTION_PASS,
	};
	unsigned int i;

	tlml_flow_begin(&r.flow, 0xfeed, 1000, 1, &p);
	for (i = 0; i < packets; i++) {
		p.seg_len = p.len = 100 * (i + 1);
		tlml_flow_update(&r.flow, &p, 1000 + 10 * i, i & 1);
	}
	for (i = 0; i < TLML_FEATURES_MAX; i++)
		r.x[i] = 3 * i;
	r.flow.anomaly = 42;
	return r;
}

static struct tlml_more more(unsigned int nth, unsigned int segs)
{
	return (struct tlml_more){
		.bucket = 77, .fp = 0xfeed, .tick = 2000, .nth = nth, .segs = segs, .size = 43,
		.gap = 20, .back = 1,
	};
}

static bool packet_is(const struct tlml_case *c, unsigned int i, unsigned int size,
		      unsigned int gap, enum tlml_direction dir)
{
	const struct tlml_case_packet *p = &c->packet[i];

	if (p->size == size && p->gap == gap && p->dir == dir)
		return true;
	printf("# packet %u: %u %u %u, not %u %u %u\n", i, p->size, p->gap, p->dir, size, gap, dir);
	return false;
}

static void begin(void)
{
	struct tlml_record r = record(8);
	struct tlml_case c;
	bool ok = !tlml_case_begin(&c, &r, sizeof(r)) && c.packets == 8;
	unsigned int i;

	for (i = 0; i < 8; i++)
		ok = packet_is(&c, i, tlml_size_code(100 * (i + 1)), i ? tlml_log2q(11) : 0,
			       i & 1 ? TLML_DIR_BACK : TLML_DIR_FORWARD) && ok;
	result(ok && packet_is(&c, 8, 0, 0, TLML_DIR_NONE), "the line's packets are the first ones");

	r = record(2);
	ok = !tlml_case_begin(&c, &r, sizeof(r)) && c.packets == 2;
	result(ok && packet_is(&c, 2, 0, 0, TLML_DIR_NONE), "a flow of two packets has two");
	r = record(20);
	result(!tlml_case_begin(&c, &r, sizeof(r)) && c.packets == 8, "the line keeps eight at most");
}

#define REFUSED(change, what)								\
	do {										\
		struct tlml_record r = record(8);					\
		struct tlml_case c;							\
		bool sound = !tlml_case_begin(&c, &r, sizeof(r));			\
		r.change;								\
		result(sound && tlml_case_begin(&c, &r, sizeof(r)) == -22, what);	\
	} while (0)

static void refused(void)
{
	struct tlml_record r = record(8);
	struct tlml_case c;

	result(tlml_case_begin(&c, &r, sizeof(r) - 1) == -22 &&
	       tlml_case_begin(&c, &r, sizeof(struct tlml_more)) == -22 &&
	       tlml_case_begin(&c, &r, 0) == -22, "a record of another size");
	REFUSED(family = 5, "a family that is none");
	REFUSED(reason = TLML_REASON_AUDIT + 1, "a reason that is none");
	REFUSED(action = TLML_ACTION_DROP + 1, "an action that is none");
	REFUSED(runner_up = TLML_CLASSES_MAX, "a runner-up that is no class");
	REFUSED(x[31] = 128, "a feature above 127");
	REFUSED(flow.fp = 0, "a flow that is free");
	REFUSED(flow.pkts = 0, "a flow without a packet");
	REFUSED(flow.anomaly = 128, "an anomaly score above 127");
	REFUSED(flow.seq[7] = 127, "a size above its range");
	REFUSED(flow.seq[0] = 0, "a size below its range");
	REFUSED(flow.gap[6] = 128, "a gap above its range");
}

static void later(void)
{
	struct tlml_record r = record(8);
	struct tlml_more m = more(9, 1);
	struct tlml_case c;

	tlml_case_begin(&c, &r, sizeof(r));
	result(tlml_case_more(&c, &m) == 1 && c.packets == 9 &&
	       packet_is(&c, 8, 43, 20, TLML_DIR_BACK), "packet 9 is added");
	m = more(12, 3);
	result(tlml_case_more(&c, &m) == 1 && c.packets == 14 &&
	       packet_is(&c, 10, 0, 0, TLML_DIR_NONE) &&
	       packet_is(&c, 11, 43, 20, TLML_DIR_BACK) &&
	       packet_is(&c, 12, 43, 0, TLML_DIR_BACK) && packet_is(&c, 13, 43, 0, TLML_DIR_BACK), "a train is as many, without gaps within");
	m = more(9, 1);
	m.size = 1;
	result(!tlml_case_more(&c, &m) && packet_is(&c, 8, 43, 20, TLML_DIR_BACK),
	       "what is known already stays");
	m = more(31, 65535);
	result(tlml_case_more(&c, &m) == 1 && c.packets == 32 &&
	       packet_is(&c, 31, 43, 0, TLML_DIR_BACK), "a train runs over the end");
	m = more(33, 1);
	result(!tlml_case_more(&c, &m) && c.packets == 32, "packet 33 is of no interest");
	m = more(65535, 65535);
	result(!tlml_case_more(&c, &m), "nor is the last one that can be told");
}

#define IGNORED(change, what)								\
	do {										\
		struct tlml_record r = record(8);					\
		struct tlml_more m = more(9, 1);					\
		struct tlml_case c;							\
		tlml_case_begin(&c, &r, sizeof(r));					\
		m.change;								\
		result(!tlml_case_more(&c, &m) && c.packets == 8, what);		\
	} while (0)

static void ignored(void)
{
	IGNORED(fp = 1, "of another flow");
	IGNORED(bucket = 1, "of another bucket");
	IGNORED(nth = 0, "packet 0");
	IGNORED(segs = 0, "a train of none");
	IGNORED(size = 63, "a size that is none");
	IGNORED(gap = 128, "a gap that is none");
	IGNORED(back = 2, "a direction that is none");
}

static void numbers(void)
{
	struct tlml_record r = record(8);
	float f[96];
	__u8 b[96];
	struct tlml_case c;
	bool ok;
	int i;

	r.family = 6;
	tlml_case_begin(&c, &r, sizeof(r));
	tlml_case_bytes(&c, TLML_INPUT_FEATURES, b);
	tlml_case_floats(&c, TLML_INPUT_FEATURES, f);
	for (ok = true, i = 0; i < 32; i++)
		ok = ok && b[i] == 3 * i && f[i] == 3 * i;
	result(ok, "features, as bytes and as numbers");
	tlml_case_bytes(&c, TLML_INPUT_PACKETS, b);
	tlml_case_floats(&c, TLML_INPUT_PACKETS, f);
	for (ok = true, i = 0; i < 96; i++)
		ok = ok && b[i] == f[i];
	result(ok && b[3] == tlml_size_code(200) && b[4] == tlml_log2q(11) &&
	       b[5] == TLML_DIR_BACK && !b[24] && !b[26] && !b[95], "packets: size, gap, direction of each");
	tlml_case_floats(&c, TLML_INPUT_FLOW, f);
	result(f[0] == 6 && f[1] == 443 && f[2] == 8 && f[3] == 1600 && f[4] == 2000 &&
	       f[5] == (70 << 16) / 1000 && f[6] == 42 && f[7] == 1, "numbers of the flow");
	c.record.flow.last = c.record.flow.first - 1;
	tlml_case_floats(&c, TLML_INPUT_FLOW, f);
	result(f[5] == 0, "no duration below 0");
	for (ok = true, i = 0; i < TLML_INPUTS; i++) {
		unsigned int values = tlml_inputs[i].shape[0];

		if (tlml_inputs[i].dims == 2)
			values *= tlml_inputs[i].shape[1];
		ok = ok && values == tlml_inputs[i].values;
	}
	result(ok, "shapes and counts agree");
}

int main(void)
{
	printf("KTAP version 1\n1..33\n");
	begin();
	refused();
	later();
	ignored();
	numbers();
	return failed != 0;
}
