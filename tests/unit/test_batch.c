// SPDX-License-Identifier: BSD-2-Clause
/* The queue in front of large models: order, bounds, and how long a batch waits for company. */
#include <string.h>

#include "../../daemon/batch.h"
#include "../prog/tap.h"

#define US		1000ull
#define MS		1000000ull
#define DEADLINE	(2 * MS)

static struct tlml_question q[64], *got[8];
static struct tlml_batch b;

static void begin(void)
{
	const struct tlml_large_options o = {
		.batch = 8, .deadline_us = DEADLINE / US, .expire_ms = 100,
	};

	memset(q, 0, sizeof(q));
	tlml_batch_init(&b, &o);
}

static void add(unsigned int first, unsigned int n, uint64_t now)
{
	while (n--)
		tlml_batch_add(&b, &q[first++], now);
}

/* Whether the next batch is q[first] to q[first + n - 1]. */
static int takes(unsigned int first, unsigned int n)
{
	unsigned int i, taken = tlml_batch_take(&b, got);
	int same = CHECK_EQ(taken, n);

	for (i = 0; same && i < n; i++)
		same &= CHECK(got[i] == &q[first + i], "%u: question %td", i, got[i] - q);
	return same;
}

static void test_order(void)
{
	begin();
	CHECK_EQ(tlml_batch_take(&b, got), 0);
	add(0, 13, 1);
	CHECK_EQ(b.waiting, 13);
	takes(0, 8);
	takes(8, 5);
	CHECK_EQ(b.waiting, 0);
	add(20, 2, 2);
	takes(20, 2);
}

static void test_return(void)
{
	begin();
	add(0, 10, 1);
	takes(0, 8);
	tlml_batch_return(&b, got, 8);
	takes(0, 8);
	takes(8, 2);
	tlml_batch_return(&b, got, 2);
	add(10, 1, 2);
	takes(8, 3);
	CHECK(!b.head, "something is left");
}

static void test_expiry(void)
{
	begin();
	CHECK(!tlml_batch_expire(&b, TLML_BATCH_NEVER), "a question out of nothing");
	CHECK(tlml_batch_expiry(&b) == TLML_BATCH_NEVER, "nothing expires");
	add(0, 2, 10 * MS);
	add(2, 1, 20 * MS);
	CHECK_EQ(tlml_batch_expiry(&b), 110 * MS);
	CHECK(!tlml_batch_expire(&b, 110 * MS - 1), "too soon");
	CHECK(tlml_batch_expire(&b, 110 * MS) == &q[0], "not the first");
	CHECK(tlml_batch_expire(&b, 110 * MS) == &q[1], "not the second");
	CHECK(!tlml_batch_expire(&b, 110 * MS), "too soon");
	CHECK(tlml_batch_expire(&b, TLML_BATCH_NEVER) == &q[2], "not the last");
	add(5, 1, 30 * MS);
	takes(5, 1);
}

/* Questions every gap ns from at on, all taken at once, as by an idle endpoint. */
static uint64_t arrive(uint64_t at, uint64_t gap, unsigned int n)
{
	for (; n--; at += gap) {
		add(0, 1, at);
		tlml_batch_take(&b, got);
	}
	return at;
}

static void test_rare(void)
{
	uint64_t now;

	begin();
	add(0, 1, 50 * MS);
	CHECK_EQ(tlml_batch_due(&b, 0), 50 * MS);	/* nothing is known yet */
	takes(0, 1);
	tlml_batch_took(&b, 500 * US);
	now = arrive(60 * MS, 10 * MS, 20);
	add(0, 1, now);
	CHECK_EQ(tlml_batch_due(&b, 0), now);
}

static void test_dense(void)
{
	uint64_t now;

	begin();
	tlml_batch_took(&b, 500 * US);
	now = arrive(60 * MS, 100 * US, 50);
	add(0, 1, now);
	CHECK_EQ(tlml_batch_wait(&b, 0), 500 * US);
	CHECK_EQ(tlml_batch_due(&b, 0), now + 500 * US);
	add(1, 1, now + 100 * US);
	CHECK_EQ(tlml_batch_due(&b, 0), now + 500 * US);
	add(2, 5, now + 200 * US);
	CHECK_EQ(tlml_batch_due(&b, 0), now + 500 * US);
	add(7, 1, now + 200 * US);
	CHECK(tlml_batch_due(&b, 0) <= now, "a full batch waits");
	CHECK(tlml_batch_due(&b, 3) <= now, "a full batch waits for others");
}

static void test_busy(void)
{
	begin();
	tlml_batch_took(&b, 500 * US);
	add(0, 1, 60 * MS);
	CHECK_EQ(tlml_batch_due(&b, 1), 60 * MS + DEADLINE);
	CHECK_EQ(tlml_batch_due(&b, 4), 60 * MS + DEADLINE);
	takes(0, 1);
	CHECK(tlml_batch_due(&b, 0) == TLML_BATCH_NEVER, "nothing is due");
}

static void test_slow(void)
{
	uint64_t now;

	begin();
	for (unsigned int i = 0; i < 60; i++)
		tlml_batch_took(&b, 40 * MS);
	now = arrive(MS, 5 * MS, 50);
	add(0, 1, now);
	CHECK_EQ(tlml_batch_due(&b, 0), now + DEADLINE);
}

/* After a silence the first one goes alone; when many follow, they are gathered again soon. */
static void test_silence(void)
{
	uint64_t now;

	begin();
	tlml_batch_took(&b, 500 * US);
	now = arrive(60 * MS, 100 * US, 50);
	now = arrive(now + 3600000 * MS, 100 * US, 10);
	add(0, 1, now);
	CHECK_EQ(tlml_batch_due(&b, 0), now + 500 * US);
}

static void test_learns(void)
{
	unsigned int i;

	begin();
	for (i = 0; i < 100; i++)
		tlml_batch_took(&b, 10 * MS);
	CHECK(b.service > 9900 * US && b.service <= 10 * MS, "%llu", (unsigned long long)b.service);
	for (i = 0; i < 100; i++)
		tlml_batch_took(&b, 1 * MS);
	CHECK(b.service >= 1 * MS && b.service < 1010 * US, "%llu", (unsigned long long)b.service);
	tlml_batch_took(&b, 1000 * MS);
	CHECK(b.service < 1150 * US, "%llu", (unsigned long long)b.service);
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "first come, first out, in batches", test_order },
		{ "what failed goes back to the front", test_return },
		{ "the oldest expire, and no others", test_expiry },
		{ "rare questions go at once", test_rare },
		{ "where company is likely they wait as long as a request takes", test_dense },
		{ "while requests are under way the batch grows, up to the deadline", test_busy },
		{ "no wait exceeds the deadline, however slow the model", test_slow },
		{ "a silence is soon forgotten", test_silence },
		{ "follows what requests take", test_learns },
	};

	return tap_main(tests, 9);
}
