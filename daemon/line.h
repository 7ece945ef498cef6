/* SPDX-License-Identifier: BSD-2-Clause */
/* A line of words being read from left to right, with sentences for what is wrong. */
#ifndef TLML_LINE_H
#define TLML_LINE_H

#include "error.h"

#include <linux/types.h>

#define TLML_RATE_MAX	((1u << 24) - 1)	/* the token bucket counts in 2^-8 packets */

struct tlml_line {
	int argc, at;		/* words, and the index of the next one */
	char **argv;
	const char *usage;	/* what the line may be, for the sentences */
	struct tlml_error *e;
};

/* The next word, or NULL if the line ends. */
const char *tlml_line_next(struct tlml_line *l);

/* -EINVAL: what should come next, or instead of the word read last, or nothing at all. */
int tlml_line_missing(struct tlml_line *l, const char *what);
int tlml_line_wrong(struct tlml_line *l, const char *word, const char *allowed);
int tlml_line_end(struct tlml_line *l);

/* The next word as a number from lo to hi, hexadecimal after 0x; else -EINVAL. */
int tlml_line_number(struct tlml_line *l, const char *what, __u64 lo, __u64 hi, __u64 *v);

/* RATE [BURST] and the end of the line; without a burst that of one second. */
int tlml_line_rate(struct tlml_line *l, __u64 lo, __u32 *rate, __u32 *burst);

#endif
