// SPDX-License-Identifier: BSD-2-Clause
/* Percentiles: right to an eighth over the whole range, and of late. */
#include <stdlib.h>
#include <string.h>

#include "../../daemon/latency.h"
#include "../../daemon/learn/rand.h"
#include "../prog/tap.h"

static struct tlml_latency l;

static void clear(void)
{
	memset(&l, 0, sizeof(l));
}

static void test_none(void)
{
	clear();
	CHECK_EQ(tlml_latency_quantile(&l, 0.5), 0);
	tlml_latency_add(&l, 0);
	CHECK_EQ(tlml_latency_quantile(&l, 1), 0);
}

/* Each duration alone: the quantiles are not below it, and at most an eighth above. */
static void test_range(void)
{
	uint64_t us, got;

	for (us = 0; us < 1ull << 32; us += 1 + us / 37) {
		clear();
		tlml_latency_add(&l, us);
		got = tlml_latency_quantile(&l, 0.5);
		CHECK(got >= us && got - us <= us / 8, "%llu is told as %llu",
		      (unsigned long long)us, (unsigned long long)got);
		CHECK_EQ(tlml_latency_quantile(&l, 0), got);
		CHECK_EQ(tlml_latency_quantile(&l, 1), got);
	}
	clear();
	tlml_latency_add(&l, UINT64_MAX);
	CHECK_EQ(tlml_latency_quantile(&l, 1), UINT32_MAX);
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void test_shares(void)
{
	static uint32_t us[5000];
	static const double share[] = { 0.01, 0.5, 0.9, 0.99, 0.999 };
	uint64_t seed = 7;
	unsigned int i;

	clear();
	for (i = 0; i < 5000; i++) {
		us[i] = exp2f(20 * tlml_rand_unit(&seed));
		tlml_latency_add(&l, us[i]);
	}
	qsort(us, 5000, sizeof(us[0]), compare);
	for (i = 0; i < 5; i++) {
		uint64_t want = us[(int)(share[i] * 5000) - 1];
		uint64_t got = tlml_latency_quantile(&l, share[i]);

		CHECK(got >= want && got <= want + want / 8 + 1, "p%g is %llu, told as %llu",
		      100 * share[i], (unsigned long long)want, (unsigned long long)got);
	}
}

static void test_fades(void)
{
	unsigned int i;

	clear();
	for (i = 0; i < 100000; i++)
		tlml_latency_add(&l, 1000000);
	for (i = 0; i < 6 * TLML_LATENCY_MEMORY; i++)
		tlml_latency_add(&l, 7);
	CHECK_EQ(tlml_latency_quantile(&l, 0.99), 7);
	CHECK(l.n < TLML_LATENCY_MEMORY, "n is %u", l.n);
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "nothing measured is zero", test_none },
		{ "every duration is told within an eighth", test_range },
		{ "percentiles of many", test_shares },
		{ "what was long ago fades", test_fades },
	};

	return tap_main(tests, 4);
}
