/* SPDX-License-Identifier: BSD-2-Clause */
/* A sentence for a person beside the -errno for the program. */
#ifndef TLML_ERROR_H
#define TLML_ERROR_H

struct tlml_error {
	char text[512];		/* what is wrong, where, and what to do; no newline */
};

/* Formats the sentence and returns -code, so that a failing function ends with one line. */
int tlml_error_set(struct tlml_error *e, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Makes text from outside fit for a sentence: what is not printable ASCII becomes '?'. */
void tlml_error_clean(char *text);

#endif
