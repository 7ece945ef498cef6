// SPDX-License-Identifier: BSD-2-Clause
/* The workers' queue: every flow is computed once, in chunks; full is full; failures stay alone. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../daemon/largeml/queue.h"
#include "../prog/tap.h"

#define JOBS	64
#define FLOWS	1024

static struct tlml_queue *queue;
static struct tlml_error error;

/* An engine that notes what it is asked, and waits or fails where it is told to. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t change;
	int closed, passes, inside, most, chunks, largest;	/* a gate, and who stands at it */
	unsigned int workers;				/* bits of those that came */
} gate = { .lock = PTHREAD_MUTEX_INITIALIZER, .change = PTHREAD_COND_INITIALIZER };

static int gate_run(void *state, unsigned int worker, const struct tlml_rows *rows,
		    unsigned int n, float *p, struct tlml_error *e)
{
	const float *x = rows->value[TLML_INPUT_FEATURES];
	unsigned int i;

	pthread_mutex_lock(&gate.lock);
	gate.chunks++;
	gate.workers |= 1u << worker;
	gate.inside++;
	gate.most = gate.inside > gate.most ? gate.inside : gate.most;
	gate.largest = (int)n > gate.largest ? (int)n : gate.largest;
	pthread_cond_broadcast(&gate.change);
	while (gate.closed && !gate.passes)
		pthread_cond_wait(&gate.change, &gate.lock);
	gate.passes -= gate.closed;
	gate.inside--;
	pthread_mutex_unlock(&gate.lock);
	for (i = 0; i < n; i++, x += TLML_FEATURES_MAX) {
		if (x[0] == -1)
			return tlml_error_set(e, EIO, "flow %g failed", x[1]);
		p[2 * i] = x[0] == -2 ? 2 : x[0] / JOBS / FLOWS;
		p[2 * i + 1] = 1 - p[2 * i];
	}
	return 0;
}

static const struct tlml_engine engine = { .platform = "gate", .run = gate_run };

static void gate_set(int closed)
{
	pthread_mutex_lock(&gate.lock);
	gate.closed = closed;
	pthread_cond_broadcast(&gate.change);
	pthread_mutex_unlock(&gate.lock);
}

/* Until so many workers stand at the closed gate. */
static void gate_wait(int inside)
{
	pthread_mutex_lock(&gate.lock);
	while (gate.inside < inside)
		pthread_cond_wait(&gate.change, &gate.lock);
	pthread_mutex_unlock(&gate.lock);
}

static struct tlml_job *job_new(unsigned int number, unsigned int flows)
{
	struct tlml_job *job = calloc(1, sizeof(*job));
	float *x = calloc((size_t)flows * TLML_FEATURES_MAX, sizeof(*x));
	unsigned int i;

	for (i = 0; i < flows; i++)
		x[i * TLML_FEATURES_MAX] = number * FLOWS + i;
	job->engine = &engine;
	job->flows = flows;
	job->classes = 2;
	job->rows.value[TLML_INPUT_FEATURES] = x;
	job->p = calloc((size_t)flows * 2, sizeof(*job->p));
	return job;
}

static float *job_x(struct tlml_job *job, unsigned int flow)
{
	return (float *)job->rows.value[TLML_INPUT_FEATURES] + flow * TLML_FEATURES_MAX;
}

static void job_free(struct tlml_job *job)
{
	free(job_x(job, 0));
	free(job->p);
	free(job);
}

/* The next job that is done; it waits for it. */
static struct tlml_job *take(void)
{
	struct pollfd p = { .fd = tlml_queue_fd(queue), .events = POLLIN };
	struct tlml_job *job;

	do
		CHECK_EQ(poll(&p, 1, 20000), 1);
	while (!(job = tlml_queue_take(queue)) && !tap_failures);
	return job;
}

static void check_right(struct tlml_job *job)
{
	unsigned int i;

	CHECK(!job->err, "%s", job->error.text);
	for (i = 0; i < job->flows; i++)
		CHECK(job->p[2 * i] == job_x(job, i)[0] / JOBS / FLOWS, "flow %u", i);
	CHECK(job->queued_ns <= job->begun_ns && job->begun_ns <= job->done_ns, "times");
}

static void start(unsigned int workers, unsigned int room)
{
	CHECK(!tlml_queue_new(workers, room, &queue, &error), "%s", error.text);
	gate.closed = gate.passes = gate.most = gate.chunks = gate.largest = 0;
	gate.workers = 0;
}

static void many(void)
{
	static const unsigned int sizes[] = { 1, 15, 16, 17, 256, 1024, 3, 999 };
	unsigned int i, chunks = 0;
	struct tlml_job *job;

	start(4, JOBS);
	for (i = 0; i < JOBS; i++) {
		CHECK(!tlml_queue_put(queue, job_new(i, sizes[i % 8])), "%u", i);
		chunks += (sizes[i % 8] + TLML_CHUNK - 1) / TLML_CHUNK;
	}
	for (i = 0; i < JOBS && (job = take()); i++) {
		check_right(job);
		job_free(job);
	}
	CHECK_EQ(gate.chunks, chunks);
	CHECK_EQ(gate.largest, TLML_CHUNK);
	CHECK_EQ(tlml_queue_jobs(queue), 0);
	CHECK(!tlml_queue_take(queue), "one more");
	tlml_queue_free(queue);
}

