// SPDX-License-Identifier: BSD-2-Clause
/* One call prints a value as text, as JSON, or in tab-separated rows. */
#include "out.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void tlml_out_open(struct tlml_out *o, enum tlml_out_mode mode)
{
	const char *term = getenv("TERM");

	memset(o, 0, sizeof(*o));
	o->mode = mode;
	o->colour = mode == TLML_OUT_TEXT && isatty(STDOUT_FILENO) && !getenv("NO_COLOR") && term &&
		    strcmp(term, "dumb");
}

/* Puts v, which it takes over, where the output is at. */
static void put(struct tlml_out *o, const char *key, json_t *v)
{
	json_t *at = o->depth ? o->stack[o->depth - 1] : NULL;
	int err;

	if (!v || !at || !json_is_object(at) == !!key)
		err = -1;
	else if (key)
		err = json_object_set_new_nocheck(at, key, json_incref(v));
	else
		err = json_array_append_new(at, json_incref(v));
	json_decref(v);
	o->failed |= !!err;
}

static void push(struct tlml_out *o, const char *key, json_t *v)
{
	if (o->mode != TLML_OUT_JSON)
		return;
	if (!v || o->depth == TLML_OUT_DEPTH) {
		json_decref(v);
		o->failed = 1;
		return;
	}
	if (o->depth)
		put(o, key, json_incref(v));
	o->stack[o->depth++] = v;
}

void tlml_out_object(struct tlml_out *o, const char *key)
{
	push(o, key, o->mode == TLML_OUT_JSON ? json_object() : NULL);
	o->columns = 0;
}

void tlml_out_array(struct tlml_out *o, const char *key)
{
	push(o, key, o->mode == TLML_OUT_JSON ? json_array() : NULL);
	o->columns = 0;
}

void tlml_out_end(struct tlml_out *o)
{
	json_t *v;

	if (o->mode == TLML_OUT_TABS && o->columns)
		putchar('\n');
	o->columns = 0;
	if (o->mode != TLML_OUT_JSON || !o->depth)
		return;
	v = o->stack[--o->depth];
	if (!o->depth && !o->failed) {
		json_dumpf(v, stdout, JSON_REAL_PRECISION(9) |
			   (o->lines ? JSON_COMPACT : JSON_INDENT(2)));
		putchar('\n');
		if (o->lines)
			fflush(stdout);
	}
	json_decref(v);
}

/* Whether the value is for a row, in which case its column has been begun. */
static int column(struct tlml_out *o, const char *key)
{
	if (o->mode != TLML_OUT_TABS || !key)
		return 0;
	if (o->columns++)
		putchar('\t');
	return 1;
}

void tlml_out_num(struct tlml_out *o, const char *key, const char *fmt, unsigned long long v)
{
	if (o->mode == TLML_OUT_JSON)
		put(o, key, json_integer(v));
	else if (column(o, key))
		printf("%llu", v);
	else if (o->mode == TLML_OUT_TEXT && fmt)
		printf(fmt, v);
}

void tlml_out_str(struct tlml_out *o, const char *key, const char *fmt, const char *v)
{
	if (o->mode == TLML_OUT_JSON)
		put(o, key, json_string(v));
	else if (column(o, key))
		fputs(v, stdout);
	else if (o->mode == TLML_OUT_TEXT && fmt)
		printf(fmt, v);
}

void tlml_out_bytes(struct tlml_out *o, const char *key, const char *fmt, unsigned long long v)
{
	static const char units[] = " kMGTPE";
	unsigned int unit = 0;
	double scaled = v;
	char text[16];

	if (o->mode != TLML_OUT_TEXT) {
		tlml_out_num(o, key, NULL, v);
		return;
	}
	for (; scaled >= 999.5; unit++)
		scaled /= 1000;
	snprintf(text, sizeof(text), unit && scaled < 9.995 ? "%.2f %cB" : unit && scaled < 99.95 ?
		 "%.1f %cB" : "%.0f %cB", scaled, units[unit]);
	if (!unit)
		snprintf(text, sizeof(text), "%llu B", v);
	printf(fmt, text);
}

void tlml_out_bool(struct tlml_out *o, const char *key, const char *fmt, int v)
{
	if (o->mode == TLML_OUT_JSON)
		put(o, key, json_boolean(v));
	else if (column(o, key))
		putchar('0' + !!v);
	else if (o->mode == TLML_OUT_TEXT && fmt)
		printf(fmt, v ? "yes" : "no");
}

void tlml_out_none(struct tlml_out *o, const char *key)
{
	if (o->mode == TLML_OUT_JSON)
		put(o, key, json_null());
	else if (column(o, key))
		putchar('-');
}

void tlml_out_json(struct tlml_out *o, const char *key, json_t *v)
{
	if (o->mode == TLML_OUT_JSON)
		put(o, key, v);
	else
		json_decref(v);
}

void tlml_out_text(struct tlml_out *o, const char *fmt, ...)
{
	va_list args;

	if (o->mode != TLML_OUT_TEXT)
		return;
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
}

void tlml_out_style(struct tlml_out *o, enum tlml_out_style style)
{
	static const char *const codes[] = { "\033[0m", "\033[1m", "\033[1;31m" };

	if (o->colour)
		fputs(codes[style], stdout);
}

int tlml_out_close(struct tlml_out *o)
{
	while (o->depth)
		json_decref(o->stack[--o->depth]);
	if (o->failed)
		return -ENOMEM;
	return fflush(stdout) || ferror(stdout) ? -EIO : 0;
}
