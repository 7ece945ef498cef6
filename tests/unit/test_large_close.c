// SPDX-License-Identifier: BSD-2-Clause
/* Closing at any moment, and random faults: each question is answered once, nothing is left. */
#include "../../daemon/learn/rand.h"
#include "asker.h"

size_t __sanitizer_get_current_allocated_bytes(void);	/* gcc has it without a header */

static void test_at_once(void)
{
	prepare(2);
	begin();
	end();
}

static void test_never_run(void)
{
	prepare(1);
	server_start(&servers[0]);
	begin();
	ask_many(0, 100);
	end();
	CHECK_EQ(ended(0, 100, -ECANCELED), 100);
}

/* While it is asked what it is, and does not say. */
static void test_probing(void)
{
	prepare(1);
	servers[0].mode = SERVER_MUTE;
	server_start(&servers[0]);
	begin();
	ask_many(0, 10);
	turn(5000);
	end();
	CHECK_EQ(ended(0, 10, -ECANCELED), 10);
}

static void test_idle(void)
{
	begin_well(2);
	ask_many(0, 10);
	UNTIL(!unanswered);
	end();
}

static void test_under_way(void)
{
	prepare(1);
	options.batch = 8;
	options.window = 2;
	servers[0].mode = SERVER_HANG;
	server_start(&servers[0]);
	begin();
	ask_many(0, 40);
	UNTIL(servers[0].requests == 2);
	CHECK_EQ(number_of(0, "in_flight"), 2);
	CHECK_EQ(total("queue"), 24);
	end();
	CHECK_EQ(ended(0, 40, -ECANCELED), 40);
}

static void test_back_off(void)
{
	prepare(1);
	begin();
	ask_many(0, 4);
	UNTIL(says(0, "state", "down"));
	end();
	CHECK_EQ(ended(0, 4, -ECANCELED), 4);
}

static unsigned int close_after;

static void close_within(struct item *it)
{
	if (!closed && !--close_after) {
		on_item = NULL;
		tlml_large_close(large, on_closed);
		CHECK_EQ(ask(ITEMS - 1), -ECANCELED);
		CHECK_EQ(closed, 0);
	}
}

/* From within the answer to the n-th question, of whatever kind it is. */
static void close_from_answer(enum server_mode mode, unsigned int n)
{
	prepare(2);
	options.batch = 4;
	options.window = 2;
	options.timeout_ms = 20;
	options.expire_ms = 30;
	servers[0].mode = mode;
	servers[1].mode = mode;
	server_start(&servers[0]);
	server_start(&servers[1]);
	begin();
	close_after = n;
	on_item = close_within;
	ask_many(0, 30);
	UNTIL(closed);
	end();
}

/* A host whose name is looked up on a thread that nobody stops; it is too long to be asked for. */
static void test_name(void)
{
	static char url[128] = "http://";

	memset(url + 7, 'a', 70);
	strcpy(url + 77, ".invalid:8000");
	prepare(1);
	options.url[0] = url;
	begin();
	end();					/* not begun */
	prepare(1);
	options.url[0] = url;
	begin();
	turn(0);
	end();					/* under way, or just over */
	prepare(1);
	options.url[0] = url;
	begin();
	UNTIL(says(0, "state", "down"));
	CHECK_SAYS(0, "why", "cannot find the host of 'http:");
	CHECK_EQ(ask(0), -EHOSTDOWN);
	end();
}

static void test_from_answer(void)
{
	static const enum server_mode modes[] = {
		SERVER_WELL, SERVER_HANG, SERVER_CLOSE, SERVER_ROWS, SERVER_LAST, SERVER_FAULTS,
	};

	for (unsigned int i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		for (unsigned int n = 1; n <= 30; n += 5)
			close_from_answer(modes[i], n);
}

/* Random faults at two endpoints, one of which is stopped and started; closed in the midst. */
static void soak(uint64_t seed, unsigned int turns)
{
	unsigned int next = 0, n, i;

	prepare(2);
	options.batch = 1 + tlml_rand_below(&seed, 40);
	options.window = 1 + tlml_rand_below(&seed, 6);
	options.deadline_us = tlml_rand_below(&seed, 2000);
	options.queue = 300;
	options.expire_ms = 1 + tlml_rand_below(&seed, 200);
	options.timeout_ms = 5;
	for (i = 0; i < 2; i++) {
		servers[i].mode = SERVER_FAULTS;
		servers[i].delay_us = 3000;
		servers[i].seed = seed + i;
	}
	server_start(&servers[0]);
	server_start(&servers[1]);
	begin();
	while (turns--) {
		if (!tlml_rand_below(&seed, 50)) {
			if (servers[1].running)
				server_stop(&servers[1]);
			else
				server_start(&servers[1]);
		}
		if (!tlml_rand_below(&seed, 30))
			servers[0].classes = 2 + tlml_rand_below(&seed, 2);
		for (n = tlml_rand_below(&seed, 30); n--; next = (next + 1) % ITEMS)
			if (!items[next].asked || items[next].answers)
				ask(next);
		turn(tlml_rand_below(&seed, 1500));
	}
	end();
}

static void test_soak(void)
{
	for (unsigned int i = 1; i <= 12; i++)
		soak(i, 150);
}

/* The same memory after as before; nothing but what the batches need for a moment. */
static void test_memory(void)
{
	size_t before = 0, after = 0;
	unsigned int i;

	begin_well(1);
	for (i = 0; i < 12; i++) {
		ask_many(0, ITEMS);
		UNTIL(!unanswered);
		turn(5000);
		if (i == 3)
			before = __sanitizer_get_current_allocated_bytes();
	}
	after = __sanitizer_get_current_allocated_bytes();
	CHECK(after == before, "%zu bytes, then %zu", before, after);
	end();
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "closed before it ran", test_at_once },
		{ "closed before it ran, with questions", test_never_run },
		{ "closed while probing", test_probing },
		{ "closed when idle", test_idle },
		{ "closed with requests under way", test_under_way },
		{ "closed while backing off", test_back_off },
		{ "closed while a name is looked up", test_name },
		{ "closed from within answers", test_from_answer },
		{ "random faults, closed in the midst", test_soak },
		{ "memory does not grow", test_memory },
	};

	return loops_main(tests, sizeof(tests) / sizeof(tests[0]));
}
