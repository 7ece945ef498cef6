/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which sample to learn from next: one of the flows, by class (urn.h), then one of its points, the
 * last one more often. A long flow so weighs as much as a short one.
 */
#ifndef TLML_LEARN_DRAW_H
#define TLML_LEARN_DRAW_H

#include "set.h"
#include "urn.h"

enum tlml_draw_of {
	TLML_DRAW_FIRST,	/* samples of first packets, for the additive head */
	TLML_DRAW_NET,		/* all later ones, for the net */
};

struct tlml_draw {
	const struct tlml_set *set;
	enum tlml_draw_of of;
	uint32_t *runs;			/* by class */
	struct tlml_urn urn;		/* of these */
	size_t samples;			/* that can be drawn */
};

/* -ENOMEM, or -EINVAL if there is nothing to draw. */
int tlml_draw_init(struct tlml_draw *d, const struct tlml_view *view, enum tlml_draw_of of,
		   struct tlml_error *e);

const struct tlml_sample *tlml_draw_next(const struct tlml_draw *d, uint64_t *seed);

/* The inputs' mean, in whole numbers, where training draws and not where flows abound. */
void tlml_draw_mean(const struct tlml_draw *d, uint64_t seed, float mean[TLML_FEATURES_MAX]);

void tlml_draw_free(struct tlml_draw *d);

#endif
