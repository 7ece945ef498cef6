// SPDX-License-Identifier: BSD-2-Clause
/*
 * Models change under running packets. Generation g of these always says class g modulo 4, by the
 * additive head and by the net, so that a verdict made of two generations would give itself away.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "rig.h"

#define PUBLICATIONS	120	/* 20 ms of grace each */

static struct rig rig;
static struct tlml_model models[4];
static atomic_int running;
static char why[512];		/* of a publication that failed */

static void *publish(void *arg)
{
	struct tlml_error e;

	for (unsigned int g = 2; g < 2 + PUBLICATIONS; g++) {
		models[g % 4].header.generation = g;
		if (tlml_maps_publish(&rig.obj.maps, &models[g % 4], &e)) {
			memcpy(why, e.text, sizeof(why));
			break;
		}
	}
	atomic_store(&running, 0);
	return NULL;
}

/* A flow's first two packets, again and again, until the publisher is done. */
static void test_swap(void)
{
	unsigned int verdicts = 0, seen[16] = { 0 }, generations = 0, mixed = 0;
	struct tlml_flow *line;
	struct frame frame;
	pthread_t thread;

	rig_clear(&rig);
	rig_mark(&rig);
	atomic_store(&running, 1);
	rig_need(!pthread_create(&thread, NULL, publish, NULL), "thread", "cannot start it");
	FRAME(&frame, IP4(1, 2), UDP(40000, 53));
	for (unsigned int n = 0; atomic_load(&running); n++) {
		rig_run(&rig, &frame);
		rig.records = 0;
		ring_buffer__consume(rig.ring);
		CHECK(rig.records == 1, "%u records", rig.records);
		mixed += rig.record.flow.klass != rig.record.generation % 4 ||
			 rig.record.flow.generation != rig.record.generation % 16 ||
			 rig.record.flow.margin < 63;
		seen[rig.record.generation % 16]++;
		verdicts++;
		/* The second packet's verdict is the net's alone; then the flow is new. */
		line = rig_line(&rig, &frame);
		if (n % 2)
			memset(line, 0, sizeof(*line));
		else
			memset(line->cost, 0, sizeof(line->cost));
	}
	pthread_join(thread, NULL);
	CHECK(!why[0], "%s", why);
	for (unsigned int i = 0; i < 16; i++)
		generations += seen[i] > 0;
	printf("# %u verdicts while %u models were published\n", verdicts, PUBLICATIONS);
	CHECK_EQ(mixed, 0);
	CHECK_EQ(GAIN(&rig, no_model), 0);
	CHECK_EQ(generations, 16);
	CHECK_EQ(tlml_maps_current(&rig.obj.maps)->generation, 1 + PUBLICATIONS);
}

/* What the operator said of a class stays with it; a class that is another starts with pass. */
static void test_policies(void)
{
	struct tlml_ctl *ctl = rig.obj.maps.ctl;
	struct tlml_model other = models[0];
	struct tlml_error e;

	for (unsigned int c = 0; c < 4; c++)
		ctl->policy[c] = (struct tlml_policy){
			.action = TLML_ACTION_DROP, .margin_act = 200,
		};
	strcpy(other.classes[2].name, "other");
	other.classes[2].margin_act = 77;
	other.header.generation = 1000;
	CHECK(!tlml_maps_publish(&rig.obj.maps, &other, &e), "%s", e.text);
	for (unsigned int c = 0; c < 4; c++) {
		CHECK_EQ(ctl->policy[c].action, c == 2 ? TLML_ACTION_PASS : TLML_ACTION_DROP);
		CHECK_EQ(ctl->policy[c].margin_act, c == 2 ? 77 : 200);
	}
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "no verdict of two generations", test_swap },
		{ "policies follow their classes", test_policies },
	};
	struct tlml_error e;
	int status;

	rig_open(&rig, 1 << 18, 1 << 16);
	for (unsigned int k = 0; k < 4; k++) {
		size_t size;
		void *blob = tlml_mkmodel_constant(k, &size);

		rig_need(blob && !tlml_model_parse(blob, size, "constant", &models[k], &e), "model", "refused");
		free(blob);
	}
	rig_publish_constant(&rig, 1, 1);
	status = tap_main(tests, sizeof(tests) / sizeof(tests[0]));
	for (unsigned int k = 0; k < 4; k++)
		tlml_model_free(&models[k]);
	rig_close(&rig);
	return status;
}
