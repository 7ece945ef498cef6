// SPDX-License-Identifier: BSD-2-Clause
/* A net that only the module computes, before programs that do not call it: they fail open. */
#include "rig.h"

static struct rig rig;

/* One whose additive head says klass, and whose net nobody here can compute. */
static void publish_wide(unsigned int klass)
{
	struct tlml_parts *p = calloc(1, sizeof(*p));
	size_t size;
	void *blob;

	mkmodel_start(p, 4);
	p->header.wide = 1;
	p->additive_b[klass] = 1000;
	p->dense[0].inputs = TLML_FEATURES_MAX;
	p->dense[0].outputs = p->dense[1].inputs = TLML_WIDE_HIDDEN1_MAX;
	p->dense[1].outputs = p->dense[2].inputs = TLML_WIDE_HIDDEN2_MAX;
	p->dense[2].outputs = 4;
	p->dense[2].b[3] = 1000000;	/* else the verdict would be 3 */
	blob = tlml_blob_build(p, "{}", &size);
	free(p);
	rig_publish(&rig, blob, size, 1);
}

static void run_packets(unsigned int packets)
{
	struct frame f;

	for (unsigned int n = 0; n < packets; n++) {
		FRAME(&f, IP4(1, 2), UDP(40000, 8080), DATA(100 + n));
		rig_run(&rig, &f);
		CHECK_EQ(rig.action, 2 /* XDP_PASS */);
	}
}

static void test_refused(void)
{
	struct tlml_error e;
	struct tlml_model m;
	size_t size;
	void *blob = tlml_mkmodel_wide(1, 256, 64, 4, 1, &size);

	rig_publish_constant(&rig, 1, 1);
	rig_need(blob && !tlml_model_parse(blob, size, "wide", &m, &e), "model", "refused");
	free(blob);
	CHECK_EQ(tlml_maps_publish(&rig.obj.maps, &m, &e), -EINVAL);
	CHECK(strstr(e.text, "256-64 needs the kernel module"), "%s", e.text);
	CHECK_EQ(tlml_maps_canary(&rig.obj.maps, &m, 10, &e), -EINVAL);
	CHECK_EQ(tlml_maps_current(&rig.obj.maps)->generation, 1);
	CHECK(!tlml_maps_current(&rig.obj.maps)->wide, "it is live");
	tlml_model_free(&m);
}

/* Programs may be exchanged, and models published, in any order: packets never mind. */
static void test_open(void)
{
	struct tlml_flow *f;
	struct frame frame;

	rig.obj.maps.ctl->module = 1;		/* as if the programs were others */
	publish_wide(2);
	rig_clear(&rig);
	rig_mark(&rig);
	run_packets(40);
	FRAME(&frame, IP4(1, 2), UDP(40000, 8080), DATA(100));
	f = rig_line(&rig, &frame);
	rig_need(!!f, "flow", "no line");
	CHECK_EQ(GAIN(&rig, first_verdicts), 1);
	CHECK_EQ(GAIN(&rig, inferences), 0);
	CHECK_EQ(GAIN(&rig, uncomputed), 5);	/* at packets 2, 4, 8, 16, 32 */
	CHECK_EQ(GAIN(&rig, no_model), 0);
	CHECK_EQ(f->klass, 2);			/* as the additive head said at packet 1 */
	CHECK(f->state & TLML_FLOW_DECIDED, "the flow has no verdict");
	CHECK_EQ(f->margin, 63);
	CHECK_EQ(f->pkts, 40);
	ring_buffer__consume(rig.ring);
	CHECK_EQ(rig.records, 1);		/* of decisions that were made */
}

/* A later model, which BPF computes, decides at the next point. */
static void test_recovers(void)
{
	struct tlml_flow *f;
	struct frame frame;

	publish_wide(2);
	rig_clear(&rig);
	run_packets(3);
	rig.obj.maps.ctl->module = 0;
	rig_publish_constant(&rig, 1, 2);
	rig_mark(&rig);
	run_packets(6);
	FRAME(&frame, IP4(1, 2), UDP(40000, 8080), DATA(100));
	f = rig_line(&rig, &frame);
	rig_need(!!f, "flow", "no line");
	CHECK_EQ(GAIN(&rig, uncomputed), 0);
	CHECK_EQ(GAIN(&rig, inferences), 2);	/* at packets 4 and 8 */
	CHECK_EQ(f->generation, 2);
	CHECK_EQ(f->klass, 1);
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "without the module a wide model is refused", test_refused },
		{ "one that is live all the same: first verdicts stand", test_open },
		{ "and the next model decides", test_recovers },
	};
	int status;

	rig_open(&rig, 1024, 1024);
	status = tap_main(tests, sizeof(tests) / sizeof(tests[0]));
	rig_close(&rig);
	return status;
}
