// SPDX-License-Identifier: BSD-2-Clause
/* No inference mixes two generations, however models change; and who checks that would see it. */
#include "swap.h"

#define PUBLICATIONS	100		/* 20 ms of grace each */
#define FLIPS_MS	500		/* as many as fit */
#define MIXED_MS	20000		/* in which a mixed one shows on the busiest machine */

static struct swap swap;

#define PART(field) { #field, offsetof(struct tlml_weights, field), \
		      sizeof(((struct tlml_weights *)0)->field) }

/* The parts of a slot that make up the net. */
static const struct {
	const char *name;
	size_t at, size;
} parts[] = {
	PART(bias1), PART(w1), PART(bias2), PART(w2), PART(bias3), PART(w3), PART(bias4), PART(w4),
};

#define PARTS	(sizeof(parts) / sizeof(parts[0]))

static uint64_t ms_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ull + t.tv_nsec / 1000000;
}

/* Each part of each model, put into each other one, shows in what the judge sums up. */
static void test_judge(void)
{
	struct tlml_maps *m = &swap.rig.obj.maps;
	char *slot = (char *)&m->weights[m->ctl->slot];
	const __u64 *expected = swap.judge->bss->swap_expected;
	unsigned int words = 0, seen = 0;

	for (unsigned int n = 0; n < SWAP_MODELS * SWAP_MODELS * PARTS; n++) {
		unsigned int i = n % PARTS, a = n / PARTS % SWAP_MODELS;
		unsigned int b = n / PARTS / SWAP_MODELS;

		memcpy(slot, &swap.packed[a], sizeof(swap.packed[a]));
		CHECK(swap_run(&swap) == expected[a], "model %u", a);
		memcpy(slot + parts[i].at, (char *)&swap.packed[b] + parts[i].at, parts[i].size);
		CHECK((swap_run(&swap) == expected[a]) == (a == b), "%s of %u in %u",
		      parts[i].name, b, a);
	}
	for (unsigned int i = 0; i < PARTS; i++)
		for (size_t n = 0; n < parts[i].size; n += sizeof(uint64_t), words++) {
			size_t at = parts[i].at + n;

			memcpy(slot, &swap.packed[0], sizeof(swap.packed[0]));
			memcpy(slot + at, (char *)&swap.packed[1] + at, sizeof(uint64_t));
			seen += swap_run(&swap) != expected[0];
		}
	memcpy(slot, &swap.packed[0], sizeof(swap.packed[0]));
	printf("# of %u words, %u are seen when they alone are another model's\n", words, seen);
}

static void report(const char *how)
{
	printf("# %llu inferences, %llu of them mixed, while models were %s\n",
	       (unsigned long long)swap.judge->bss->swap_inferences,
	       (unsigned long long)swap.judge->bss->swap_mixed, how);
	CHECK(swap.judge->bss->swap_inferences >= SWAP_REPEAT, "hardly any packet came");
}

static void test_publish(void)
{
	struct tlml_maps *m = &swap.rig.obj.maps;
	struct tlml_error e;

	swap_begin(&swap);
	for (unsigned int n = 0; n < PUBLICATIONS; n++) {
		if (n % 2) {
			swap_publish(&swap);
			continue;
		}
		swap_try(&swap);	/* until the next one is published, or current itself */
		if (n % 4)
			rig_need(!tlml_maps_promote(m, &e), "promote", e.text);
	}
	swap_end(&swap);
	report("published, tried and promoted");
	CHECK_EQ(swap.judge->bss->swap_mixed, 0);
}

/* Complete generations in turn, faster than any packet is done: who looked twice would mix. */
static void test_flips(void)
{
	struct tlml_ctl *ctl = swap.rig.obj.maps.ctl;
	uint64_t until = ms_now() + FLIPS_MS;

	for (unsigned int n = 0; n < TLML_SLOTS; n++)
		swap_publish(&swap);
	swap_begin(&swap);
	while (ms_now() < until)
		for (unsigned int n = 0; n < 1000; n++) {
			__atomic_store_n(&ctl->slot, n % TLML_SLOTS, __ATOMIC_RELEASE);
			__atomic_store_n(&ctl->canary_share, n & TLML_CANARY_ALL, __ATOMIC_RELEASE);
			__atomic_store_n(&ctl->canary_slot, n / 5 % TLML_SLOTS, __ATOMIC_RELEASE);
		}
	swap_end(&swap);
	tlml_maps_withdraw(&swap.rig.obj.maps);
	report("flipped to");
	CHECK_EQ(swap.judge->bss->swap_mixed, 0);
}

static void test_without_grace(void)
{
	uint64_t began = ms_now(), ms;

	swap_begin(&swap);
	do {
		swap_without_grace(&swap);
		ms = ms_now() - began;
	} while (ms < FLIPS_MS || (!swap_mixed(&swap) && ms < MIXED_MS));
	swap_end(&swap);
	report("filled without grace");
	CHECK(swap.judge->bss->swap_mixed > 0, "the checker sees nothing");
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "any part of another generation shows", test_judge },
		{ "none shows while models are published", test_publish },
		{ "none shows while the index flips at full speed", test_flips },
		{ "it does where slots are filled without grace", test_without_grace },
	};
	int status;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		return printf("KTAP version 1\n1..0 # SKIP needs a CPU for packets and one for models\n"), 0;
	swap_open(&swap);
	status = tap_main(tests, sizeof(tests) / sizeof(tests[0]));
	swap_close(&swap);
	return status;
}
