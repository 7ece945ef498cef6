// SPDX-License-Identifier: BSD-2-Clause
/* Words of the command line: how many, which options, and what a mistyped one may have meant. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

#define WORD_MAX	32

/* Edit distance (Levenshtein) of two short words. */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int row[WORD_MAX + 1], i, j, n = strlen(b);

	if (strlen(a) > WORD_MAX || n > WORD_MAX)
		return WORD_MAX;
	for (j = 0; j <= n; j++)
		row[j] = j;
	for (i = 1; a[i - 1]; i++) {
		unsigned int corner = row[0];

		row[0] = i;
		for (j = 1; j <= n; j++) {
			unsigned int best = corner + (a[i - 1] != b[j - 1]);

			corner = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[n];
}

const char *tlml_cmd_nearest(const char *word, const char *const *names, unsigned int n)
{
	unsigned int best = strlen(word) / 3 + 2, i, d;
	const char *found = NULL;

	for (i = 0; i < n; i++) {
		d = distance(word, names[i]);
		if (!strncmp(word, names[i], strlen(word)))
			d = 0;
		if (d < best) {
			best = d;
			found = names[i];
		}
	}
	return found;
}

int tlml_cmd_words(struct tlml_cmd *c, int lo, int hi)
{
	int i;

	for (i = 0; i < c->argc; i++)
		if (c->argv[i][0] == '-' && c->argv[i][1])
			return tlml_error_set(&c->e, EINVAL, "%s has no option '%s': tlmlctl %s %s",
					      c->name, c->argv[i], c->name, c->usage);
	if (c->argc < lo)
		return tlml_error_set(&c->e, EINVAL, "%s needs more words: tlmlctl %s %s", c->name,
				      c->name, c->usage);
	if (c->argc > hi)
		return tlml_error_set(&c->e, EINVAL, "'%s' is a word too many: tlmlctl %s %s",
				      c->argv[hi], c->name, c->usage);
	return 0;
}

int tlml_cmd_number(struct tlml_cmd *c, const char *what, const char *word, unsigned long lo,
		    unsigned long hi, unsigned long *v)
{
	char *end;

	errno = 0;
	*v = strtoul(word, &end, 10);
	if (*word < '0' || *word > '9' || *end || errno || *v < lo || *v > hi)
		return tlml_error_set(&c->e, EINVAL, "%s is '%s': give a number from %lu to %lu", what,
				      word, lo, hi);
	return 0;
}

int tlml_cmd_option(struct tlml_cmd *c, const char *name, const char **value)
{
	int i, n = value ? 2 : 1;

	for (i = 0; i < c->argc; i++)
		if (!strcmp(c->argv[i], name))
			break;
	if (i == c->argc)
		return 0;
	if (i + n > c->argc)
		return tlml_error_set(&c->e, EINVAL, "%s needs a word after it: tlmlctl %s %s", name,
				      c->name, c->usage);
	if (value)
		*value = c->argv[i + 1];
	c->argc -= n;
	memmove(c->argv + i, c->argv + i + n, (c->argc - i) * sizeof(*c->argv));
	return 1;
}
