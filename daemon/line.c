// SPDX-License-Identifier: BSD-2-Clause
/* A line of words being read from left to right, with sentences for what is wrong. */
#include "line.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *tlml_line_next(struct tlml_line *l)
{
	return l->at < l->argc ? l->argv[l->at++] : NULL;
}

int tlml_line_missing(struct tlml_line *l, const char *what)
{
	return tlml_error_set(l->e, EINVAL, "%s missing after '%s': %s", what, l->argv[l->at - 1],
			      l->usage);
}

int tlml_line_wrong(struct tlml_line *l, const char *word, const char *allowed)
{
	return tlml_error_set(l->e, EINVAL, "'%s' after '%s': %s", word, l->argv[l->at - 2], allowed);
}

int tlml_line_end(struct tlml_line *l)
{
	if (l->at == l->argc)
		return 0;
	return tlml_error_set(l->e, EINVAL, "'%s' is a word too many: %s", l->argv[l->at], l->usage);
}

int tlml_line_number(struct tlml_line *l, const char *what, __u64 lo, __u64 hi, __u64 *v)
{
	const char *word = tlml_line_next(l);
	char *end;

	if (!word)
		return tlml_line_missing(l, what);
	errno = 0;
	*v = strtoull(word, &end, strncmp(word, "0x", 2) ? 10 : 16);
	if (*word < '0' || *word > '9' || *end || errno || *v < lo || *v > hi)
		return tlml_error_set(l->e, EINVAL, "'%s' is no %s: give a number from %llu to %llu",
				      word, what, lo, hi);
	return 0;
}

int tlml_line_rate(struct tlml_line *l, __u64 lo, __u32 *rate, __u32 *burst)
{
	__u64 r, b;
	int err = tlml_line_number(l, "rate", lo, TLML_RATE_MAX, &r);

	b = r;
	if (!err && l->at < l->argc)
		err = tlml_line_number(l, "burst", lo, TLML_RATE_MAX, &b);
	if (!err)
		err = tlml_line_end(l);
	if (err)
		return err;
	*rate = r;
	*burst = b;
	return 0;
}
