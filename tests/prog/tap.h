/* SPDX-License-Identifier: BSD-2-Clause */
/* KTAP for tests in C: a table of functions, each of which may fail any number of checks. */
#ifndef TLML_TEST_TAP_H
#define TLML_TEST_TAP_H

#include <stdio.h>

#define TAP_SAID_MAX	20	/* failed checks that a test prints, so that a log stays readable */

struct tap_test {
	const char *name;
	void (*run)(void);
};

static unsigned int tap_failures;	/* failed checks of the test that runs */
static unsigned int tap_number;		/* which it is, from 0 */

/* Counts a failed check and says where and what; true if it held. */
#define CHECK(held, fmt, ...)								\
({											\
	int tap_held = !!(held);							\
	if (!tap_held && tap_failures++ < TAP_SAID_MAX)					\
		printf("# %s:%d: !(%s): " fmt "\n", __FILE__, __LINE__, #held, ##__VA_ARGS__); \
	tap_held;									\
})

#define CHECK_EQ(got, want)								\
({											\
	long long tap_got = (got), tap_want = (want);					\
	CHECK(tap_got == tap_want, #got " is %lld, should be %lld", tap_got, tap_want);	\
})

/* Runs n tests; the exit status. */
static inline int tap_main(const struct tap_test *tests, unsigned int n)
{
	unsigned int failed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("KTAP version 1\n1..%u\n", n);
	for (unsigned int i = 0; i < n; i++) {
		tap_failures = 0;
		tap_number = i;
		tests[i].run();
		failed += tap_failures != 0;
		printf("%sok %u %s\n", tap_failures ? "not " : "", i + 1, tests[i].name);
	}
	return failed != 0;
}

#endif
