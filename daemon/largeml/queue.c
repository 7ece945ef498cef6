// SPDX-License-Identifier: BSD-2-Clause
/* Work for the workers. Jobs stand in a list; the first one has flows that nobody has taken yet. */
#include "queue.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

struct list {
	struct tlml_job *first, **end;
};

struct tlml_queue {
	unsigned int room, jobs;	/* known to the thread that puts and takes only */
	int fd;
	pthread_mutex_t lock;		/* of what follows */
	pthread_cond_t work;
	struct list waiting, done;
	int stop;
	unsigned int workers;
	struct worker {
		struct tlml_queue *q;
		unsigned int number;
		pthread_t thread;
		uint64_t since;		/* when it began its chunk, 0: it has none */
	} worker[];
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static void list_add(struct list *l, struct tlml_job *job)
{
	job->next = NULL;
	*l->end = job;
	l->end = &job->next;
}

static struct tlml_job *list_take(struct list *l)
{
	struct tlml_job *job = l->first;

	if (job)
		l->first = job->next;
	if (!l->first)
		l->end = &l->first;
	return job;
}

/* Computes one chunk, without the lock. */
static int chunk_run(const struct tlml_job *job, unsigned int worker, unsigned int first,
		     unsigned int n, struct tlml_error *e)
{
	float *p = job->p + (size_t)first * job->classes;
	struct tlml_rows rows;
	int i, err;

	for (i = 0; i < TLML_INPUTS; i++)
		rows.value[i] = job->rows.value[i] ?
			job->rows.value[i] + (size_t)first * tlml_inputs[i].values : NULL;
	err = job->engine->run(job->state, worker, &rows, n, p, e);
	return err ? err : tlml_engine_check(p, n, job->classes, e);
}

/* With the lock: the next chunk of the first job, which then goes its way if it was the last. */
static struct tlml_job *chunk_take(struct tlml_queue *q, unsigned int *first, unsigned int *n)
{
	struct tlml_job *job = q->waiting.first;

	*first = job->next_flow;
	*n = job->flows - job->next_flow < TLML_CHUNK ? job->flows - job->next_flow : TLML_CHUNK;
	job->next_flow += *n;
	job->running++;
	if (job->next_flow == job->flows)
		list_take(&q->waiting);
	return job;
}

/* With the lock. A job that failed is not worth its other chunks. */
static void chunk_done(struct tlml_queue *q, struct tlml_job *job, int err,
		       const struct tlml_error *e)
{
	uint64_t one = 1;

	if (err && !job->err) {
		job->err = err;
		job->error = *e;
	}
	if (err && job->next_flow < job->flows) {
		job->next_flow = job->flows;
		list_take(&q->waiting);
	}
	if (--job->running || job->next_flow < job->flows)
		return;
	job->done_ns = now_ns();
	list_add(&q->done, job);
	if (write(q->fd, &one, sizeof(one)) < 0)
		return;		/* the counter is full: it is readable, which is all it is for */
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct tlml_queue *q = w->q;
	unsigned int first, n;
	struct tlml_error e;
	struct tlml_job *job;
	uint64_t begin;
	int err;

	pthread_mutex_lock(&q->lock);
	for (;;) {
		while (!q->stop && !q->waiting.first)
			pthread_cond_wait(&q->work, &q->lock);
		if (q->stop)
			break;
		begin = w->since = now_ns();
		if (!q->waiting.first->next_flow)
			q->waiting.first->begun_ns = begin;
		job = chunk_take(q, &first, &n);
		pthread_mutex_unlock(&q->lock);
		err = chunk_run(job, w->number, first, n, &e);
		pthread_mutex_lock(&q->lock);
		w->since = 0;
		job->compute_ns += now_ns() - begin;
		chunk_done(q, job, err, &e);
	}
	pthread_mutex_unlock(&q->lock);
	return NULL;
}

/* Signals are for the thread that runs the event loop. */
static int worker_begin(struct tlml_queue *q)
{
	struct worker *w = &q->worker[q->workers];
	sigset_t all, was;
	int err;

	*w = (struct worker){ .q = q, .number = q->workers };
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &was);
	err = pthread_create(&w->thread, NULL, work, w);
	pthread_sigmask(SIG_SETMASK, &was, NULL);
	q->workers += !err;
	return err;
}

int tlml_queue_new(unsigned int workers, unsigned int room, struct tlml_queue **queue,
		   struct tlml_error *e)
{
	struct tlml_queue *q = calloc(1, sizeof(*q) + workers * sizeof(q->worker[0]));
	int err = 0;

	if (!q)
		return tlml_error_set(e, ENOMEM, "no memory for %u workers", workers);
	q->room = room;
	q->waiting.end = &q->waiting.first;
	q->done.end = &q->done.first;
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->work, NULL);
	q->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (q->fd < 0)
		err = errno;
	while (!err && q->workers < workers)
		err = worker_begin(q);
	if (!err) {
		*queue = q;
		return 0;
	}
	tlml_queue_free(q);
	return tlml_error_set(e, err, "cannot start %u workers: %s", workers, strerror(err));
}

void tlml_queue_free(struct tlml_queue *q)
{
	unsigned int i;

	pthread_mutex_lock(&q->lock);
	q->stop = 1;
	pthread_cond_broadcast(&q->work);
	pthread_mutex_unlock(&q->lock);
	for (i = 0; i < q->workers; i++)
		pthread_join(q->worker[i].thread, NULL);
	pthread_cond_destroy(&q->work);
	pthread_mutex_destroy(&q->lock);
	if (q->fd >= 0)
		close(q->fd);
	free(q);
}

int tlml_queue_full(const struct tlml_queue *q)
{
	return q->jobs >= q->room;
}

unsigned int tlml_queue_jobs(const struct tlml_queue *q)
{
	return q->jobs;
}

int tlml_queue_put(struct tlml_queue *q, struct tlml_job *job)
{
	if (tlml_queue_full(q))
		return -EBUSY;
	q->jobs++;
	job->err = 0;
	job->next_flow = job->running = 0;
	job->compute_ns = 0;
	job->queued_ns = now_ns();
	pthread_mutex_lock(&q->lock);
	list_add(&q->waiting, job);
	if (job->flows > TLML_CHUNK)
		pthread_cond_broadcast(&q->work);
	else
		pthread_cond_signal(&q->work);
	pthread_mutex_unlock(&q->lock);
	return 0;
}

uint64_t tlml_queue_longest_ns(struct tlml_queue *q)
{
	uint64_t now = now_ns(), longest = 0;
	unsigned int i;

	pthread_mutex_lock(&q->lock);
	for (i = 0; i < q->workers; i++)
		if (q->worker[i].since && now > q->worker[i].since + longest)
			longest = now - q->worker[i].since;
	pthread_mutex_unlock(&q->lock);
	return longest;
}

int tlml_queue_fd(const struct tlml_queue *q)
{
	return q->fd;
}

struct tlml_job *tlml_queue_take(struct tlml_queue *q)
{
	struct tlml_job *job;
	uint64_t n;

	pthread_mutex_lock(&q->lock);
	job = list_take(&q->done);
	/* Emptied with the list, under its lock: a job that ends now makes it readable again. */
	if (!q->done.first && read(q->fd, &n, sizeof(n)) < 0)
		n = 0;
	pthread_mutex_unlock(&q->lock);
	if (job)
		q->jobs--;
	return job;
}
