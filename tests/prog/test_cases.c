// SPDX-License-Identifier: BSD-2-Clause
/*
 * A capture through the data path and through tlml-train's export: what comes out of the ring,
 * laid before a large model, is what one has learned from, value by value.
 */
#include <unistd.h>

#include "../../daemon/case.h"
#include "../../tools/lib/cases.h"
#include "rig.h"

#define PACKETS		30000
#define TALKS		1500	/* five-tuples */
#define CASES_MAX	20000
#define WIDTH		(32 + TLML_CASE_PACKETS * 3 + TLML_FLOW_NUMBERS)
#define BEFORE		11	/* columns of a row before the inputs */
#define ASKED		4	/* which of them says whether the flow was asked about */
#define ASK_AT		8
#define WAIT		TLML_TICKS(5)

struct values {
	float v[WIDTH];
};

struct table {
	struct values row[CASES_MAX];
	size_t n;
};

/* A flow that the ring told of; told: with its later packets. */
struct flow {
	struct tlml_case begun, told;
};

static struct rig rig;
static struct frame frame;
static char capture[64], labels[64];
static struct table exported, laid;
static struct flow flows[CASES_MAX];
static size_t n_flows;

/* Some talks of a few packets and some of many, both ways, in bursts and with pauses. */
static void write_capture(void)
{
	const uint32_t head[] = { 0xa1b2c3d4, 4 << 16 | 2, 0, 0, 65535, 1 };	/* Ethernet */
	uint32_t h[] = { 1700000000, 0, 0, 0 };		/* seconds, us, bytes, bytes on the wire */
	FILE *f = fopen(capture, "we");
	uint32_t state = 11;

	rig_need(!!f, capture, "cannot write it");
	fwrite(head, sizeof(head), 1, f);
	for (unsigned int n = 0; n < PACKETS; n++) {
		unsigned int talks = mkmodel_draw(&state) % 3 ? TALKS / 8 : TALKS;
		unsigned int t = mkmodel_draw(&state) % talks;
		unsigned int host = t % 90, server = 300 + t % 7;
		unsigned int port = 2000 + t, service = t % 3 ? 443 : 53;
		unsigned int size = mkmodel_draw(&state) % 1400, way = mkmodel_draw(&state) % 3;
		unsigned int flags = mkmodel_draw(&state) % 200 ? TLML_TCP_ACK :
				     mkmodel_draw(&state) % 2 ? TLML_TCP_FIN : TLML_TCP_SYN;

		if (t % 3 && way)
			FRAME(&frame, IP4(host, server), TCP(port, service, flags), DATA(size));
		else if (t % 3)
			FRAME(&frame, IP4(server, host), TCP(service, port, flags), DATA(size));
		else if (way)
			FRAME(&frame, IP6(host, server), UDP(port, service), DATA(size));
		else
			FRAME(&frame, IP6(server, host), UDP(service, port), DATA(size));
		if (mkmodel_draw(&state) % 50 == 0)	/* some wire packets in one */
			frame_put16(&frame, t % 3 ? 16 : 18, 1500 + mkmodel_draw(&state) % 9000);
		h[1] += mkmodel_draw(&state) % (mkmodel_draw(&state) % 20 ? 90 : 90000);
		h[0] += h[1] / 1000000;
		h[1] %= 1000000;
		h[2] = h[3] = frame.len;
		fwrite(h, sizeof(h), 1, f);
		fwrite(frame.data, frame.len, 1, f);
	}
	rig_need(!fclose(f), capture, "cannot write it");
}

static void write_labels(void)
{
	FILE *f = fopen(labels, "we");

	rig_need(!!f, labels, "cannot write it");
	fputs("kind\tattack\tproto\tclient\tserver\tsport_lo\tsport_hi\tport\tt0_us\tt1_us\n"
	      "all\t0\t*\t*\t*\t0\t65535\t*\t0\t0\n", f);
	rig_need(!fclose(f), labels, "cannot write it");
}

static struct values *table_add(struct table *t)
{
	rig_need(t->n < CASES_MAX, "table", "more cases than there is room for");
	return &t->row[t->n++];
}

/* Takes what the export says of flows that were asked about. */
static void read_row(char *line)
{
	struct values *to = NULL;
	unsigned int i;
	char *cell;

	for (i = 0; (cell = strsep(&line, ",")); i++) {
		if (i == ASKED && strcmp(cell, "1"))
			return;
		if (i >= BEFORE) {
			to = i == BEFORE ? table_add(&exported) : to;
			rig_need(i < BEFORE + WIDTH, "row", "it is too long");
			to->v[i - BEFORE] = strtof(cell, NULL);
		}
	}
	CHECK_EQ(i, BEFORE + WIDTH);
}

