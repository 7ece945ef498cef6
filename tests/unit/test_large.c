// SPDX-License-Identifier: BSD-2-Clause
/* Asking large models that are well: batches, order of preference, bounds, status. */
#include "../../daemon/large_impl.h"
#include "asker.h"

static void test_answers(void)
{
	unsigned int i;

	begin_well(1);
	CHECK_SAYS(0, "breaker", "closed");
	CHECK_SAYS(0, "version", "7");
	ask_many(0, 500);
	UNTIL(!unanswered);
	CHECK_EQ(ended(0, 500, 0), 500);
	for (i = 500; i < 520; i++) {
		ask_many(i, 1);
		UNTIL(!unanswered);
	}
	CHECK_EQ(ended(500, 20, 0), 20);
	CHECK(servers[0].largest == 64, "a request of %u", servers[0].largest);
	CHECK_EQ(total("asked"), 520);
	CHECK_EQ(total("answered"), 520);
	CHECK_EQ(total("batches"), servers[0].requests);
	CHECK_EQ(number_of(0, "answers"), 520);
	CHECK_EQ(number_of(0, "requests"), servers[0].requests);
	CHECK_EQ(number_of(0, "failures") + total("queue") + number_of(0, "in_flight"), 0);
	CHECK_SAYS(0, "state", "up");
	end();
}

static void test_json(void)
{
	begin_well(1);
	servers[0].mode = SERVER_JSON;		/* though asked for binary ones */
	ask_many(0, 70);
	UNTIL(!unanswered);
	end();
	prepare(1);
	servers[0].plain = 1;			/* does not say that it knows them */
	server_start(&servers[0]);
	begin();
	ask_many(100, 70);
	UNTIL(!unanswered);
	CHECK_EQ(ended(0, 70, 0) + ended(100, 70, 0), 70);
	end();
}

static void test_pieces(void)
{
	begin_well(1);
	servers[0].mode = SERVER_DRIP;
	ask_many(0, 10);
	UNTIL(!unanswered);
	CHECK_EQ(ended(0, 10, 0), 10);
	servers[0].mode = SERVER_LAST;
	for (unsigned int i = 0; i < 10; i++) {
		ask_many(10 + i, 1);
		UNTIL(!unanswered);
	}
	CHECK_EQ(ended(10, 10, 0), 10);
	CHECK_EQ(number_of(0, "failures"), 0);
	end();
}

/* Requests that do not fit the socket's buffer. */
static void test_long_requests(void)
{
	int least = 1;

	prepare(1);
	options.batch = 256;
	options.window = 1;
	servers[0].plain = 1;
	server_start(&servers[0]);
	begin();
	UNTIL(says(0, "state", "up"));
	CHECK(!setsockopt(large->endpoint[0].request[0].conn.fd, SOL_SOCKET, SO_SNDBUF, &least,
			  sizeof(least)), "%s", strerror(errno));
	ask_many(0, 1024);
	UNTIL(!unanswered);
	CHECK_EQ(ended(0, 1024, 0), 1024);
	CHECK_EQ(servers[0].largest, 256);
	servers[0].mode = SERVER_EARLY;		/* its answer comes while there is more to send */
	ask_many(0, 256);
	UNTIL(number_of(0, "failures") == 1);
	CHECK_SAYS(0, "why", "status 500: too much");
	servers[0].mode = SERVER_WELL;
	UNTIL(!unanswered);
	CHECK_EQ(ended(0, 256, 0), 256);
	end();
}

static void test_tcp(void)
{
	char url[40];

	prepare(1);
	servers[0].port = 1;
	server_start(&servers[0]);
	snprintf(url, sizeof(url), "http://[::1]:%u", servers[0].port);
	options.url[0] = url;
	begin();
	ask_many(0, 500);
	UNTIL(!unanswered);
	CHECK_EQ(ended(0, 500, 0), 500);
	server_stop(&servers[0]);
	ask_many(500, 1);
	UNTIL(says(0, "breaker", "open"));
	CHECK_SAYS(0, "why", "nobody listens there");
	end();
}

/* It is looked at now and then, so that a model that others changed is not taken for the old. */
static void test_check(void)
{
	struct tlml_endpoint *e;

	begin_well(1);
	e = &large->endpoint[0];
	ask_many(0, 10);
	UNTIL(!unanswered);
	CHECK(e->wake > tlml_loop_now() + 20000 * MS, "it is looked at all the time");
	servers[0].classes = 3;
	e->wake = 0;
	tlml_loop_cancel(loop, &e->timer);
	UNTIL(e->plan.classes == 3 && e->state == TLML_ENDPOINT_UP);
	ask_many(10, 10);
	UNTIL(!unanswered);
	CHECK_EQ(items[10].classes, 3);
	CHECK_EQ(number_of(0, "failures"), 0);
	servers[0].mode = SERVER_UNREADY;
	e->wake = 0;
	tlml_loop_cancel(loop, &e->timer);
	UNTIL(says(0, "state", "down"));
	end();
}

