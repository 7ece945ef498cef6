/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which sample to learn from next: first a class, by the root of its flows, so that small classes
 * count and large ones still count more; then one of its flows; then one of the flow's points, the
 * last one more often. A long flow so weighs as much as a short one.
 */
#ifndef TLML_LEARN_DRAW_H
#define TLML_LEARN_DRAW_H

#include "set.h"

enum tlml_draw_of {
	TLML_DRAW_FIRST,	/* samples of first packets, for the additive head */
	TLML_DRAW_NET,		/* all later ones, for the net */
};

struct tlml_draw {
	const struct tlml_set *set;
	enum tlml_draw_of of;
	uint32_t *runs;			/* by class */
	uint32_t start[TLML_CLASSES_MAX + 1];
	float share[TLML_CLASSES_MAX];	/* running sum of the classes' shares */
	size_t samples;			/* that can be drawn */
};

/* -ENOMEM, or -EINVAL if there is nothing to draw. */
int tlml_draw_init(struct tlml_draw *d, const struct tlml_view *view, enum tlml_draw_of of,
		   struct tlml_error *e);

const struct tlml_sample *tlml_draw_next(const struct tlml_draw *d, uint64_t *seed);

void tlml_draw_free(struct tlml_draw *d);

#endif
