// SPDX-License-Identifier: BSD-2-Clause
/*
 * Nets for the module, by the loops that stand in for it: verdicts are those of user space bit for
 * bit, whatever model is in whichever slot. The module itself: tests/kmod/test_wide.sh.
 */
#include "rig.h"
#include "../../daemon/learn/infer.h"
#include "../../uapi/tlml_verdict.h"

static struct rig rig;
static unsigned int compared, classes;

/* What user space makes of the features of the last decision, for models that keep no evidence. */
static void compare(void)
{
	const struct tlml_model_header *h = &rig.model.header;
	const struct tlml_record *r = &rig.record;
	uint8_t cost[TLML_CLASSES_MAX] = { 0 }, anomaly;
	int32_t logit[TLML_CLASSES_MAX];
	struct tlml_verdict v;

	if (r->flow.pkts < 2)
		return;
	anomaly = tlml_infer_net(&rig.model, r->x, logit);
	v = tlml_cost_add(cost, logit, h->classes, h->cost_shift[1], h->cost_decay);
	CHECK_EQ(r->flow.klass, v.klass);
	CHECK_EQ(r->flow.margin, v.margin);
	CHECK_EQ(r->runner_up, v.runner_up);
	CHECK_EQ(r->flow.anomaly, anomaly);
	CHECK_EQ(r->generation, h->generation);
	classes |= 1u << v.klass;
	compared++;
}

static void run_flow(unsigned int flow)
{
	struct frame f;

	for (unsigned int n = 0; n < 16; n++) {
		FRAME(&f, IP4(1 + flow % 7, 2), UDP(40000 + flow, 53 + flow % 900),
		      DATA((flow * 131 + n * n * 37) % 1300));
		rig.obj.maps.ctl->clock += 1 + flow * n % 400;
		rig_mark(&rig);
		rig_run(&rig, &f);
		ring_buffer__consume(rig.ring);
		if (rig.records)
			compare();
	}
}

static void publish(unsigned int seed, unsigned int h1, unsigned int h2, unsigned int n)
{
	size_t size;
	void *blob = tlml_mkmodel_wide(seed, h1, h2, n, seed & 1, &size);

	rig_publish(&rig, blob, size, seed);
}

static void test_shapes(void)
{
	static const unsigned int shapes[][3] = {
		{ 256, 64, 16 }, { 256, 64, 5 }, { 80, 8, 2 }, { 128, 40, 9 }, { 16, 64, 11 },
	};
	struct tlml_stats before, after;
	struct tlml_error e;

	compared = classes = 0;
	rig_need(!tlml_maps_stats(&rig.obj.maps, &before, &e), "counters", e.text);
	for (unsigned int s = 0; s < 5; s++) {
		publish(s + 1, shapes[s][0], shapes[s][1], shapes[s][2]);
		for (unsigned int flow = 0; flow < 30; flow++)
			run_flow(s * 30 + flow);
	}
	rig_need(!tlml_maps_stats(&rig.obj.maps, &after, &e), "counters", e.text);
	printf("# %u decisions, classes %#x\n", compared, classes);
	CHECK(compared > 5 * 28 * 4, "too few");	/* at packets 2, 4, 8, 16; some find no line */
	CHECK_EQ(after.count[TLML_STAT_inferences] - before.count[TLML_STAT_inferences], compared);
	CHECK_EQ(after.count[TLML_STAT_uncomputed], before.count[TLML_STAT_uncomputed]);
	CHECK(classes & (classes - 1), "one class alone");
}

/* Four lanes and the module take turns. */
static void test_turns(void)
{
	size_t size;
	void *blob;

	for (unsigned int turn = 0; turn < 6; turn++) {
		struct tlml_model_header *h;

		if (turn % 2) {
			publish(100 + turn, 256, 64, 6);
		} else {
			blob = tlml_mkmodel_random(turn, 64, 32, 6, 1, &size);
			rig_need(!!blob, "model", "no memory");
			h = blob;
			h->cost_decay = 8;
			rig_publish(&rig, blob, size, 100 + turn);
		}
		CHECK_EQ(tlml_maps_current(&rig.obj.maps)->wide, turn % 2);
		compared = 0;
		run_flow(1000 + turn);
		CHECK_EQ(compared, 4);
	}
}

/* A canary that needs the module beside a model that does not. */
static void test_canary(void)
{
	struct tlml_error e;
	struct tlml_model m;
	size_t size;
	void *blob = tlml_mkmodel_wide(9, 256, 64, 6, 1, &size);

	rig_need(blob && !tlml_model_parse(blob, size, "wide", &m, &e), "model", "refused");
	free(blob);
	tlml_model_renumber(&m, 200);
	CHECK(!tlml_maps_canary(&rig.obj.maps, &m, TLML_CANARY_ALL, &e), "%s", e.text);
	tlml_model_free(&rig.model);
	rig.model = m;
	compared = 0;
	run_flow(2000);
	CHECK_EQ(compared, 4);
	tlml_maps_withdraw(&rig.obj.maps);
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "verdicts are those of user space", test_shapes },
		{ "slots of either kind", test_turns },
		{ "a canary of the other kind", test_canary },
	};
	const struct tlml_object_options o = { .flows = 4096, .sources = 4096, .loops = true };
	int status;

	rig_open_as(&rig, &o);
	status = tap_main(tests, sizeof(tests) / sizeof(tests[0]));
	rig_close(&rig);
	return status;
}
