// SPDX-License-Identifier: BSD-2-Clause
/* One round of learning, on a thread of its own and out of everybody's way. */
#include "course.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "learn/anchor.h"
#include "learn/distil.h"

#define STEPS		1000	/* of 64 samples */
#define RATE		0.004f
#define SLICE		16	/* steps between pauses: a millisecond or so */
#define NICE		19

struct tlml_course {
	struct tlml_course_plan plan;
	struct tlml_model live, shipped, candidate;
	struct tlml_reservoir answers, audits;
	struct tlml_policy policy[TLML_CLASSES_MAX];
	struct tlml_set anchor;
	struct tlml_view rehearsed, golden;
	struct tlml_draw draw;
	struct tlml_distil *distil;
	struct tlml_course_result result;
	double worked, begun;	/* CPU seconds: when it last paused; at the start */
	pthread_t thread;
	int started, stop;	/* stop is set by another thread */
	int fd;
};

static double cpu_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

static int stopped(struct tlml_course *c)
{
	return __atomic_load_n(&c->stop, __ATOMIC_RELAXED);
}

/* As long as it takes for the work since the last pause to be within the budget, unless stopped. */
static void pause_for(struct tlml_course *c)
{
	double now = cpu_now(), left = (now - c->worked) * (100.0 / c->plan.cpu - 1);

	while (left > 0 && !stopped(c)) {
		double part = left < 0.1 ? left : 0.1;
		struct timespec t = { .tv_nsec = part * 1e9 };

		nanosleep(&t, NULL);
		left -= part;
	}
	c->worked = cpu_now();
}

static int prepare(struct tlml_course *c, struct tlml_error *e)
{
	int err = tlml_anchor_parse(c->plan.anchor, c->plan.anchor_size, "the anchor", &c->live,
				    &c->anchor, e);

	if (!err)
		err = tlml_set_view(&c->anchor, TLML_ANCHOR_REHEARSE, &c->rehearsed, e);
	if (!err)
		err = tlml_set_view(&c->anchor, TLML_ANCHOR_GOLDEN, &c->golden, e);
	if (!err)
		err = tlml_draw_init(&c->draw, &c->rehearsed, TLML_DRAW_NET, e);
	if (!err)
		err = tlml_lessons_take(&c->distil->lessons, &c->answers, e);
	return err;
}

static void learn(struct tlml_course *c)
{
	struct tlml_course_result *r = &c->result;

	tlml_distil_begin(c->distil, &c->live, &c->draw, c->plan.seed);
	c->distil->keep = &c->live;
	while (r->steps < STEPS && !stopped(c)) {
		r->loss = tlml_distil_step(c->distil, tlml_rate(RATE, r->steps, STEPS));
		if (!(++r->steps % SLICE))
			pause_for(c);
	}
}

static int judge(struct tlml_course *c, struct tlml_error *e)
{
	struct tlml_gate gate = {
		.incumbent = &c->live, .candidate = &c->candidate,
		.shipped = c->shipped.blob ? &c->shipped : NULL, .trained = &c->distil->net,
		.golden = &c->golden, .audits = &c->audits, .policy = c->policy,
		.limits = TLML_GATE_LIMITS,
	};
	struct tlml_course_result *r = &c->result;
	int err;

	/* A candidate counts on from the generation before it. */
	c->live.header.generation = c->plan.generation - 1;
	r->blob = tlml_distil_blob(c->distil, &c->live, &c->golden, &c->rehearsed,
				   "{\"trained_on\":\"what the large model said\"}", &r->size, e);
	if (!r->blob)
		return -EINVAL;
	pause_for(c);
	err = tlml_model_parse(r->blob, r->size, "the candidate", &c->candidate, e);
	if (!err)
		err = tlml_gate_pass(&gate, &r->report, e);
	return err;
}

static void *work(void *arg)
{
	struct tlml_course *c = arg;
	struct tlml_course_result *r = &c->result;
	uint64_t one = 1;

	/* By the number of the thread: others keep theirs. Not being nice is no reason to fail. */
	(void)setpriority(PRIO_PROCESS, gettid(), NICE);
	c->begun = c->worked = cpu_now();
	r->err = prepare(c, &r->why);
	if (!r->err) {
		learn(c);
		r->err = stopped(c) ? tlml_error_set(&r->why, ECANCELED, "stopped") :
				      judge(c, &r->why);
	}
	r->seconds = cpu_now() - c->begun;
	if (write(c->fd, &one, sizeof(one)) < 0)
		r->err = -EIO;		/* cannot be: it counts to 2^64 */
	return NULL;
}

static int same_classes(const struct tlml_model *a, const struct tlml_model *b)
{
	unsigned int c;

	for (c = 0; c < a->header.classes; c++)
		if (a->header.classes != b->header.classes ||
		    strncmp(a->classes[c].name, b->classes[c].name, TLML_NAME_MAX))
			return 0;
	return 1;
}

static int copy_all(struct tlml_course *c, const struct tlml_course_plan *p, struct tlml_error *e)
{
	int err = tlml_model_parse(p->live->blob, p->live->header.size, "the live model", &c->live, e);

	if (!err && p->shipped)
		err = tlml_model_parse(p->shipped, p->shipped_size, "the shipped model", &c->shipped,
				       e);
	if (!err && c->shipped.blob && !same_classes(&c->live, &c->shipped))
		tlml_model_free(&c->shipped);
	if (!err)
		err = tlml_reservoir_copy(p->answers, &c->answers, e);
	if (!err)
		err = tlml_reservoir_copy(p->audits, &c->audits, e);
	return err;
}

int tlml_course_begin(const struct tlml_course_plan *p, struct tlml_course **to,
		      struct tlml_error *e)
{
	struct tlml_course *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return tlml_error_set(e, ENOMEM, "no memory to learn");
	c->plan = *p;
	memcpy(c->policy, p->policy, sizeof(c->policy));
	c->result.answers = p->answers->n;
	c->distil = calloc(1, sizeof(*c->distil));
	c->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	err = !c->distil ? tlml_error_set(e, ENOMEM, "no memory to learn") :
	      c->fd < 0 ? tlml_error_set(e, errno, "cannot learn: %s", strerror(errno)) :
			  copy_all(c, p, e);
	if (!err) {
		int no = pthread_create(&c->thread, NULL, work, c);

		c->started = !no;
		if (no)
			err = tlml_error_set(e, no, "no thread to learn on: %s", strerror(no));
	}
	if (err)
		tlml_course_free(c);
	else
		*to = c;
	return err;
}

int tlml_course_fd(const struct tlml_course *c)
{
	return c->fd;
}

/* What the thread wrote is ours from here on. */
static void join(struct tlml_course *c)
{
	if (c->started)
		pthread_join(c->thread, NULL);
	c->started = 0;
}

const struct tlml_course_result *tlml_course_result(struct tlml_course *c)
{
	join(c);
	return &c->result;
}

void tlml_course_free(struct tlml_course *c)
{
	__atomic_store_n(&c->stop, 1, __ATOMIC_RELAXED);
	join(c);
	if (c->fd >= 0)
		close(c->fd);
	if (c->distil)
		tlml_distil_free(c->distil);
	free(c->distil);
	free(c->result.blob);
	tlml_draw_free(&c->draw);
	tlml_view_free(&c->rehearsed);
	tlml_view_free(&c->golden);
	tlml_set_free(&c->anchor);
	tlml_model_free(&c->live);
	tlml_model_free(&c->shipped);
	tlml_model_free(&c->candidate);
	tlml_reservoir_free(&c->answers);
	tlml_reservoir_free(&c->audits);
	free(c);
}
