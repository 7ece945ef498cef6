// SPDX-License-Identifier: BSD-2-Clause
/* The circuit breaker: when it opens, for how long, and what closes it. */
#include "../../daemon/breaker.h"
#include "../prog/tap.h"

#define MS	1000000ull
#define NOW	5000000000ull

static struct tlml_breaker b;

static void fail(unsigned int n)
{
	while (n--)
		tlml_breaker_failure(&b, NOW);
}

static void succeed(unsigned int n)
{
	while (n--)
		tlml_breaker_success(&b);
}

static void test_run(void)
{
	tlml_breaker_init(&b, 1);
	CHECK_EQ(b.state, TLML_BREAKER_CLOSED);
	fail(TLML_BREAKER_RUN - 1);
	succeed(1);
	fail(TLML_BREAKER_RUN - 1);
	CHECK_EQ(b.state, TLML_BREAKER_CLOSED);
	fail(1);
	CHECK_EQ(b.state, TLML_BREAKER_OPEN);
	CHECK(b.until > NOW, "it opens for no time");
}

/* Two in three fail, never three in a row. */
static void test_share(void)
{
	unsigned int i;

	tlml_breaker_init(&b, 1);
	for (i = 0; i < TLML_BREAKER_PAST - 1; i++)
		i % 3 ? fail(1) : succeed(1);
	CHECK_EQ(b.state, TLML_BREAKER_CLOSED);
	for (i = 0; i < 3 && b.state == TLML_BREAKER_CLOSED; i++)
		fail(1);
	CHECK_EQ(b.state, TLML_BREAKER_OPEN);
	CHECK(i < 3, "only the run of failures opened it");
	tlml_breaker_init(&b, 1);
	for (i = 0; i < 1000; i++)
		i % 3 ? succeed(1) : fail(1);
	CHECK_EQ(b.state, TLML_BREAKER_CLOSED);
}

static void test_half_open(void)
{
	tlml_breaker_init(&b, 1);
	tlml_breaker_try(&b);
	CHECK_EQ(b.state, TLML_BREAKER_CLOSED);
	fail(TLML_BREAKER_RUN);
	succeed(1);
	fail(1);
	CHECK_EQ(b.state, TLML_BREAKER_OPEN);
	CHECK_EQ(b.opened, 1);
	tlml_breaker_try(&b);
	CHECK_EQ(b.state, TLML_BREAKER_HALF_OPEN);
	fail(1);
	CHECK_EQ(b.state, TLML_BREAKER_OPEN);
	CHECK_EQ(b.opened, 2);
	tlml_breaker_try(&b);
	succeed(1);
	CHECK_EQ(b.state, TLML_BREAKER_CLOSED);
	fail(TLML_BREAKER_RUN - 1);
	CHECK_EQ(b.state, TLML_BREAKER_CLOSED);
	fail(1);
	CHECK_EQ(b.opened, 1);
}

static void test_back_off(void)
{
	uint64_t most = TLML_BREAKER_FIRST_MS * MS, ns, first = 0;
	unsigned int i, other = 0;

	tlml_breaker_init(&b, 42);
	for (i = 0; i < 40; i++) {
		tlml_breaker_open(&b, NOW);
		ns = b.until - NOW;
		CHECK(ns >= most / 2 && ns <= most, "time %u: %llu ns of %llu", i,
		      (unsigned long long)ns, (unsigned long long)most);
		most = most * 2 > TLML_BREAKER_MAX_MS * MS ? TLML_BREAKER_MAX_MS * MS : most * 2;
	}
	for (i = 0; i < 10; i++) {
		tlml_breaker_init(&b, i);
		tlml_breaker_open(&b, NOW);
		first = first ? first : b.until;
		other += b.until != first;
	}
	CHECK(other > 5, "there is no jitter");
}

static void test_hold(void)
{
	unsigned int i;

	for (i = 0; i < 20; i++) {
		tlml_breaker_init(&b, i);
		tlml_breaker_hold(&b, NOW, 2000 * MS);
		CHECK(b.until >= NOW + 2000 * MS && b.until <= NOW + 3000 * MS, "until %llu",
		      (unsigned long long)b.until);
		tlml_breaker_hold(&b, NOW, 86400000 * MS);
		CHECK(b.until <= NOW + TLML_BREAKER_MAX_MS * MS * 3 / 2, "until %llu",
		      (unsigned long long)b.until);
		CHECK_EQ(b.state, TLML_BREAKER_OPEN);
	}
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "opens after failures in a row", test_run },
		{ "opens when half of the last requests failed", test_share },
		{ "half-open, one outcome decides", test_half_open },
		{ "backs off, longer each time, with jitter", test_back_off },
		{ "holds for as long as it was told, within bounds", test_hold },
	};

	return tap_main(tests, 5);
}