/* While the window is full the batch grows; never more requests than that are under way. */
static void test_window(void)
{
	prepare(1);
	options.window = 2;
	options.batch = 16;
	options.deadline_us = 0;
	servers[0].mode = SERVER_SLOW;
	servers[0].delay_us = 30000;
	server_start(&servers[0]);
	begin();
	UNTIL(says(0, "state", "up"));
	ask_many(0, 1);
	UNTIL(servers[0].requests == 1);
	ask_many(1, 1);
	UNTIL(servers[0].requests == 2);
	ask_many(2, 20);
	CHECK_EQ(number_of(0, "in_flight"), 2);
	turn(5000);
	CHECK_EQ(servers[0].requests, 2);
	UNTIL(!unanswered);
	CHECK_EQ(ended(0, 22, 0), 22);
	CHECK_EQ(servers[0].requests, 4);
	CHECK_EQ(servers[0].largest, 16);
	end();
}

static void test_deadline(void)
{
	prepare(1);
	options.deadline_us = 500000;
	servers[0].mode = SERVER_SLOW;
	servers[0].delay_us = 3000000;
	server_start(&servers[0]);
	begin();
	UNTIL(says(0, "state", "up"));
	ask_many(0, 1);
	UNTIL(servers[0].requests == 1);	/* the first one goes at once */
	ask_many(1, 1);
	turn(1000);
	ask_many(2, 3);
	turn(5000);
	CHECK_EQ(total("queue"), 4);		/* those behind it wait for company ... */
	UNTIL(servers[0].requests == 2);	/* ... and no longer than that */
	CHECK_EQ(servers[0].rows, 5);
	end();
}

static void test_queue_full(void)
{
	prepare(1);
	options.queue = 10;
	servers[0].mode = SERVER_HANG;
	server_start(&servers[0]);
	begin();
	ask_many(0, 10);
	CHECK_EQ(ask(10), -ENOBUFS);
	UNTIL(servers[0].requests);
	CHECK_EQ(ask(11), -ENOBUFS);
	CHECK_EQ(total("refused"), 2);
	end();
	CHECK_EQ(ended(0, 10, -ECANCELED), 10);
}

static void test_expiry(void)
{
	prepare(1);
	options.expire_ms = 200;
	options.window = 1;
	servers[0].mode = SERVER_SLOW;
	servers[0].delay_us = 600000;
	server_start(&servers[0]);
	begin();
	UNTIL(says(0, "state", "up"));
	ask_many(0, 1);
	UNTIL(servers[0].requests == 1);
	ask_many(1, 5);
	UNTIL(ended(1, 5, -ETIMEDOUT) == 5);
	CHECK_EQ(unanswered, 1);		/* the one under way is not given up */
	CHECK_EQ(total("expired"), 5);
	UNTIL(!unanswered);
	CHECK_EQ(ended(0, 1, 0), 1);
	end();
}

/* The second endpoint gets full batches only, and only while the window of the first is full. */
static void test_spill(void)
{
	prepare(2);
	options.window = 1;
	options.batch = 4;
	options.deadline_us = 0;
	servers[0].mode = SERVER_SLOW;
	servers[0].delay_us = 50000;
	server_start(&servers[0]);
	server_start(&servers[1]);
	begin();
	UNTIL(says(0, "state", "up") && says(1, "state", "up"));
	ask_many(0, 4);
	UNTIL(servers[0].requests == 1);
	ask_many(4, 3);
	turn(5000);
	CHECK_EQ(servers[1].requests, 0);
	CHECK_EQ(total("queue"), 3);
	ask_many(7, 2);
	UNTIL(servers[1].requests == 1);
	CHECK_EQ(servers[1].rows, 4);
	UNTIL(!unanswered);
	CHECK_EQ(servers[1].rows, 4);
	CHECK_EQ(ended(0, 9, 0), 9);
	end();
}

static unsigned int more;

static void ask_another(struct item *it)
{
	if (it->err || more >= 300)
		return;
	CHECK_EQ(ask(1000 + more++), 0);
}

static void test_ask_from_answer(void)
{
	begin_well(1);
	more = 0;
	on_item = ask_another;
	ask_many(0, 20);
	UNTIL(!unanswered);
	CHECK_EQ(ended(1000, 300, 0), 300);
	end();
}

static void test_bad_options(void)
{
	prepare(2);
	options.url[1] = "https://192.0.2.1:443";
	CHECK_EQ(tlml_large_new(loop, &options, on_answer, NULL, &large, &error), -EINVAL);
	CHECK(strstr(error.text, "TLS proxy"), "%s", error.text);
	prepare(1);
	options.model = "tlml/infer HTTP/1.1";
	CHECK_EQ(tlml_large_new(loop, &options, on_answer, NULL, &large, &error), -EINVAL);
	CHECK(strstr(error.text, "model's name"), "%s", error.text);
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "every question gets its own answer", test_answers },
		{ "answers in JSON", test_json },
		{ "answers in pieces, and connections that end", test_pieces },
		{ "requests that are sent in parts", test_long_requests },
		{ "answers over TCP", test_tcp },
		{ "an endpoint that is up is looked at now and then", test_check },
		{ "no more requests under way than the window", test_window },
		{ "a batch waits for company up to the deadline", test_deadline },
		{ "a full queue refuses", test_queue_full },
		{ "old questions are dropped", test_expiry },
		{ "spills full batches over to the next endpoint", test_spill },
		{ "asks again from within an answer", test_ask_from_answer },
		{ "bad URLs and names get a sentence", test_bad_options },
	};

	return loops_main(tests, sizeof(tests) / sizeof(tests[0]));
}
