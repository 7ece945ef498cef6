/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Things sorted by class, to be drawn: first a class, by the root of how many it has, so that
 * small classes count and large ones still count more; then one of its things.
 */
#ifndef TLML_LEARN_URN_H
#define TLML_LEARN_URN_H

#include "rand.h"
#include "../../uapi/tlml.h"

struct tlml_urn {
	unsigned int classes;
	uint32_t start[TLML_CLASSES_MAX + 1];	/* where each class begins; last: the end */
	float share[TLML_CLASSES_MAX];		/* running sum of the classes' shares */
};

/* To be called for each class in turn, with how many it has. Begins as all zeros. */
static inline void tlml_urn_add(struct tlml_urn *u, uint32_t n)
{
	unsigned int c = u->classes++;

	u->start[c + 1] = u->start[c] + n;
	u->share[c] = (c ? u->share[c - 1] : 0) + sqrtf(n);
}

/* Index of a thing; there must be one. */
static inline uint32_t tlml_urn_next(const struct tlml_urn *u, uint64_t *seed)
{
	float at = tlml_rand_unit(seed) * u->share[u->classes - 1];
	unsigned int c = 0;

	while (c + 1 < u->classes && at >= u->share[c])
		c++;
	while (u->start[c] == u->start[c + 1])	/* rounding led past the last that has some */
		c--;
	return u->start[c] + tlml_rand_below(seed, u->start[c + 1] - u->start[c]);
}

#endif
