/* SPDX-License-Identifier: BSD-2-Clause */
/* Boosted trees that learn more: XGBoost's training, by its C API as of 1.7. One thread. */
#ifndef TLML_LARGEML_BOOSTER_H
#define TLML_LARGEML_BOOSTER_H

#include <stddef.h>
#include <stdint.h>

#include "../case.h"
#include "../error.h"
#include "../oip.h"

struct tlml_booster;

/*
 * From a model file's bytes; plan is filled in with its classes. -EINVAL with a sentence. A damaged
 * one may end the process.
 */
int tlml_booster_open(const void *bytes, size_t size, struct tlml_booster **b,
		      struct tlml_oip_plan *plan, struct tlml_error *e);
void tlml_booster_free(struct tlml_booster *b);

/* Takes away again what was learned since it was made. */
int tlml_booster_cut(struct tlml_booster *b, struct tlml_error *e);

/* Probabilities p[n][classes] of n rows. -EIO with a sentence if they are none. */
int tlml_booster_ask(struct tlml_booster *b, const float (*row)[TLML_CASE_COLUMNS],
		     unsigned int n, float *p, struct tlml_error *e);

/* What is to be learned: for each row how likely each class is, and how much the row weighs. */
struct tlml_booster_lesson {
	const float (*row)[TLML_CASE_COLUMNS];
	const float *target;		/* [n][classes] */
	const float *weight;		/* [n], a mean of 1 */
	unsigned int n;
};

/* Adds rounds of trees, the same ones for a seed. -EINVAL with a sentence. */
int tlml_booster_learn(struct tlml_booster *b, const struct tlml_booster_lesson *l,
		       unsigned int rounds, uint32_t seed, struct tlml_error *e);

/* As a model file, in memory to be freed. */
int tlml_booster_save(struct tlml_booster *b, void **bytes, size_t *size, struct tlml_error *e);

#endif
