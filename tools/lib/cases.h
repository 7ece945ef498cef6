/* SPDX-License-Identifier: BSD-2-Clause */
/* Labelled flows as they are laid before the large model, to teach it: CSV out of captures. */
#ifndef TLML_CASES_H
#define TLML_CASES_H

#include <stdio.h>

#include "../../daemon/model.h"
#include "reading.h"

struct tlml_cases {
	const struct tlml_model *model;	/* the tiny one, whose verdicts the flows have */
	uint32_t ask_at;		/* flows are asked about at this packet, a power of two */
	FILE *out;
};

/* The line of column names; struct tlml_case's inputs in their order, "features_0" and so on. */
void tlml_cases_head(const struct tlml_cases *c);

/*
 * The rows of a capture: one a flow, at packet ask_at or, where it ends before, at its last
 * decision; another one as asked about again, with the packets told after it. r->points is not
 * read. -errno with a sentence.
 */
int tlml_cases_write(const struct tlml_cases *c, const struct tlml_reading *r,
		     struct tlml_error *e);

#endif
