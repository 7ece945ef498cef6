// SPDX-License-Identifier: BSD-2-Clause
/*
 * The same packets through the data path and through what the trainer learns from: every decision
 * of the kernel has the features, costs, class, margin and anomaly that user space computes, and
 * what it tells of a hard flow's packets is what the large model was trained on.
 */
#include "../../daemon/learn/infer.h"
#include "../../daemon/learn/table.h"
#include "../../uapi/tlml_verdict.h"
#include "rig.h"

#define PACKETS		40000	/* of each model */
#define TALKS		600	/* five-tuples at a time */
#define FLOWS_MAX	(PACKETS + 1)
#define DECISIONS_MIN	10000	/* that must have been compared, of each model */
#define MORES_MIN	2000	/* and packets of hard flows */

/* Who talks to whom; taken up again and again, from both ends. */
struct talk {
	unsigned int v6, proto, tunnel, vlan, hosts[2], ports[2];
};

static const struct shape {
	const char *name;
	unsigned int h1, h2, classes, decode, points, decay, mtu;
} shapes[] = {
	{ "32-16-4 with anomaly head", 32, 16, 4, 1, 0x3f, 0, 1500 },
	{ "64-32-16 with anomaly head, evidence fades", 64, 32, 16, 1, 0x7f, 1, 1500 },
	{ "16-8-2, small packets", 16, 8, 2, 0, 0xff, 2, 576 },
	{ "48-24-7, not at the first packet", 48, 24, 7, 1, 0x1e, 8, 9000 },
};

#define SHAPES	(sizeof(shapes) / sizeof(shapes[0]))

static struct rig rig;
static struct frame frame;
static struct talk talks[TALKS];
static uint8_t cost[FLOWS_MAX][TLML_CLASSES_MAX];
static uint8_t asked[FLOWS_MAX];
static uint32_t state;

static uint32_t draw(uint32_t below)
{
	return mkmodel_draw(&state) % below;
}

static struct talk talk_draw(void)
{
	static const unsigned int protos[] = { 6, 6, 6, 17, 17, 132, 1 };
	static const unsigned int ports[] = { 53, 443, 80, 22, 123, 1883, 5004, 8080, 3389, 55555 };
	struct talk t = {
		.v6 = draw(3) == 0, .proto = protos[draw(7)], .tunnel = draw(10) == 0,
		.vlan = draw(5) ? 0 : 1 + draw(3), .hosts = { draw(40), 40 + draw(60) },
		.ports = { 1024 + draw(60000), ports[draw(10)] },
	};

	if (draw(8) == 0)		/* the lower address is the server's as well */
		t.hosts[1] = t.hosts[0] ? t.hosts[0] - 1 : 1;
	return t;
}

/* The next packet of a talk: any direction, size and flags, with a length that is often a lie. */
static void packet_draw(const struct talk *t)
{
	static const unsigned int flags[] = {
		TLML_TCP_SYN, TLML_TCP_SYN | TLML_TCP_ACK, TLML_TCP_ACK, TLML_TCP_ACK,
		TLML_TCP_ACK, TLML_TCP_ACK | TLML_TCP_PSH, TLML_TCP_ACK | TLML_TCP_PSH,
		TLML_TCP_ACK | TLML_TCP_FIN, TLML_TCP_RST,
	};
	unsigned int back = draw(5) < 2, src = t->hosts[back], dst = t->hosts[!back], n = 0, at;
	unsigned int sport = t->ports[back], dport = t->ports[!back], len;
	struct layer l[LAYERS_MAX] = { END };

	if (t->vlan)
		l[n++] = (struct layer)TAG(0x8100, t->vlan);
	if (t->tunnel) {
		l[n++] = (struct layer)IP4(500, 501);
		l[n++] = (struct layer)GRE(0, 0);
	}
	l[n++] = t->v6 ? (struct layer)IP6(src, dst) : (struct layer)IP4(src, dst);
	if (t->proto == 6)
		l[n++] = (struct layer)TCP(sport, dport, flags[draw(draw(4) ? 7 : 9)]);
	else if (t->proto == 17)
		l[n++] = (struct layer)UDP(sport, dport);
	else if (t->proto == 132)
		l[n++] = (struct layer)SCTP(sport, dport);
	else
		l[n++] = t->v6 ? (struct layer)ICMP6(128) : (struct layer)ICMP(8);
	frame_build(&frame, l);
	at = 14 + 4 * !!t->vlan + 24 * t->tunnel;
	len = draw(4) ? 80 + draw(1421) : draw(4) ? 80 + draw(20) : 1500 + draw(60000);
	frame_put16(&frame, at + (t->v6 ? 4 : 2), len);
}

