/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The anchor of a large model: labelled cases that travel with it, of each class alike. Some are
 * rehearsed while it learns labels, so that it keeps what it knows; the golden ones, of other
 * captures, judge whether it did. Made by train/anchor.py.
 */
#ifndef TLML_LARGEML_REHEARSAL_H
#define TLML_LARGEML_REHEARSAL_H

#include <stddef.h>

#include "../case.h"
#include "../error.h"
#include "../oip.h"

enum tlml_rehearsal_part { TLML_REHEARSED, TLML_GOLDEN, TLML_REHEARSAL_PARTS };

struct tlml_rehearsal {
	float (*row[TLML_REHEARSAL_PARTS])[TLML_CASE_COLUMNS];
	unsigned char *label[TLML_REHEARSAL_PARTS];	/* index into the model's classes */
	unsigned int n[TLML_REHEARSAL_PARTS];
};

/*
 * From a file's size bytes, for a model of these classes; name is used in sentences. -EINVAL with
 * a sentence if it is damaged, lacks a part, or has a class that the model does not have; -ENOMEM.
 */
int tlml_rehearsal_parse(const void *file, size_t size, const char *name,
			 const struct tlml_oip_plan *model, struct tlml_rehearsal *r,
			 struct tlml_error *e);
void tlml_rehearsal_free(struct tlml_rehearsal *r);

#endif
