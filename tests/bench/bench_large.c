// SPDX-License-Identifier: BSD-2-Clause
/*
 * What asking the large model costs beside the model itself: answers per second of a model that
 * computes nothing, time and CPU on top of what the default model takes for a batch of 64, and how
 * long a question takes at a moderate rate. Medians of interleaved rounds; ratios carry over to
 * other machines.
 */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "../../daemon/conn.h"
#include "../../daemon/large.h"
#include "../../daemon/learn/rand.h"
#include "served.h"

#define ROUNDS		5
#define BATCH		64
#define WINDOW		4
#define DEADLINE_US	2000
#define NULL_BATCHES	2000	/* of a round */
#define BUSY_BATCHES	600
#define ALONE_BATCHES	200
#define RATE		10000	/* questions per second, at random */
#define RATE_ASKED	20000	/* of a round */
#define MS		1000000ull

struct item {
	struct tlml_question q;
	struct tlml_case c;
	uint64_t due;		/* when it was to be asked */
	double took_us;
};

/* A tlml-large, and who asks it. */
struct side {
	struct served server;
	struct tlml_large *large;
};

enum { COMPUTE_US, BUSY_US, BUSY_SHARE, CPU_SHARE, ALONE_US, ALONE_SHARE, P50_US, P99_US,
       P99_LIMIT_US, P99_SHARE, ANSWERS, CLIENT_US, SERVER_US, ANSWERS_EPOLL, ROWS };

static const struct { const char *key, *title; } rows[ROWS] = {
	[COMPUTE_US] = { "compute_us", "the default model computes 64 flows, us" },
	[BUSY_US] = { "busy_us", "it answers 64 questions when there are always more, us" },
	[BUSY_SHARE] = { "busy_share", "which is on top of its own time, share of it" },
	[CPU_SHARE] = { "cpu_share", "CPU of both on top of its own time, share of it" },
	[ALONE_US] = { "alone_us", "it answers 64 questions when there are no others, us" },
	[ALONE_SHARE] = { "alone_share", "which is on top of its own time, share of it" },
	[P50_US] = { "p50_us", "a question at 10,000/s, us, p50" },
	[P99_US] = { "p99_us", "a question at 10,000/s, us, p99" },
	[P99_LIMIT_US] = { "p99_limit_us", "the deadline and twice the model's time, us" },
	[P99_SHARE] = { "p99_share", "p99, share of that" },
	[ANSWERS] = { "null_answers", "answers/s of a null model, io_uring" },
	[CLIENT_US] = { "null_client_us", "CPU per 64 questions then, us: who asks" },
	[SERVER_US] = { "null_server_us", "and the server" },
	[ANSWERS_EPOLL] = { "null_answers_epoll", "answers/s of a null model, epoll" },
};

static double value[ROWS][ROUNDS];
static struct item items[RATE_ASKED];
static struct side model = { { "default" } }, null = { { "null" } };
static struct tlml_loop *loop;
static struct tlml_error error;
static unsigned int more;	/* questions that are asked when an answer comes */
static unsigned int awaited;	/* answers until the loop stops */

static int die(const char *what)
{
	fprintf(stderr, "bench_large: %s: %s\n", what, error.text[0] ? error.text : strerror(errno));
	exit(1);
}

static void run(void)
{
	if (tlml_loop_run(loop, &error))
		die("loop");
}

static void ask(struct side *s, struct item *it)
{
	it->q.subject = &it->c;
	if (tlml_large_ask(s->large, &it->q))
		die("a question was refused");
}

static void on_answer(void *arg, struct tlml_question *q, int err, const float *p,
		      const struct tlml_oip_plan *plan)
{
	struct item *it = (struct item *)q;

	if (err && err != -ECANCELED)
		die("a question was not answered");
	it->took_us = (tlml_loop_now() - it->due) / 1000.0;
	if (more) {
		more--;
		ask(arg, it);
	}
	if (!--awaited)
		tlml_loop_stop(loop);
}

/* --- asking, and no longer --- */

static void on_closed(void *arg)
{
	tlml_loop_stop(loop);
}

static void turn_over(struct tlml_op *op, int res)
{
	tlml_loop_stop(loop);
}

static void turn(uint64_t ns)
{
	struct tlml_op op = { .done = turn_over };

	tlml_loop_timer(loop, &op, tlml_loop_now() + ns);
	run();
}

