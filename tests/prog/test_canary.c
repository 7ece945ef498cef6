// SPDX-License-Identifier: BSD-2-Clause
/* A model on trial: which flows it decides about, how that ends, and what it leaves alone. */
#include "rig.h"

#define FLOWS	2000

static struct rig rig;
static struct tlml_model models[4];	/* that always say class 0, 1, 2, 3 */

static int try_canary(unsigned int klass, unsigned int generation, unsigned int share,
		      struct tlml_error *e)
{
	models[klass].header.generation = generation;
	return tlml_maps_canary(&rig.obj.maps, &models[klass], share, e);
}

static void publish(unsigned int klass, unsigned int generation)
{
	struct tlml_error e;

	models[klass].header.generation = generation;
	rig_need(!tlml_maps_publish(&rig.obj.maps, &models[klass], &e), "publish", e.text);
}

/* How many of FLOWS new flows the canary (share) decided about, each checked on its own. */
static unsigned int decide(unsigned int share, unsigned int current, unsigned int canary)
{
	const struct tlml_ctl *ctl = rig.obj.maps.ctl;
	unsigned int tried = 0;
	struct frame frame;

	rig_clear(&rig);
	rig_mark(&rig);
	for (unsigned int n = 0; n < FLOWS; n++) {
		unsigned int has, generation;

		FRAME(&frame, IP4(1, 2), UDP(10000 + n, 53));
		rig_run(&rig, &frame);
		ring_buffer__consume(rig.ring);
		CHECK_EQ(rig.records, n + 1);
		has = tlml_canary_has(rig.record.flow.fp, share);
		generation = has ? canary : current;
		tried += has;
		CHECK_EQ(rig.record.generation, generation);
		CHECK_EQ(rig.record.flow.generation, generation % 16);
		CHECK_EQ(rig.record.flow.klass, generation % 4);
	}
	CHECK_EQ(ctl->canary_share, share);
	CHECK_EQ(GAIN(&rig, canary), tried);
	CHECK_EQ(GAIN(&rig, no_model), 0);
	return tried;
}

static void test_shares(void)
{
	static const unsigned int shares[] = { 1, 13, 128, 255, 256 };
	struct tlml_error e;

	publish(1, 1);
	CHECK_EQ(decide(0, 1, 0), 0);
	for (unsigned int i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
		double p = shares[i] / 256.0, mean = FLOWS * p, tried;

		CHECK(!try_canary(2, 2, shares[i], &e), "%s", e.text);
		CHECK_EQ(tlml_maps_current(&rig.obj.maps)->generation, 1);
		CHECK_EQ(tlml_maps_deciding(&rig.obj.maps, 2)->generation, 2);
		CHECK_EQ(tlml_maps_deciding(&rig.obj.maps, 7)->generation, 1);
		tried = decide(shares[i], 1, 2);
		/* Five standard deviations; the seed of the hash is always the same. */
		CHECK((tried - mean) * (tried - mean) <= 25 * mean * (1 - p), "%.0f of %u at %u",
		      tried, FLOWS, shares[i]);
	}
	tlml_maps_withdraw(&rig.obj.maps);
	CHECK_EQ(decide(0, 1, 0), 0);
}

/* A flow stays with who decided about it, along all of its packets. */
static void test_steady(void)
{
	unsigned int changes = 0;
	struct tlml_error e;
	struct frame frame;

	publish(1, 1);
	CHECK(!try_canary(2, 2, 128, &e), "%s", e.text);
	rig_clear(&rig);
	for (unsigned int n = 0; n < 50; n++) {
		FRAME(&frame, IP4(1, 2), UDP(10000 + n, 53));
		for (unsigned int i = 0; i < 40; i++) {
			rig_run(&rig, &frame);
			changes += rig_line(&rig, &frame)->klass !=
				   1 + tlml_canary_has(rig_line(&rig, &frame)->fp, 128);
		}
	}
	CHECK_EQ(changes, 0);
}