/* Ticks until the next packet: mostly few, sometimes a window of sources or the end of a flow. */
static uint32_t gap_draw(void)
{
	switch (draw(400)) {
	case 0: return draw(3 * TLML_IDLE_TICKS);
	case 1: case 2: return draw(1 << 17);
	}
	return draw(2) ? 0 : draw(1u << draw(9));
}

/* What user space decides on a packet that reached a decision point. */
static struct tlml_verdict decide(const struct tlml_seen *seen, uint8_t *anomaly)
{
	const struct tlml_model *m = &rig.model;
	unsigned int net = seen->point > 1;
	int32_t logit[TLML_CLASSES_MAX];

	*anomaly = 0;
	if (net)
		*anomaly = tlml_infer_net(m, seen->x, logit);
	else
		tlml_infer_first(m, seen->x, logit);
	return tlml_cost_add(cost[seen->flow], logit, m->header.classes,
			     m->header.cost_shift[net], m->header.cost_decay);
}

static int compare(const struct tlml_seen *seen, const struct tlml_packet *p, unsigned int n)
{
	const struct tlml_record *r = &rig.record;
	const uint32_t *from = seen->back ? p->daddr : p->saddr;
	uint8_t anomaly;
	struct tlml_verdict v = decide(seen, &anomaly);
	int good = 1;

	for (unsigned int i = 0; i < TLML_FEATURES_MAX; i++)
		good &= CHECK(r->x[i] == seen->x[i], "packet %u, point %u, flow %u: x[%u] is %u, not %u",
			      n, seen->point, seen->flow, i, r->x[i], seen->x[i]);
	for (unsigned int c = 0; c < TLML_CLASSES_MAX; c++)
		good &= CHECK(r->flow.cost[c] == cost[seen->flow][c], "packet %u: cost[%u] is %u, not %u",
			      n, c, r->flow.cost[c], cost[seen->flow][c]);
	return good &
	       CHECK(r->flow.klass == v.klass && r->runner_up == v.runner_up &&
		     r->flow.margin == v.margin && r->flow.anomaly == anomaly,
		     "packet %u: class %u before %u by %u, anomaly %u, not %u before %u by %u, %u", n,
		     r->flow.klass, r->runner_up, r->flow.margin, r->flow.anomaly, v.klass,
		     v.runner_up, v.margin, anomaly) &
	       CHECK(!memcmp(r->saddr, from, 16) && r->family == p->family &&
		     r->proto == p->proto && r->sport == (seen->back ? p->dport : p->sport) &&
		     r->vlan == p->vlan && r->flags == p->flags &&
		     r->tick == rig.obj.maps.ctl->clock,
		     "packet %u: the record is another flow's", n);
}

/* Whether packet n, of a flow asked about before it if hard, was told of as it should be. */
static int compare_more(const struct tlml_seen *seen, int hard, unsigned int n)
{
	struct tlml_more want = seen->more, *got = &rig.more;

	if (!hard || want.nth > TLML_CASE_PACKETS)
		return CHECK(!rig.mores, "packet %u: told of for no reason", n);
	if (!CHECK(rig.mores == 1, "packet %u: told of %u times", n, rig.mores))
		return 0;
	want.bucket = got->bucket;
	want.fp = got->fp;
	return CHECK(!memcmp(&want, got, sizeof(want)),
		     "packet %u: number %u, %u segments, size %u, gap %u, back %u; should be %u, %u, %u, %u, %u",
		     n, got->nth, got->segs, got->size, got->gap, got->back, want.nth, want.segs,
		     want.size, want.gap, want.back);
}