/* 1 if it is up, else its reason in error. */
static int is_up(const struct side *s)
{
	json_t *status = tlml_large_status(s->large);
	const json_t *e = json_array_get(json_object_get(status, "endpoints"), 0);
	int up = !strcmp(json_string_value(json_object_get(e, "state")), "up");

	snprintf(error.text, sizeof(error.text), "%s",
		 up ? "" : json_string_value(json_object_get(e, "why")));
	json_decref(status);
	return up;
}

static void join(struct side *s)
{
	const struct tlml_large_options o = {
		.url = { s->server.url }, .urls = 1, .model = "tlml", .batch = BATCH, .window = WINDOW,
		.deadline_us = DEADLINE_US, .queue = RATE_ASKED, .expire_ms = 5000,
		.timeout_ms = 5000,
	};

	if (tlml_large_new(loop, &o, on_answer, s, &s->large, &error))
		die(s->server.url);
	for (unsigned int i = 0; !is_up(s); i++) {
		if (i == 500)
			die(s->server.url);
		turn(10 * MS);
	}
}

static void leave(struct side *s)
{
	tlml_large_close(s->large, on_closed);
	run();
	tlml_large_free(s->large);
}

static int checked(struct tlml_conn *c)
{
	return 0;
}

static void on_done(struct tlml_conn *c, int err)
{
	if (err)
		error = c->why;
	tlml_conn_shut(c);
}

static void on_gone(struct tlml_conn *c)
{
	tlml_loop_stop(loop);
}

/* What the server says that its model computed so far, in us. */
static double computed(struct side *s)
{
	static struct tlml_conn c;
	struct tlml_url url;
	json_t *o, *stats;
	double us;

	error.text[0] = 0;
	if (tlml_url_parse(s->server.url, &url, &error))
		die(s->server.url);
	c = (struct tlml_conn){ .loop = loop, .url = &url, .timeout_ms = 5000, .check = checked,
				.done = on_done, .gone = on_gone };
	tlml_conn_init(&c);
	strcpy(c.head, "GET /v2/models/tlml/stats HTTP/1.1\r\nHost: localhost\r\n\r\n");
	tlml_conn_request(&c, NULL, 0);
	run();
	if (error.text[0])
		die("stats");
	o = json_loadb(c.http.body, c.http.len, 0, NULL);
	stats = json_object_get(json_array_get(json_object_get(o, "model_stats"), 0),
				"inference_stats");
	stats = json_object_get(stats, "compute_infer");
	us = json_number_value(json_object_get(stats, "ns")) / 1e3;
	json_decref(o);
	tlml_conn_free(&c);
	return us;
}

/* --- what is measured --- */

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double quantile(double *v, unsigned int n, double share)
{
	qsort(v, n, sizeof(v[0]), ascending);
	return v[(unsigned int)((n - 1) * share)];
}

/* us per batch if somebody always asks again: enough for each request to be full. */
static double batch_us(struct side *s, unsigned int batches)
{
	unsigned int outstanding = BATCH * (WINDOW + 2);
	uint64_t begun = tlml_loop_now();

	awaited = batches * BATCH;
	more = awaited - outstanding;
	while (outstanding--)
		ask(s, &items[outstanding]);
	run();
	return (tlml_loop_now() - begun) / 1000.0 / batches;
}

static void null_model(enum tlml_loop_kind kind, int round)
{
	double client = -served_cpu(getpid()), server = -served_cpu(null.server.worker);

	value[kind == TLML_LOOP_EPOLL ? ANSWERS_EPOLL : ANSWERS][round] =
		BATCH * 1e6 / batch_us(&null, NULL_BATCHES);
	client += served_cpu(getpid());
	server += served_cpu(null.server.worker);
	if (kind == TLML_LOOP_EPOLL)
		return;
	value[CLIENT_US][round] = client / NULL_BATCHES;
	value[SERVER_US][round] = server / NULL_BATCHES;
}

static void busy(int round)
{
	double compute = -computed(&model);
	double cpu = -served_cpu(getpid()) - served_cpu(model.server.worker);

	value[BUSY_US][round] = batch_us(&model, BUSY_BATCHES);
	cpu += served_cpu(getpid()) + served_cpu(model.server.worker);
	compute += computed(&model);
	value[COMPUTE_US][round] = compute / BUSY_BATCHES;
	value[BUSY_SHARE][round] = value[BUSY_US][round] / value[COMPUTE_US][round] - 1;
	value[CPU_SHARE][round] = cpu / compute - 1;
}

