// SPDX-License-Identifier: BSD-2-Clause
/* Large models that are slow, hung, dead, restarted, wrong in any way, or come back as others. */
#include "asker.h"

/* Each fault fails a question, twice, is told in a sentence, and is over when it is over. */
static void fault(enum server_mode mode, const char *why)
{
	begin_well(1);
	servers[0].mode = mode;
	ask_many(0, 3);
	UNTIL(!unanswered);
	CHECK_EQ(ended(0, 3, -EIO), 3);
	CHECK_EQ(total("failed"), 3);
	CHECK_EQ(number_of(0, "failures"), 2);
	CHECK_SAYS(0, "why", why);
	servers[0].mode = SERVER_WELL;
	UNTIL(says(0, "state", "up"));
	ask_many(10, 3);
	UNTIL(!unanswered);
	CHECK_EQ(ended(10, 3, 0), 3);
	end();
}

static void test_garbage(void)
{
	fault(SERVER_GARBAGE, "not an HTTP response");
}

static void test_chatty(void)
{
	fault(SERVER_CHATTY, "after the end");
}

static void test_rows(void)
{
	fault(SERVER_ROWS, "shape");
}

static void test_nan(void)
{
	fault(SERVER_NAN, "no probability");
}

static void test_half(void)
{
	fault(SERVER_HALF, "half-way");
}

static void test_close(void)
{
	fault(SERVER_CLOSE, "closed without a response");
}

static void test_error(void)
{
	fault(SERVER_ERROR, "status 500: out of order");
}

static void test_refuse(void)
{
	fault(SERVER_REFUSE, "status 400: unknown input");
}

static void test_opens(void)
{
	unsigned int i;

	begin_well(1);
	servers[0].mode = SERVER_REFUSE;
	for (i = 0; says(0, "breaker", "closed") && i < 10; i++) {
		ask_many(i, 1);
		UNTIL(!unanswered || says(0, "breaker", "open"));
	}
	CHECK_SAYS(0, "state", "down");
	CHECK_SAYS(0, "why", "status 400: unknown input");
	CHECK_EQ(servers[0].requests, 3);
	CHECK_EQ(ask(100), -EHOSTDOWN);
	servers[0].mode = SERVER_WELL;
	UNTIL(!unanswered);
	CHECK_EQ(ended(0, i - 1, -EIO), i - 1);
	CHECK_EQ(ended(i - 1, 1, 0), 1);
	CHECK_SAYS(0, "breaker", "closed");
	end();
}

static void test_hang(void)
{
	prepare(1);
	options.timeout_ms = 30;
	servers[0].mode = SERVER_HANG;
	server_start(&servers[0]);
	begin();
	ask_many(0, 5);
	UNTIL(!unanswered);
	CHECK_EQ(ended(0, 5, -EIO), 5);
	CHECK_SAYS(0, "why", "no response within 30 ms");
	end();
}

/* What has expired when its request fails is not sent again. */
static void test_hang_expired(void)
{
	prepare(1);
	options.expire_ms = 100;
	options.timeout_ms = 150;
	servers[0].mode = SERVER_HANG;
	server_start(&servers[0]);
	begin();
	UNTIL(says(0, "state", "up"));
	ask_many(0, 5);
	UNTIL(!unanswered);
	CHECK_EQ(ended(0, 5, -ETIMEDOUT), 5);
	CHECK(servers[0].requests <= 1, "%u requests", servers[0].requests);
	end();
}

/* Nothing it says comes, not even what it is. */
static void test_mute(void)
{
	prepare(1);
	options.timeout_ms = 30;
	options.expire_ms = 200;
	servers[0].mode = SERVER_MUTE;
	server_start(&servers[0]);
	begin();
	ask_many(0, 5);
	UNTIL(says(0, "state", "down"));
	CHECK_SAYS(0, "why", "no response within 30 ms");
	UNTIL(!unanswered);
	CHECK_EQ(ended(0, 5, -ETIMEDOUT), 5);
	servers[0].mode = SERVER_WELL;
	UNTIL(says(0, "state", "up"));
	ask_many(5, 5);
	UNTIL(!unanswered);
	CHECK_EQ(ended(5, 5, 0), 5);
	end();
}

static void test_dead_at_start(void)
{
	prepare(1);
	begin();
	ask_many(0, 2);				/* nobody knows yet */
	UNTIL(says(0, "state", "down"));
	CHECK_SAYS(0, "why", "no such socket");
	CHECK_EQ(ask(2), -EHOSTDOWN);
	server_start(&servers[0]);
	UNTIL(!unanswered);			/* it is found by itself */
	CHECK_EQ(ended(0, 2, 0), 2);
	CHECK_SAYS(0, "state", "up");
	CHECK_SAYS(0, "breaker", "closed");
	end();
}

static void test_restart(void)
{
	unsigned int i, k;

	begin_well(1);
	for (i = 0; i < 3; i++) {
		for (k = 0; k < 400; k++) {
			ask(i * 1000 + k);
			if (k == 100)
				server_stop(&servers[0]);
			if (k == 200)
				server_start(&servers[0]);
			turn(300);
		}
		UNTIL(!unanswered && says(0, "state", "up"));
		ask_many(i * 1000 + 400, 1);
		UNTIL(!unanswered && says(0, "breaker", "closed"));
		CHECK(ended(i * 1000, 400, 0) >= 50, "%u answers", ended(i * 1000, 400, 0));
	}
	end();
}

