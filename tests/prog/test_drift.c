// SPDX-License-Identifier: BSD-2-Clause
/* The histogram of verdicts: every flow once, where it may first be asked about, on any CPU. */
#include <sched.h>
#include <unistd.h>

#include "rig.h"

#define FLOWS	150

static struct rig rig;
static uint64_t begun[TLML_DRIFT_BINS];
static uint64_t expected[TLML_DRIFT_BINS];	/* of what the ring told */

static void histogram(uint64_t *bins)
{
	struct tlml_stats s;
	struct tlml_error e;

	rig_need(!tlml_maps_stats(&rig.obj.maps, &s, &e), "counters", e.text);
	memcpy(bins, s.drift, sizeof(s.drift));
}

/* Margins of all sizes, each of one decision. */
static void publish(unsigned int seed)
{
	size_t size;
	void *blob = tlml_mkmodel_random(seed, 32, 16, 6, 0, &size);

	rig_need(!!blob, "no model", "no memory");
	((struct tlml_model_header *)blob)->cost_shift[1] = 6 + seed % 3;
	((struct tlml_model_header *)blob)->cost_decay = 8;
	rig_publish(&rig, blob, size, seed);
}

static void begin(uint32_t ask_points)
{
	rig.obj.maps.ctl->ask_points = ask_points;
	rig_clear(&rig);
	histogram(begun);
	memset(expected, 0, sizeof(expected));
}

/* Packets of flow n, of its own sizes, until so many wire packets came; bulk: 6 in one frame. */
static void flow(unsigned int n, unsigned int packets, int bulk, unsigned int ask_at)
{
	unsigned int before = 0, told = 0;
	struct frame frame;

	while (before < packets) {
		unsigned int more = bulk && before ? 6 : 1;

		if (before % 3 || bulk)
			FRAME(&frame, IP4(1, 2), TCP(1000 + n, 80, TLML_TCP_ACK),
			      DATA(more > 1 ? 8960 : (n * 37 + before * n) % 1400));
		else
			FRAME(&frame, IP4(2, 1), TCP(80, 1000 + n, TLML_TCP_ACK),
			      DATA(n * 91 % 1400));
		rig.records = 0;
		rig_run(&rig, &frame);
		ring_buffer__consume(rig.ring);
		if (before < ask_at && before + more >= ask_at && rig.records) {
			expected[tlml_drift_bin(rig.record.flow.klass, rig.record.flow.margin)]++;
			told++;
		}
		rig.obj.maps.ctl->clock += 1 + n % 50;
		before += more;
	}
	CHECK_EQ(told, packets >= ask_at);
}

/* What was counted is what is expected; in how many bins that is. */
static unsigned int compare(unsigned int flows)
{
	unsigned int bins = 0, all = 0;
	uint64_t now[TLML_DRIFT_BINS];

	histogram(now);
	for (unsigned int i = 0; i < TLML_DRIFT_BINS; i++) {
		CHECK(now[i] - begun[i] == expected[i], "bin %u: %llu, should be %llu", i,
		      (unsigned long long)(now[i] - begun[i]), (unsigned long long)expected[i]);
		all += expected[i];
		bins += expected[i] > 0;
	}
	CHECK_EQ(all, flows);
	return bins;
}

static void test_once(void)
{
	unsigned int bins;

	begin(~7u);
	for (unsigned int n = 0; n < FLOWS; n++) {
		if (n % 15 == 0)
			publish(1 + n / 15);
		flow(n, n % 2 ? 40 : 8, 0, 8);
	}
	bins = compare(FLOWS);
	printf("# %u flows in %u bins\n", FLOWS, bins);
	CHECK(bins >= 8, "too few kinds of verdicts to tell");
}

static void test_short(void)
{
	begin(~7u);
	for (unsigned int n = 0; n < FLOWS; n++)
		flow(n, 7, 0, 8);
	compare(0);
}

static void test_trains(void)
{
	begin(~7u);
	for (unsigned int n = 0; n < FLOWS; n++)
		flow(n, 40, 1, 8);
	compare(FLOWS);
}

static void test_points(void)
{
	begin(1 << 4 | 1 << 5);
	for (unsigned int n = 0; n < FLOWS; n++)
		flow(n, 40, 0, 16);
	compare(FLOWS);
	begin(0);
	for (unsigned int n = 0; n < FLOWS; n++)
		flow(n, 40, 0, 41);
	compare(0);
}

static void test_cpus(void)
{
	int cpus = sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t set, all;

	sched_getaffinity(0, sizeof(all), &all);
	begin(~7u);
	for (unsigned int n = 0; n < FLOWS; n++) {
		CPU_ZERO(&set);
		CPU_SET(n % cpus, &set);
		sched_setaffinity(0, sizeof(set), &set);
		flow(n, 16, 0, 8);
	}
	sched_setaffinity(0, sizeof(all), &all);
	compare(FLOWS);
}

/* A canary of all flows leaves it as it is. */
static void test_canary(void)
{
	struct tlml_error e;

	begin(~7u);
	CHECK(!tlml_maps_canary(&rig.obj.maps, &rig.model, TLML_CANARY_ALL, &e), "%s", e.text);
	for (unsigned int n = 0; n < FLOWS; n++)
		flow(n, 16, 0, 8);
	memset(expected, 0, sizeof(expected));
	compare(0);
	tlml_maps_withdraw(&rig.obj.maps);
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "a flow counts once, as it was told of", test_once },
		{ "one that ends before does not count", test_short },
		{ "one whose packets come in trains counts once", test_trains },
		{ "it counts at the first point at which flows are asked about", test_points },
		{ "all CPUs count", test_cpus },
		{ "the canary's flows do not count", test_canary },
	};
	int status;

	rig_open(&rig, 1 << 14, 1 << 12);
	publish(1);
	status = tap_main(tests, sizeof(tests) / sizeof(tests[0]));
	rig_close(&rig);
	return status;
}
