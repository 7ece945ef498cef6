/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One call prints a value as text, as JSON, or in tab-separated rows. key names it in JSON and is
 * NULL in an array; fmt is how text shows it, NULL if text does not. In rows every object is a
 * line and every value with a key a column.
 */
#ifndef TLML_OUT_H
#define TLML_OUT_H

#include <jansson.h>

#define TLML_OUT_DEPTH	8

enum tlml_out_mode { TLML_OUT_TEXT, TLML_OUT_JSON, TLML_OUT_TABS };
enum tlml_out_style { TLML_OUT_PLAIN, TLML_OUT_BOLD, TLML_OUT_ALARM };

struct tlml_out {
	enum tlml_out_mode mode;
	int colour;		/* text goes to a terminal that shows styles */
	int lines;		/* JSON: one line for each outermost object, written at once */
	int failed;		/* out of memory, or text that is not UTF-8 */
	int columns;		/* in this row so far */
	unsigned int depth;
	json_t *stack[TLML_OUT_DEPTH];	/* open objects and arrays */
};

void tlml_out_open(struct tlml_out *o, enum tlml_out_mode mode);

/* Everything until the end belongs to it. JSON appears when the outermost one ends. */
void tlml_out_object(struct tlml_out *o, const char *key);
void tlml_out_array(struct tlml_out *o, const char *key);
void tlml_out_end(struct tlml_out *o);

void tlml_out_num(struct tlml_out *o, const char *key, const char *fmt, unsigned long long v);
void tlml_out_str(struct tlml_out *o, const char *key, const char *fmt, const char *v);

/* As a number of bytes; text rounds it to three digits and a unit, fmt has a %s. */
void tlml_out_bytes(struct tlml_out *o, const char *key, const char *fmt, unsigned long long v);

/* true and false in JSON, 1 and 0 in rows, yes and no in text; fmt has a %s. */
void tlml_out_bool(struct tlml_out *o, const char *key, const char *fmt, int v);

/* A value that there is none of: null, - in rows, nothing in text. */
void tlml_out_none(struct tlml_out *o, const char *key);

/* Any JSON value, which it takes over; not in text or rows. */
void tlml_out_json(struct tlml_out *o, const char *key, json_t *v);

/* For people only, as is the style of what follows. */
void tlml_out_text(struct tlml_out *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void tlml_out_style(struct tlml_out *o, enum tlml_out_style style);

/* 0, -ENOMEM, or -EIO if not everything could be written. */
int tlml_out_close(struct tlml_out *o);

#endif
