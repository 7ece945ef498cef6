// SPDX-License-Identifier: BSD-2-Clause
/* The table of open cases: found, due in time, bounded, disowned. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "../../daemon/hard.h"

#define SIZE	1000

static struct tlml_hard_table *t;
static int one, two;	/* owners */
static int points, failed;

static void result(bool ok, const char *what)
{
	printf("%sok %d - %s\n", ok ? "" : "not ", ++points, what);
	failed += !ok;
}

static struct tlml_hard *begin(void *owner, __u32 bucket, __u32 fp)
{
	struct tlml_case c = { .record = { .bucket = bucket, .flow.fp = fp } };

	return tlml_hard_open(t, owner, &c);
}

static void test_find(void)
{
	struct tlml_hard *a = begin(&one, 1, 7), *b = begin(&two, 1, 7), *c = begin(&one, 7, 1);

	result(a && b && c && tlml_hard_find(t, &one, 1, 7) == a &&
	       tlml_hard_find(t, &two, 1, 7) == b && tlml_hard_find(t, &one, 7, 1) == c &&
	       a->question.subject == &a->subject, "a case is found by all of its key");
	result(!tlml_hard_find(t, &one, 1, 8) && !tlml_hard_find(t, &two, 7, 1), "and by nothing else");
	tlml_hard_close(t, b);
	result(!tlml_hard_find(t, &two, 1, 7) && tlml_hard_find(t, &one, 1, 7) == a &&
	       tlml_hard_count(t, &one) == 2 && tlml_hard_count(t, NULL) == 2, "a closed one is gone");
	tlml_hard_close(t, a);
	tlml_hard_close(t, c);
}

static void test_full(void)
{
	struct tlml_hard *h;
	bool ok = true;
	int round, i;

	for (round = 0; round < 3; round++) {
		for (i = 0; i < SIZE; i++)
			ok = ok && begin(&one, i, i + 1);
		ok = ok && !begin(&one, SIZE, 1) && tlml_hard_count(t, NULL) == SIZE;
		for (i = 0; ok && i < SIZE; i++) {
			h = tlml_hard_find(t, &one, i, i + 1);
			ok = h;
			if (h)
				tlml_hard_close(t, h);
		}
		ok = ok && !tlml_hard_count(t, NULL);
	}
	result(ok, "no more cases than there is room for, and the room is used again");
}

static void test_due(void)
{
	struct tlml_hard *a = begin(&one, 1, 1), *b = begin(&one, 2, 2), *c = begin(&one, 3, 3);

	result(tlml_hard_next(t) == UINT64_MAX, "nothing is due of what is asked about");
	tlml_hard_move(t, a, TLML_HARD_KEPT, 100);
	tlml_hard_move(t, b, TLML_HARD_KEPT, 100);
	tlml_hard_move(t, c, TLML_HARD_GIVEN, 50);
	result(tlml_hard_next(t) == 50 && !tlml_hard_due(t, TLML_HARD_GIVEN, 49) &&
	       tlml_hard_due(t, TLML_HARD_GIVEN, 50) == c, "the next is due in its time");
	tlml_hard_close(t, c);
	result(tlml_hard_next(t) == 100 && tlml_hard_due(t, TLML_HARD_KEPT, 200) == a,
	       "those of a state in their order");
	tlml_hard_move(t, a, TLML_HARD_ASKED, 0);
	result(tlml_hard_due(t, TLML_HARD_KEPT, 200) == b, "one asked again waits no longer");
	tlml_hard_close(t, a);
	tlml_hard_close(t, b);
}

static void test_disown(void)
{
	struct tlml_hard *asked = begin(&one, 1, 1), *kept = begin(&one, 2, 2);
	struct tlml_hard *other = begin(&two, 1, 1);

	tlml_hard_move(t, kept, TLML_HARD_KEPT, 100);
	tlml_hard_disown(t, &one);
	result(!tlml_hard_find(t, &one, 1, 1) && !tlml_hard_find(t, &one, 2, 2) &&
	       tlml_hard_find(t, &two, 1, 1) == other && !asked->owner &&
	       tlml_hard_count(t, NULL) == 2, "the question of an interface that went stays, unowned");
	tlml_hard_close(t, asked);
	tlml_hard_close(t, other);
	result(!tlml_hard_count(t, NULL), "until it is closed");
}

int main(void)
{
	printf("KTAP version 1\n1..10\n");
	if (tlml_hard_new(SIZE, &t))
		return 1;
	test_find();
	test_full();
	test_due();
	test_disown();
	tlml_hard_free(t);
	return !!failed;
}