/* Between requests nobody need notice: the end of the connection is seen when it comes. */
static void test_idle_restart(void)
{
	begin_well(1);
	for (unsigned int i = 0; i < 5; i++) {
		ask_many(i * 10, 10);
		UNTIL(!unanswered);
		server_stop(&servers[0]);
		server_start(&servers[0]);
		turn(1000);
	}
	CHECK_EQ(ended(0, 50, 0), 50);
	CHECK_EQ(number_of(0, "failures"), 0);
	end();
}

static void test_busy(void)
{
	begin_well(1);
	servers[0].mode = SERVER_BUSY;
	ask_many(0, 1);
	UNTIL(says(0, "breaker", "open"));
	CHECK(number_of(0, "retry_in_ms") > 500 && number_of(0, "retry_in_ms") <= 1500,
	      "again in %lld ms", number_of(0, "retry_in_ms"));
	CHECK_SAYS(0, "why", "status 503: queue full");
	servers[0].mode = SERVER_WELL;
	UNTIL(!unanswered);
	CHECK_EQ(ended(0, 1, 0), 1);
	end();
}

static void test_unready(void)
{
	prepare(1);
	servers[0].mode = SERVER_UNREADY;
	server_start(&servers[0]);
	begin();
	UNTIL(says(0, "state", "down"));
	CHECK_SAYS(0, "why", "not ready (status 503)");
	servers[0].mode = SERVER_WELL;
	UNTIL(says(0, "state", "up"));
	CHECK(says(0, "why", ""), "why is no text");
	end();
}

/* Nothing that was asked is lost when the first endpoint fails, and it is asked again later. */
static void test_failover(void)
{
	unsigned int before;

	begin_well(2);
	ask_many(0, 10);
	UNTIL(!unanswered);
	CHECK_EQ(servers[1].requests, 0);
	servers[0].mode = SERVER_CLOSE;
	for (unsigned int i = 10; i < 40; i++) {
		ask_many(i, 1);
		UNTIL(!unanswered);
	}
	CHECK_EQ(ended(0, 40, 0), 40);
	CHECK(servers[1].requests >= 20, "%u requests", servers[1].requests);
	servers[0].mode = SERVER_WELL;
	before = servers[0].requests;
	for (unsigned int i = 100; i < 3000 && !says(0, "breaker", "closed"); i++) {
		ask_many(i, 1);
		turn(1000);
	}
	UNTIL(!unanswered);
	CHECK(servers[0].requests > before, "the first one is not asked any more");
	before = servers[1].requests;
	ask_many(3000, 20);
	UNTIL(!unanswered);
	CHECK_EQ(servers[1].requests, before);
	end();
}

static void test_hung_failover(void)
{
	prepare(2);
	options.timeout_ms = 30;
	server_start(&servers[0]);
	server_start(&servers[1]);
	begin();
	UNTIL(says(0, "state", "up") && says(1, "state", "up"));
	servers[0].mode = SERVER_HANG;
	ask_many(0, 3);
	UNTIL(!unanswered);
	CHECK_EQ(ended(0, 3, 0), 3);
	CHECK_EQ(servers[1].rows, 3);
	end();
}

static void test_mismatch(void)
{
	prepare(1);
	servers[0].strange = 1;
	server_start(&servers[0]);
	begin();
	UNTIL(says(0, "state", "mismatch"));
	CHECK_SAYS(0, "why", "pixels");
	CHECK_EQ(ask(0), -EHOSTDOWN);
	CHECK(number_of(0, "retry_in_ms") > 10000, "again in %lld ms",
	      number_of(0, "retry_in_ms"));
	end();
	prepare(1);
	options.model = "other";
	server_start(&servers[0]);
	begin();
	UNTIL(says(0, "state", "mismatch"));
	CHECK_SAYS(0, "why", "has no model 'other' (status 404): no such thing");
	end();
}

static void test_model_change(void)
{
	begin_well(1);
	ask_many(0, 3);
	UNTIL(!unanswered);
	CHECK_EQ(items[0].classes, 2);
	servers[0].classes = 3;
	ask_many(10, 3);
	UNTIL(!unanswered);
	CHECK_EQ(ended(10, 3, 0), 3);
	CHECK_EQ(items[10].classes, 3);
	end();
}

/* Of the same shape, so that the numbers alone would not show it. */
static void test_version_change(void)
{
	begin_well(1);
	servers[0].version = 1;
	for (int i = 0; i < 3; i++) {
		ask_many(i * 10, 3);
		UNTIL(!unanswered);
	}
	CHECK_EQ(number_of(0, "failures"), 0);
	servers[0].version = 2;
	ask_many(30, 3);
	UNTIL(!unanswered);
	CHECK_EQ(ended(0, 33, 0), 12);
	CHECK_EQ(number_of(0, "failures"), 1);
	CHECK_EQ(servers[0].requests, 5);
	end();
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "garbage", test_garbage },
		{ "more than was asked for", test_chatty },
		{ "a row too many", test_rows },
		{ "NaN", test_nan },
		{ "half a response", test_half },
		{ "the connection closed instead of a response", test_close },
		{ "status 500", test_error },
		{ "status 400", test_refuse },
		{ "failures open the breaker, a success closes it", test_opens },
		{ "no response", test_hang },
		{ "no response in time", test_hang_expired },
		{ "no response to anything", test_mute },
		{ "dead at start, found later", test_dead_at_start },
		{ "restarted under load", test_restart },
		{ "restarted between requests", test_idle_restart },
		{ "503 is heeded", test_busy },
		{ "not ready, then ready", test_unready },
		{ "fails over, and returns", test_failover },
		{ "fails over from one that hangs", test_hung_failover },
		{ "a model that does not fit", test_mismatch },
		{ "a model that changes", test_model_change },
		{ "a model that only changes its version", test_version_change },
	};

	return loops_main(tests, sizeof(tests) / sizeof(tests[0]));
}
