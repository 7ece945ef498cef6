/* SPDX-License-Identifier: BSD-2-Clause */
/* What a long-lived process says: a sentence a line on standard error, with its weight. */
#ifndef TLML_LOG_H
#define TLML_LOG_H

/* The numbers are those of syslog: under systemd each line begins with its own, "<4>". */
enum tlml_log_level {
	TLML_LOG_ERROR = 3,	/* something does not work until somebody helps */
	TLML_LOG_WARNING,	/* something is lost, or worked around */
	TLML_LOG_NOTICE,	/* a change of state that an operator wants to know of */
	TLML_LOG_INFO,
};

/* Once, at the start: what stands before each line where nobody else tells who speaks. */
void tlml_log_open(const char *program);

/* One line; fmt without a newline. Any thread. */
void tlml_log(enum tlml_log_level level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
