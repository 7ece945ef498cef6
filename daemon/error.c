// SPDX-License-Identifier: BSD-2-Clause
/* A sentence for a person beside the -errno for the program. */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>

int tlml_error_set(struct tlml_error *e, int code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, args);
	va_end(args);
	return -code;
}

void tlml_error_clean(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}
