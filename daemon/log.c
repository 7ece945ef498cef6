// SPDX-License-Identifier: BSD-2-Clause
/* What a long-lived process says: a sentence a line on standard error, with its weight. */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LINE_BYTES	1024

static const char *name = "tlml";
static int journal;	/* standard error is read by something that knows levels and names */

void tlml_log_open(const char *program)
{
	name = program;
	journal = !!getenv("JOURNAL_STREAM");
}

void tlml_log(enum tlml_log_level level, const char *fmt, ...)
{
	char line[LINE_BYTES];
	int at, start, n, room;
	va_list args;

	start = journal ? snprintf(line, sizeof(line), "<%d>", level) :
			  snprintf(line, sizeof(line), "%s: ", name);
	room = sizeof(line) - start - 1;	/* the newline has a place of its own */
	va_start(args, fmt);
	n = vsnprintf(line + start, room, fmt, args);
	va_end(args);
	n = n < 0 ? 0 : n < room ? n : room - 1;
	/* What others sent may be part of it, and must not look like a line of ours. */
	for (at = start; at < start + n; at++)
		if ((unsigned char)line[at] < ' ')
			line[at] = '?';
	line[at++] = '\n';
	/* One write keeps a line whole among threads; if it fails there is nobody to tell. */
	if (write(STDERR_FILENO, line, at) < 0)
		return;
}
