/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether the large model still tells things apart, by the flows that were audited last: one that
 * calls all of them the same, where the tiny model does not, is not to be learned from.
 */
#ifndef TLML_DOUBT_H
#define TLML_DOUBT_H

#include <stdint.h>

#include "error.h"
#include "../uapi/tlml_model.h"

#define TLML_DOUBT_MEMORY	64	/* audited flows */

struct tlml_doubt {
	uint8_t said[TLML_DOUBT_MEMORY], tiny[TLML_DOUBT_MEMORY];	/* classes */
	unsigned int n;			/* flows ever; begins as all zeros */
};

void tlml_doubt_add(struct tlml_doubt *d, unsigned int said, unsigned int tiny);

/* 0, or -EACCES with a sentence; 0 while there are too few flows. */
int tlml_doubt_check(const struct tlml_doubt *d, const struct tlml_class_info *classes,
		     struct tlml_error *e);

#endif
