/* SPDX-License-Identifier: BSD-2-Clause */
/* One who asks large models in tests, and holds the answers to what was promised. */
#ifndef TLML_TEST_ASKER_H
#define TLML_TEST_ASKER_H

#include <errno.h>
#include <math.h>

#include "../../daemon/large.h"
#include "loops.h"
#include "server.h"

#define ITEMS		4096
#define PATIENCE_MS	20000	/* for what must happen in the end */

/* A question, and what became of it. */
struct item {
	struct tlml_question q;
	struct tlml_case c;
	int asked, answers, err;
	unsigned int classes;
};

static struct item items[ITEMS];
static struct server servers[2];
static struct tlml_large_options options;
static struct tlml_large *large;
static unsigned int unanswered, closed;
static void (*on_item)(struct item *it);	/* after each answer */

static inline void on_answer(void *arg, struct tlml_question *q, int err, const float *p,
			     const struct tlml_oip_plan *plan)
{
	struct item *it = (struct item *)q;

	CHECK(arg == &options, "not our argument");
	CHECK(it->asked && !it->answers++, "question %td: answer %d", it - items, it->answers);
	it->err = err;
	unanswered--;
	if (!err) {
		float want = it->c.record.x[0] / 255.0f;

		CHECK(fabsf(p[0] - want) < 1e-4f && fabsf(p[0] + p[1] - 1) < 1e-4f,
		      "question %td: %g, %g", it - items, p[0], p[1]);
		CHECK(!strcmp(plan->klass[1], "bad"), "%s", plan->klass[1]);
		it->classes = plan->classes;
	} else {
		CHECK(!p && !plan, "probabilities with an error");
	}
	if (on_item)
		on_item(it);
}

static inline int ask(unsigned int i)
{
	struct item *it = &items[i];
	int err;

	*it = (struct item){ .q.subject = &it->c, .asked = 1 };
	it->c.record.x[0] = i * 7 % 128;
	unanswered++;
	err = tlml_large_ask(large, &it->q);
	if (err) {
		unanswered--;
		it->asked = 0;
	}
	return err;
}

static inline void ask_many(unsigned int first, unsigned int n)
{
	while (n--)
		CHECK_EQ(ask(first++), 0);
}

/* How many of these have ended so. */
static inline unsigned int ended(unsigned int first, unsigned int n, int err)
{
	unsigned int i, with = 0;

	for (i = first; i < first + n; i++)
		with += items[i].answers == 1 && items[i].err == err;
	return with;
}

static inline void turn_over(struct tlml_op *op, int res)
{
	tlml_loop_stop(loop);
}

static inline void turn(unsigned int us)
{
	struct tlml_op op = { .done = turn_over };

	tlml_loop_timer(loop, &op, tlml_loop_now() + us * 1000ull);
	CHECK(!tlml_loop_run(loop, &error), "%s", error.text);
}

#define UNTIL(held)							\
do {									\
	uint64_t until_end = tlml_loop_now() + PATIENCE_MS * MS;	\
	while (!(held) && tlml_loop_now() < until_end)			\
		turn(500);						\
	CHECK(held, "it did not happen");				\
} while (0)

/* What the status says of the whole, and of endpoint i. */
static inline long long total(const char *key)
{
	json_t *o = tlml_large_status(large);
	long long v = json_integer_value(json_object_get(o, key));

	json_decref(o);
	return v;
}

static inline long long number_of(unsigned int i, const char *key)
{
	json_t *o = tlml_large_status(large);
	json_t *e = json_array_get(json_object_get(o, "endpoints"), i);
	long long v = json_integer_value(json_object_get(e, key));

	json_decref(o);
	return v;
}

/* Whether a text of endpoint i has such a part. */
static inline int says(unsigned int i, const char *key, const char *part)
{
	json_t *o = tlml_large_status(large);
	json_t *e = json_array_get(json_object_get(o, "endpoints"), i);
	const char *text = json_string_value(json_object_get(e, key));
	int held = text && strstr(text, part);

	json_decref(o);
	return held;
}

#define CHECK_SAYS(i, key, part)	do {						\
	json_t *said = tlml_large_status(large);					\
	CHECK(says(i, key, part), "%s", json_dumps(json_array_get(json_object_get(said,	\
	      "endpoints"), i), 0));							\
	json_decref(said);								\
} while (0)

static inline void on_closed(void *arg)
{
	CHECK(arg == &options, "not our argument");
	CHECK_EQ(unanswered, 0);
	closed++;
}

/* Options that wait for nothing long; servers that are not running yet. */
static inline void prepare(unsigned int urls)
{
	static char url[2][sizeof(servers[0].path) + 8];
	unsigned int i;

	options = (struct tlml_large_options){
		.urls = urls, .model = "tlml", .batch = 64, .deadline_us = 1000, .window = 4,
		.queue = ITEMS, .expire_ms = 10000, .timeout_ms = 5000,
	};
	for (i = 0; i < 2; i++) {
		servers[i] = (struct server){ .classes = 2, .seed = i };
		snprintf(servers[i].path, sizeof(servers[i].path), "/tmp/tlml-large.%d.%u",
			 getpid(), i);
		strcpy(url[i], "unix://");
		strcat(url[i], servers[i].path);
		options.url[i] = url[i];
	}
	on_item = NULL;
	closed = 0;
	memset(items, 0, sizeof(items));
}

static inline void begin(void)
{
	CHECK(!tlml_large_new(loop, &options, on_answer, &options, &large, &error), "%s",
	      error.text);
}

/* The usual start: servers that are well, and known to be. */
static inline void begin_well(unsigned int urls)
{
	prepare(urls);
	for (unsigned int i = 0; i < urls; i++)
		server_start(&servers[i]);
	begin();
	for (unsigned int i = 0; i < urls; i++)
		UNTIL(says(i, "state", "up"));
}

static inline void end(void)
{
	if (!closed)
		tlml_large_close(large, on_closed);
	UNTIL(closed);
	turn(2000);
	CHECK_EQ(closed, 1);
	CHECK_EQ(unanswered, 0);
	tlml_large_free(large);
	server_stop(&servers[0]);
	server_stop(&servers[1]);
}

#endif