static void test_promote(void)
{
	struct tlml_maps *m = &rig.obj.maps;
	struct tlml_error e;

	publish(1, 1);
	models[2].header.anomaly_low = 50;
	models[2].header.anomaly_high = 60;
	m->ctl->policy[2].action = TLML_ACTION_MARK;
	CHECK(!try_canary(2, 2, 64, &e), "%s", e.text);
	CHECK_EQ(m->ctl->anomaly_low, 128);
	CHECK(!tlml_maps_promote(m, &e), "%s", e.text);
	models[2].header.anomaly_low = models[2].header.anomaly_high = 128;
	CHECK_EQ(m->ctl->anomaly_low, 50);
	CHECK_EQ(m->ctl->anomaly_high, 60);
	CHECK_EQ(m->ctl->policy[2].action, TLML_ACTION_MARK);
	CHECK_EQ(tlml_maps_current(m)->generation, 2);
	CHECK_EQ(m->weights[m->ctl->previous_slot].generation, 1);
	CHECK_EQ(decide(0, 2, 0), 0);
	CHECK_EQ(tlml_maps_promote(m, &e), -ENOENT);
	CHECK_EQ(tlml_maps_current(m)->generation, 2);
}

/* Whatever is tried beside them, the current model and the one before stay as they are. */
static void test_kept(void)
{
	struct tlml_maps *m = &rig.obj.maps;
	struct tlml_weights kept[2];
	struct tlml_error e;

	publish(1, 5);
	publish(2, 6);
	kept[0] = m->weights[m->ctl->previous_slot];
	kept[1] = *tlml_maps_current(m);
	CHECK_EQ(kept[0].generation, 5);
	for (unsigned int n = 0; n < 10; n++) {
		unsigned int was = m->ctl->canary_slot;

		CHECK(!try_canary(n % 4, 10 + n, 100, &e), "%s", e.text);
		CHECK(n % 3 == 1 || was != m->ctl->canary_slot, "a canary in the place of one");
		if (n % 3 == 0)
			tlml_maps_withdraw(m);
		CHECK(!memcmp(&kept[0], &m->weights[m->ctl->previous_slot], sizeof(kept[0])) &&
		      !memcmp(&kept[1], tlml_maps_current(m), sizeof(kept[1])), "after %u", n);
	}
	CHECK(!try_canary(3, 20, 100, &e), "%s", e.text);
	publish(0, 21);
	CHECK_EQ(m->ctl->canary_share, 0);
	CHECK(!memcmp(&kept[1], &m->weights[m->ctl->previous_slot], sizeof(kept[1])), "after all");
}

static void test_refused(void)
{
	struct tlml_maps *m = &rig.obj.maps;
	struct tlml_weights before[TLML_SLOTS];
	struct tlml_model other;
	struct tlml_error e;

	publish(1, 1);
	memcpy(before, m->weights, sizeof(before));
	CHECK_EQ(try_canary(2, 2, 0, &e), -EINVAL);
	CHECK_EQ(try_canary(2, 2, 257, &e), -EINVAL);
	other = models[2];
	other.header.classes = 3;
	CHECK_EQ(tlml_maps_canary(m, &other, 10, &e), -EINVAL);
	other = models[2];
	strcpy(other.classes[3].name, "other");
	CHECK_EQ(tlml_maps_canary(m, &other, 10, &e), -EINVAL);
	CHECK(strstr(e.text, "class 3 is other"), "%s", e.text);
	CHECK_EQ(m->ctl->canary_share, 0);
	CHECK(!memcmp(before, m->weights, sizeof(before)), "a slot changed");
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "a canary decides about its share of flows", test_shares },
		{ "a flow stays with its model", test_steady },
		{ "a canary becomes the current model", test_promote },
		{ "the current model and the one before are kept", test_kept },
		{ "what cannot be a canary is refused", test_refused },
	};
	int status;

	rig_open(&rig, 1 << 18, 1 << 16);
	for (unsigned int k = 0; k < 4; k++) {
		struct tlml_error e;
		size_t size;
		void *blob = tlml_mkmodel_constant(k, &size);

		rig_need(blob && !tlml_model_parse(blob, size, "constant", &models[k], &e), "model",
			 "refused");
		free(blob);
	}
	status = tap_main(tests, sizeof(tests) / sizeof(tests[0]));
	for (unsigned int k = 0; k < 4; k++)
		tlml_model_free(&models[k]);
	rig_close(&rig);
	return status;
}