static void export(void)
{
	struct tlml_set set = { 0 };
	struct tlml_cases c = { .model = &rig.model, .ask_at = ASK_AT };
	struct tlml_reading r = { .set = &set, .path = capture };
	struct tlml_error e;
	char *text, *rest, *line;
	size_t size;

	c.out = open_memstream(&text, &size);
	rig_need(!!c.out, "export", "no memory");
	rig_need(!tlml_cases_write(&c, &r, &e), "export", e.text);
	fclose(c.out);
	for (rest = text; (line = strsep(&rest, "\n")) && *line;)
		read_row(line);
	free(text);
	tlml_set_free(&set);
}

/* What the ring gave, as the daemon takes it. */
static int on_ring(void *ctx, void *data, size_t size)
{
	const struct tlml_more *m = data;
	struct flow *f;
	size_t i;

	if (size == sizeof(struct tlml_record)) {
		rig_need(n_flows < CASES_MAX, "flows", "more than there is room for");
		f = &flows[n_flows++];
		CHECK(!tlml_case_begin(&f->begun, data, size), "flow %zu: refused", n_flows - 1);
		f->told = f->begun;
		return 0;
	}
	CHECK_EQ(size, sizeof(*m));
	for (i = n_flows; i-- > 0;) {		/* the latest flow in this line */
		const struct tlml_record *r = &flows[i].begun.record;

		if (r->bucket != m->bucket || r->flow.fp != m->fp)
			continue;
		if (m->tick - (uint32_t)r->tick <= WAIT)
			tlml_case_more(&flows[i].told, m);
		break;
	}
	return 0;
}

static void lay(const struct tlml_case *c)
{
	struct values *to = table_add(&laid);
	unsigned int i, at = 0;

	for (i = 0; i < TLML_INPUTS; at += tlml_inputs[i++].values)
		tlml_case_floats(c, i, to->v + at);
	CHECK_EQ(at, WIDTH);
}

static void run(void)
{
	struct tlml_capture *c;
	struct tlml_frame f;
	struct tlml_error e;
	size_t i;
	int err;

	rig_need(!tlml_capture_open(capture, &c, &e), "capture", e.text);
	while ((err = tlml_capture_next(c, &f, &e)) > 0) {
		memcpy(frame.data, f.data, f.caplen);
		frame.len = f.caplen;
		rig.obj.maps.ctl->clock = f.tick;
		rig_run(&rig, &frame);
		ring_buffer__consume(rig.ring);
	}
	rig_need(!err, "capture", e.text);
	tlml_capture_close(c);
	for (i = 0; i < n_flows; i++) {
		lay(&flows[i].begun);
		if (flows[i].told.packets > flows[i].begun.packets)
			lay(&flows[i].told);
	}
}

static int values_order(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct values));
}

static void test_equal(void)
{
	size_t i, differ = 0;

	export();
	run();
	qsort(exported.row, exported.n, sizeof(exported.row[0]), values_order);
	qsort(laid.row, laid.n, sizeof(laid.row[0]), values_order);
	printf("# %zu flows asked about, %zu cases\n", n_flows, laid.n);
	CHECK(n_flows > 300 && laid.n > n_flows + 200, "too few to tell");
	CHECK_EQ(exported.n, laid.n);
	for (i = 0; i < laid.n && i < exported.n; i++)
		differ += values_order(&exported.row[i], &laid.row[i]) != 0;
	CHECK_EQ(differ, 0);
	CHECK_EQ(GAIN(&rig, flows_evicted) + GAIN(&rig, flows_refused) + GAIN(&rig, ring_full), 0);
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "cases from the ring are those that are exported", test_equal },
	};
	struct tlml_model_header *h;
	struct tlml_ctl *ctl;
	size_t size;
	int status;

	snprintf(capture, sizeof(capture), "/tmp/tlml-cases-%d.pcap", getpid());
	snprintf(labels, sizeof(labels), "/tmp/tlml-cases-%d.tsv", getpid());
	rig_open(&rig, 1 << 16, 1 << 16);
	h = tlml_mkmodel_random(5, 32, 16, 6, 1, &size);
	rig_need(!!h, "model", "no memory");
	h->points = 0x7f;
	h->cost_decay = 8;		/* no margin is 255, which would not be asked about */
	rig_publish(&rig, h, size, 1);
	ctl = rig.obj.maps.ctl;
	ctl->trace = 0;
	ctl->seg_len = 1500;
	ctl->seg_inverse = 65536 / 1500;
	ctl->ask_points = ~7u;		/* from ASK_AT on */
	for (int i = 0; i < TLML_BUDGETS; i++)
		ctl->ask[i] = (struct tlml_rate){ 1 << 23, 1 << 23 };
	for (int k = 0; k < TLML_CLASSES_MAX; k++)
		ctl->policy[k].margin_hard = 255;
	ring_buffer__free(rig.ring);
	rig.ring = ring_buffer__new(rig.obj.maps.ring_fd, on_ring, NULL, NULL);
	rig_need(!!rig.ring, "ring", "cannot map it");
	write_capture();
	write_labels();
	status = tap_main(tests, 1);
	unlink(capture);
	unlink(labels);
	rig_close(&rig);
	return status;
}
