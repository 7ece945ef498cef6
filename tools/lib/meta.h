/* SPDX-License-Identifier: BSD-2-Clause */
/* What a model file tells people: where it comes from, as JSON text; and its way to disk. */
#ifndef TLML_META_H
#define TLML_META_H

#include <jansson.h>

#include "../../daemon/learn/set.h"

/* The captures of s with their split and labelled flows; only counts if there are very many. */
json_t *tlml_meta_captures(const struct tlml_set *s);

/* Names of the features in order, and of the classes. */
json_t *tlml_meta_features(void);
json_t *tlml_meta_classes(const struct tlml_set *s);

/* Whether path could be written, to be asked before long work; -errno with a sentence. */
int tlml_meta_can_write(const char *path, struct tlml_error *e);

/* Writes path as a whole or not at all; -errno with a sentence. */
int tlml_meta_write(const char *path, const void *data, size_t size, struct tlml_error *e);

#endif
