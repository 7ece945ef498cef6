/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs cases on each back-end of the event loop, and holds an operation to its promises. */
#ifndef TLML_TEST_LOOPS_H
#define TLML_TEST_LOOPS_H

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../daemon/loop.h"
#include "../prog/tap.h"

#define MS	1000000ull

static struct tlml_loop *loop;
static struct tlml_error error;

/* An operation, what became of it, and how many are to complete before the loop stops. */
struct step {
	struct tlml_op op;
	int res, times;		/* of the last completion; completions so far */
};

static unsigned int awaited;

static inline void step_done(struct tlml_op *op, int res)
{
	struct step *s = op->arg;

	CHECK(!tlml_loop_pending(op), "pending in done()");
	s->res = res;
	s->times++;
	if (awaited && !--awaited)
		tlml_loop_stop(loop);
}

static inline struct tlml_op *step(struct step *s)
{
	s->op.done = step_done;
	s->op.arg = s;
	s->res = -9999;
	s->times = 0;
	return &s->op;
}

/* Until n steps have completed. */
static inline void run(unsigned int n)
{
	awaited = n;
	CHECK(!tlml_loop_run(loop, &error), "%s", error.text);
	CHECK_EQ(awaited, 0);
}

/* Until this one has, whichever do before. */
static inline void await(struct step *s)
{
	while (!s->times)
		run(1);
}

#define CHECK_STEP(s, want)				\
do {							\
	CHECK_EQ((s).times, 1);				\
	CHECK_EQ((s).res, want);			\
	CHECK(!tlml_loop_pending(&(s).op), "pending");	\
} while (0)

static inline void pair(int type, int *fd)
{
	if (socketpair(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd))
		abort();
}

static inline void unpair(int *fd)
{
	close(fd[0]);
	close(fd[1]);
}

static inline int loops_main(const struct tap_test *tests, unsigned int n)
{
	static const enum tlml_loop_kind kinds[] = { TLML_LOOP_URING, TLML_LOOP_EPOLL };
	unsigned int failed = 0, number = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("KTAP version 1\n1..%u\n", 2 * n);
	for (unsigned int k = 0; k < 2; k++) {
		const char *name = k ? "epoll" : "io_uring";

		for (unsigned int i = 0; i < n; i++) {
			tap_failures = 0;
			if (tlml_loop_new(kinds[k], &loop, &error)) {
				printf("ok %u %s: %s # SKIP %s\n", ++number, name, tests[i].name,
				       error.text);
				continue;
			}
			CHECK(!strcmp(tlml_loop_name(loop), name), "%s", tlml_loop_name(loop));
			tests[i].run();
			tlml_loop_free(loop);
			failed += tap_failures != 0;
			printf("%sok %u %s: %s\n", tap_failures ? "not " : "", ++number, name,
			       tests[i].name);
		}
	}
	return failed != 0;
}

#endif
