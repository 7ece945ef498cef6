// SPDX-License-Identifier: BSD-2-Clause
/* Detectors: alarms come when something changed and seldom otherwise; thresholds hold a rate. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "../../daemon/learn/drift.h"
#include "../../daemon/learn/paired.h"
#include "../../daemon/learn/rand.h"
#include "../../daemon/learn/threshold.h"

#define RUNS	200

static int points, failed;

static void result(bool ok, const char *what)
{
	printf("%sok %d - %s\n", ok ? "" : "not ", ++points, what);
	failed += !ok;
}

/* Margins of two classes; changed: the second is more frequent and less sure. */
static double psi_of(unsigned int n, bool changed, uint64_t *seed)
{
	uint32_t h[2][TLML_DRIFT_BINS] = { 0 };
	unsigned int i, side;

	for (side = 0; side < 2; side++)
		for (i = 0; i < n; i++) {
			bool other = side && changed;
			unsigned int klass = tlml_rand_below(seed, 10) < (other ? 5 : 2);
			unsigned int margin = tlml_rand_below(seed, klass && other ? 20 : 200);

			h[side][tlml_drift_bin(klass, margin)]++;
		}
	return tlml_drift_psi(h[0], h[1], TLML_DRIFT_BINS);
}

static void test_psi(void)
{
	uint32_t none[TLML_DRIFT_BINS] = { 0 }, some[TLML_DRIFT_BINS] = { [3] = 5 };
	unsigned int i, wrong = 0;
	uint64_t seed = 1;

	result(!tlml_drift_bin(0, 0) && !tlml_drift_bin(0, 1) && tlml_drift_bin(0, 2) == 1 &&
	       tlml_drift_bin(1, 127) == 8 + 6 && tlml_drift_bin(15, 255) == TLML_DRIFT_BINS - 1,
	       "bins are octaves of the margin, by class");
	result(!tlml_drift_psi(none, some, TLML_DRIFT_BINS) &&
	       !tlml_drift_psi(some, some, TLML_DRIFT_BINS), "nothing and alike are no drift");
	for (i = 0; i < RUNS; i++)
		wrong += psi_of(1000, false, &seed) > 0.2 || psi_of(1000, true, &seed) < 0.2;
	result(!wrong, "PSI tells changed verdicts from the same at 0.2");
}

static void test_page_hinkley(void)
{
	unsigned int i, k, early = 0, missed = 0, delay = 0;
	uint64_t seed = 2;

	for (i = 0; i < RUNS; i++) {
		struct tlml_page_hinkley p = TLML_PAGE_HINKLEY;
		int alarm = 0;

		for (k = 0; k < 600 && !alarm; k++)
			alarm = tlml_page_hinkley_add(&p, tlml_rand_below(&seed, 1000) < 3);
		early += alarm;
		for (k = 0; k < 600 && !alarm; k++)
			alarm = tlml_page_hinkley_add(&p, tlml_rand_below(&seed, 100) < 25);
		missed += !alarm;
		delay += k;
	}
	printf("# false alarms %u, missed %u of %d, mean delay %u\n", early, missed, RUNS,
	       delay / RUNS);
	result(early <= RUNS / 50 && !missed && delay / RUNS < 30,
	       "more disagreement is noticed within some audits");
}

static unsigned int sprt_says_p1(double p, uint64_t *seed, unsigned int *bits)
{
	struct tlml_sprt s = tlml_sprt_begin(0.02, 0.06, 0.01, 0.01);
	enum tlml_sprt_says says;

	do {
		says = tlml_sprt_add(&s, tlml_rand_unit(seed) < p);
		++*bits;
	} while (says == TLML_SPRT_MORE);
	return says == TLML_SPRT_P1;
}

static void test_sprt(void)
{
	unsigned int i, wrong[2] = { 0 }, bits[2] = { 0 };
	uint64_t seed = 3;

	for (i = 0; i < RUNS; i++) {
		wrong[0] += sprt_says_p1(0.02, &seed, &bits[0]);
		wrong[1] += !sprt_says_p1(0.06, &seed, &bits[1]);
	}
	printf("# wrong %u and %u of %d, after %u and %u bits\n", wrong[0], wrong[1], RUNS,
	       bits[0] / RUNS, bits[1] / RUNS);
	result(wrong[0] <= RUNS * 0.03 && wrong[1] <= RUNS * 0.03, "canaries are judged at the risks set");
	result(bits[0] / RUNS < 500 && bits[1] / RUNS < 500, "and soon");
}

static void test_chance(void)
{
	double p = tlml_paired_chance(5, 5), q = tlml_paired_chance(8, 10);

	result(p > 0.0312 && p < 0.0313 && q > 0.0546 && q < 0.0548 &&
	       tlml_paired_chance(0, 7) > 0.999 && tlml_paired_chance(600, 1000) < 1e-9,
	       "chances of coins are exact");
}

static void test_threshold(void)
{
	static struct tlml_threshold t;
	unsigned int i, asked[2] = { 0 }, all[2] = { 0 };
	uint64_t seed = 4;

	t = (struct tlml_threshold){ .rate = 0.05f, .memory = 1000 };
	result(tlml_threshold_of(&t, 0, 17) == 17, "without flows it is what it was");
	for (i = 0; i < 40000; i++) {
		unsigned int klass = i & 1;
		/* Margins shrink halfway through. */
		unsigned int margin = tlml_rand_below(&seed, i < 20000 ? 250 : 120) >> 2 * klass;
		int ask = margin < tlml_threshold_of(&t, klass, 0);

		asked[klass] += i > 24000 && ask;
		all[klass] += i > 24000;
		tlml_threshold_add(&t, klass, margin, ask);
	}
	printf("# asked about %.3f and %.3f\n", (double)asked[0] / all[0], (double)asked[1] / all[1]);
	result(asked[0] > all[0] * 0.045 && asked[0] < all[0] * 0.055 &&
	       asked[1] > all[1] * 0.045 && asked[1] < all[1] * 0.055, "each class is asked about at the rate, also after a change");
	t.rate = 0;
	result(tlml_threshold_of(&t, 0, 9) == 0, "a rate of 0 asks about none");
	t.rate = 1;
	result(tlml_threshold_of(&t, 0, 9) == 255, "a rate of 1 about all that can be");
}

int main(void)
{
	printf("KTAP version 1\n");
	test_psi();
	test_page_hinkley();
	test_sprt();
	test_chance();
	test_threshold();
	printf("1..%d\n", points);
	return !!failed;
}
