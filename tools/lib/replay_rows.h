/* SPDX-License-Identifier: BSD-2-Clause */
/* A row for each flow of a replay: as a table, as JSON lines or as CSV. */
#ifndef TLML_REPLAY_ROWS_H
#define TLML_REPLAY_ROWS_H

#include <stdbool.h>
#include <stdio.h>

#include "replay.h"

enum tlml_rows_form { TLML_ROWS_TEXT, TLML_ROWS_JSON, TLML_ROWS_CSV };

struct tlml_rows {
	enum tlml_rows_form form;
	bool decided;		/* only flows with a verdict */
	bool captures;		/* name the capture in each row of text or CSV */
	FILE *out;
};

/* The line above all rows of CSV; nothing for the other forms. */
void tlml_rows_begin(const struct tlml_rows *o);

/* The flows of r, all of the capture path, in order of their first packets. -ENOMEM. */
int tlml_rows_write(const struct tlml_rows *o, const struct tlml_replay *r, const char *path);

#endif
