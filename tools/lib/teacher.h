/* SPDX-License-Identifier: BSD-2-Clause */
/* A tlml-large that teaches its model instead of serving it, in a process of its own. */
#ifndef TLML_TEACHER_START_H
#define TLML_TEACHER_START_H

#include <jansson.h>

#include "../../daemon/error.h"

/* The directory of models where nobody says another. */
void tlml_teacher_dir(char *path, unsigned int size);

/* What came of it lately in that directory, the oldest first: a JSON list, a new reference. */
json_t *tlml_teacher_log(void);

/*
 * Has it learn the file labels, or with NULL go a step back; models: its directory, socket: who
 * serves it. Waits for what it says of that, a JSON object, a new reference. -errno with a sentence
 * if it says nothing.
 */
int tlml_teacher_start(const char *models, const char *socket, const char *labels, json_t **report,
		       struct tlml_error *e);

#endif