static void alone(int round)
{
	static double took[ALONE_BATCHES];
	double compute = -computed(&model);

	for (unsigned int i = 0; i < ALONE_BATCHES; i++) {
		uint64_t begun = tlml_loop_now();

		awaited = BATCH;
		for (unsigned int k = 0; k < BATCH; k++)
			ask(&model, &items[k]);
		run();
		took[i] = (tlml_loop_now() - begun) / 1000.0;
	}
	compute += computed(&model);
	value[ALONE_US][round] = quantile(took, ALONE_BATCHES, 0.5);
	value[ALONE_SHARE][round] = value[ALONE_US][round] / (compute / ALONE_BATCHES) - 1;
}

static struct tlml_op arrival;
static uint64_t next_ns, seed = 1;
static unsigned int arrived;

static void on_arrival(struct tlml_op *op, int res)
{
	for (; arrived < RATE_ASKED && next_ns <= tlml_loop_now(); arrived++) {
		items[arrived].due = next_ns;
		ask(&model, &items[arrived]);
		next_ns += (uint64_t)(-logf(1 - tlml_rand_unit(&seed)) * 1e9f / RATE);
	}
	if (arrived < RATE_ASKED)
		tlml_loop_timer(loop, op, next_ns);
}

/* From when a question comes to its answer; questions come when they come, not when asked for. */
static void at_rate(int round)
{
	static double took[RATE_ASKED];

	arrived = 0;
	awaited = RATE_ASKED;
	arrival = (struct tlml_op){ .done = on_arrival };
	next_ns = tlml_loop_now();
	tlml_loop_timer(loop, &arrival, next_ns);
	run();
	for (unsigned int i = 0; i < RATE_ASKED; i++)
		took[i] = items[i].took_us;
	value[P50_US][round] = quantile(took, RATE_ASKED, 0.5);
	value[P99_US][round] = quantile(took, RATE_ASKED, 0.99);
	value[P99_LIMIT_US][round] = DEADLINE_US + 2 * value[COMPUTE_US][round];
	value[P99_SHARE][round] = value[P99_US][round] / value[P99_LIMIT_US][round];
}

static void on_loop(enum tlml_loop_kind kind, int round)
{
	if (tlml_loop_new(kind, &loop, &error))
		die("loop");
	join(&null);
	null_model(kind, round);
	leave(&null);
	if (kind != TLML_LOOP_EPOLL) {
		join(&model);
		busy(round);
		alone(round);
		at_rate(round);
		leave(&model);
	}
	tlml_loop_free(loop);
}

/* The bounds that the design set, met or not. */
static void targets(void)
{
	const struct {
		const char *what;
		double is, limit;
		int at_least;
	} t[] = {
		{ "answers/s of a null model", value[ANSWERS][0], 20000, 1 },
		{ "time on top of a busy model's, percent", value[BUSY_SHARE][0] * 100, 5, 0 },
		{ "p99 of a question, percent of what it may be", value[P99_SHARE][0] * 100, 100, 0 },
	};

	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		printf("%-52s %9.1f  (%s %.0f) %s\n", t[i].what, t[i].is,
		       t[i].at_least ? "at least" : "at most", t[i].limit,
		       (t[i].at_least ? t[i].is >= t[i].limit : t[i].is <= t[i].limit) ? "met" : "MISSED");
}

/* Also when something went wrong. */
static void end_servers(void)
{
	served_end(&null.server);
	served_end(&model.server);
}

int main(int argc, char **argv)
{
	json_t *j = json_object();

	if (argc != 3)
		return fprintf(stderr, "usage: bench_large TLML_LARGE OUT.json\n"), 2;
	atexit(end_servers);
	/* The servers, too: others on the machine may cost cache, but should not cost the CPU. */
	sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){ .sched_priority = 50 });
	served_start(&null.server, argv[1], "a,b,c,d");
	served_start(&model.server, argv[1], NULL);
	for (int round = 0; round < ROUNDS; round++) {
		on_loop(TLML_LOOP_AUTO, round);
		on_loop(TLML_LOOP_EPOLL, round);
	}
	for (unsigned int i = 0; i < ROWS; i++) {
		value[i][0] = quantile(value[i], ROUNDS, 0.5);
		json_object_set_new(j, rows[i].key, json_real(value[i][0]));
		printf("%-52s %9.*f\n", rows[i].title, value[i][0] < 10 ? 3 : 0, value[i][0]);
	}
	putchar('\n');
	targets();
	if (json_dump_file(j, argv[2], JSON_INDENT(1)))
		return perror(argv[2]), 1;
	json_decref(j);
	return 0;
}
