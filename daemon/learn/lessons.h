/* SPDX-License-Identifier: BSD-2-Clause */
/* A snapshot of the answers, sorted by class: who learns from it is not disturbed by new ones. */
#ifndef TLML_LEARN_LESSONS_H
#define TLML_LEARN_LESSONS_H

#include "reservoir.h"
#include "urn.h"

struct tlml_lessons {
	struct tlml_answered *item;
	struct tlml_urn urn;
	uint32_t n, room;
};

/* Replaces l, which begins as all zeros; -ENOMEM with a sentence. */
int tlml_lessons_take(struct tlml_lessons *l, const struct tlml_reservoir *r, struct tlml_error *e);

void tlml_lessons_free(struct tlml_lessons *l);

#endif
