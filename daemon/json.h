/* SPDX-License-Identifier: BSD-2-Clause */
/* JSON from outside: jansson with limits, and the few questions that its readers ask. */
#ifndef TLML_JSON_H
#define TLML_JSON_H

#include <jansson.h>
#include <stddef.h>

#include "error.h"

#define TLML_JSON_MAX	(512u << 10)	/* bytes; 256 rows of 16 numbers take 100 KiB */

/*
 * Reads an object of len bytes into *root, a new reference, NULL on failure. what names it in the
 * sentence. -EPROTO with a sentence: no JSON, a key twice, another type, too long; -ENOMEM.
 */
int tlml_json_parse(const char *text, size_t len, const char *what, json_t **root,
		    struct tlml_error *e);

/*
 * Copies text that may be shown to people and put into JSON: 1 to room - 1 printable ASCII bytes,
 * no quote, no backslash; 0 if v is not a string of that kind.
 */
int tlml_json_name(const json_t *v, char *name, size_t room);

#endif