static void publish(const struct shape *s)
{
	struct tlml_ctl *ctl = rig.obj.maps.ctl;
	struct tlml_model_header *h;
	size_t size;
	void *blob = tlml_mkmodel_random(s->h1 + s->h2, s->h1, s->h2, s->classes, s->decode, &size);

	rig_need(!!blob, "model", "no memory");
	h = blob;
	h->points = s->points;
	h->cost_decay = s->decay;
	rig_publish(&rig, blob, size, s->classes);
	ctl->seg_len = s->mtu;
	ctl->seg_inverse = 65536 / s->mtu;
	ctl->clock = (1ull << 32) - (1 << 22);	/* it wraps on the way */
	rig_clear(&rig);
	rig_mark(&rig);
	for (unsigned int c = 0; c < TLML_CLASSES_MAX; c++)
		ctl->policy[c].margin_hard = 255;
	memset(cost, 0, sizeof(cost));
	memset(asked, 0, sizeof(asked));
	state = s->h1;
	for (unsigned int i = 0; i < TALKS; i++)
		talks[i] = talk_draw();
}

static void test_shape(void)
{
	const struct shape *s = &shapes[tap_number];
	struct tlml_table *table = tlml_table_new(s->points, s->mtu);
	unsigned int compared = 0, mores = 0, wrong = 0, restarts = 0;

	rig_need(!!table, "table", "no memory");
	publish(s);
	for (unsigned int n = 0; n < PACKETS && wrong < 5; n++) {
		struct talk *t = &talks[draw(draw(3) ? TALKS / 10 : TALKS)];
		struct tlml_seen seen;
		struct tlml_packet p;

		if (draw(40) == 0)
			*t = talk_draw();
		packet_draw(t);
		rig.obj.maps.ctl->clock += gap_draw();
		rig_need(!tlml_packet_parse(frame.data, frame.data + frame.len, frame.len, &p), "parse",
			 "a frame that nobody understands");
		rig_need(!tlml_table_packet(table, &p, rig.obj.maps.ctl->clock, &seen), "table",
			 "no memory");
		rig.records = rig.mores = 0;
		rig_run(&rig, &frame);
		ring_buffer__consume(rig.ring);
		if (!CHECK(rig.records == !!seen.point, "packet %u: %u decisions, point %u in user space",
			   n, rig.records, seen.point))
			wrong++;
		else if (seen.point)
			wrong += !compare(&seen, &p, n);
		wrong += !compare_more(&seen, asked[seen.flow], n);
		if (seen.point)
			asked[seen.flow] |= rig.record.reason == TLML_REASON_UNSURE;
		mores += rig.mores;
		compared += !!seen.point;
		restarts += seen.is_new;
	}
	printf("# %s: %u decisions and %u packets of %u flows compared, %u packets\n", s->name,
	       compared, mores, restarts, PACKETS);
	CHECK(mores >= MORES_MIN, "%u packets told of", mores);
	CHECK(compared >= DECISIONS_MIN, "%u decisions", compared);
	CHECK_EQ(GAIN(&rig, flows), tlml_table_flows(table));
	CHECK_EQ(GAIN(&rig, flows_evicted) + GAIN(&rig, flows_refused), 0);
	CHECK_EQ(GAIN(&rig, ring_full) + GAIN(&rig, rate_limited), 0);
	CHECK_EQ(GAIN(&rig, first_verdicts) + GAIN(&rig, inferences), compared);
	CHECK(rig.obj.maps.ctl->clock > 1ull << 32, "the clock did not wrap");
	tlml_table_free(table);
}

int main(void)
{
	struct tap_test tests[SHAPES];
	int status;

	for (unsigned int i = 0; i < SHAPES; i++)
		tests[i] = (struct tap_test){ shapes[i].name, test_shape };
	rig_open(&rig, 1 << 18, 1 << 18);
	rig.obj.maps.ctl->ask_points = ~7u;
	for (int i = 0; i < TLML_BUDGETS; i++)
		rig.obj.maps.ctl->ask[i] = (struct tlml_rate){ 1 << 23, 1 << 23 };
	status = tap_main(tests, SHAPES);
	rig_close(&rig);
	return status;
}