static void spread(void)
{
	struct tlml_job *job;

	start(3, 1);
	gate_set(1);
	tlml_queue_put(queue, job_new(0, 48));
	gate_wait(3);
	gate_set(0);
	job = take();
	check_right(job);
	job_free(job);
	CHECK_EQ(gate.most, 3);
	CHECK_EQ(gate.workers, 7);
	tlml_queue_free(queue);
}

static void full(void)
{
	struct tlml_job *jobs[3] = { job_new(0, 1), job_new(1, 40), job_new(2, 1) };

	start(1, 2);
	gate_set(1);
	CHECK_EQ(tlml_queue_put(queue, jobs[0]), 0);
	CHECK(!tlml_queue_full(queue), "full by one");
	CHECK_EQ(tlml_queue_put(queue, jobs[1]), 0);
	CHECK(tlml_queue_full(queue), "not full");
	CHECK_EQ(tlml_queue_put(queue, jobs[2]), -EBUSY);
	gate_set(0);
	CHECK(take() == jobs[0], "not the first one first");
	CHECK_EQ(tlml_queue_put(queue, jobs[2]), 0);
	CHECK(take() == jobs[1], "not the second one second");
	CHECK(take() == jobs[2], "not the third one third");
	for (int i = 0; i < 3; i++) {
		check_right(jobs[i]);
		job_free(jobs[i]);
	}
	tlml_queue_free(queue);
}

/* Its other chunks are not computed, those of others are. */
static void failing(void)
{
	struct tlml_job *bad = job_new(0, 320), *good = job_new(1, 320), *job;

	job_x(bad, 5)[0] = -1;
	job_x(bad, 5)[1] = 5;
	start(1, 2);
	tlml_queue_put(queue, bad);
	tlml_queue_put(queue, good);
	job = take();
	CHECK(job == bad && job->err == -EIO && !strcmp(job->error.text, "flow 5 failed"), "%s",
	      bad->error.text);
	CHECK(take() == good, "order");
	check_right(good);
	CHECK_EQ(gate.chunks, 1 + 20);
	job_x(bad, 5)[0] = 1;
	job_x(bad, 300)[0] = -2;
	tlml_queue_put(queue, bad);
	CHECK(take() == bad && bad->err == -EIO && strstr(bad->error.text, "no probability"), "%s",
	      bad->error.text);
	job_free(bad);
	job_free(good);
	tlml_queue_free(queue);
}

/* Several chunks that fail at the same time make one failure. */
static void failing_together(void)
{
	struct tlml_job *bad = job_new(0, 64), *good = job_new(1, 64);
	unsigned int i;

	for (i = 0; i < 64; i++)
		job_x(bad, i)[0] = -1;
	start(4, 2);
	gate_set(1);
	tlml_queue_put(queue, bad);
	tlml_queue_put(queue, good);
	gate_wait(4);
	gate_set(0);
	for (i = 0; i < 2; i++)
		take();
	CHECK_EQ(bad->err, -EIO);
	check_right(good);
	CHECK(!tlml_queue_take(queue), "done twice");
	job_free(bad);
	job_free(good);
	tlml_queue_free(queue);
}

/* Lets one chunk after another through, until nobody comes any more. */
static void *open_slowly(void *ended)
{
	while (!__atomic_load_n((int *)ended, __ATOMIC_ACQUIRE)) {
		usleep(20000);
		pthread_mutex_lock(&gate.lock);
		gate.passes++;
		pthread_cond_broadcast(&gate.change);
		pthread_mutex_unlock(&gate.lock);
	}
	return NULL;
}

static void stopping(void)
{
	struct tlml_job *job = job_new(0, 1024);
	pthread_t thread;
	int ended = 0;

	start(2, 2);
	gate_set(1);
	tlml_queue_put(queue, job);
	gate_wait(2);
	pthread_create(&thread, NULL, open_slowly, &ended);
	tlml_queue_free(queue);
	__atomic_store_n(&ended, 1, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	CHECK(gate.chunks < 64, "%d", gate.chunks);
	job_free(job);
}

/* How long the longest chunk has taken, of those that are not done. */
static void taking_long(void)
{
	struct tlml_job *job = job_new(0, 32);
	uint64_t before;

	start(2, 1);
	CHECK_EQ(tlml_queue_longest_ns(queue), 0);
	gate_set(1);
	tlml_queue_put(queue, job);
	gate_wait(2);
	before = tlml_queue_longest_ns(queue);
	usleep(20000);
	CHECK(tlml_queue_longest_ns(queue) >= before + 20000000, "it stands still");
	gate_set(0);
	take();
	CHECK_EQ(tlml_queue_longest_ns(queue), 0);
	job_free(job);
	tlml_queue_free(queue);
}

static const struct tap_test tests[] = {
	{ "jobs of every size", many },
	{ "chunks of a job are spread over the workers", spread },
	{ "a full queue takes no more, until one is taken out", full },
	{ "a job that fails", failing },
	{ "chunks that fail together", failing_together },
	{ "how long a chunk takes", taking_long },
	{ "the end does not wait for what nobody has begun", stopping },
};

int main(void)
{
	return tap_main(tests, sizeof(tests) / sizeof(tests[0]));
}
