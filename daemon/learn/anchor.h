/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The anchor of a line of models: labelled flows that travel with the model, in two parts. Some
 * are rehearsed in every batch; the golden ones, of other captures, judge what was learned.
 */
#ifndef TLML_LEARN_ANCHOR_H
#define TLML_LEARN_ANCHOR_H

#include "set.h"
#include "../model.h"

#define TLML_ANCHOR_SAMPLES	65536	/* at most */

/* Which split of an anchor is which part. */
#define TLML_ANCHOR_REHEARSE	TLML_SPLIT_TRAIN
#define TLML_ANCHOR_GOLDEN	TLML_SPLIT_VALIDATE

/*
 * Up to flows flows of each class and part, drawn from an indexed set: the rehearsed ones from its
 * training captures, the golden ones from those to validate on. -errno with a sentence.
 */
int tlml_anchor_choose(const struct tlml_set *from, unsigned int flows, uint64_t seed,
		       struct tlml_set *anchor, struct tlml_error *e);

int tlml_anchor_write(const struct tlml_set *anchor, const char *path, struct tlml_error *e);

/*
 * The same back, from a file's size bytes in memory; name is used in sentences. -EINVAL if it is
 * damaged or not of m's classes and features.
 */
int tlml_anchor_parse(const void *file, size_t size, const char *name, const struct tlml_model *m,
		      struct tlml_set *anchor, struct tlml_error *e);

#endif
