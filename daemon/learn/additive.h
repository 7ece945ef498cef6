/* SPDX-License-Identifier: BSD-2-Clause */
/* The additive head in training: multinomial logistic regression on the bins of the inputs. */
#ifndef TLML_LEARN_ADDITIVE_H
#define TLML_LEARN_ADDITIVE_H

#include "draw.h"

#define TLML_ADDITIVE_WEIGHTS	(TLML_FIRST * TLML_BINS * TLML_CLASSES_MAX)

struct tlml_additive {
	unsigned int classes;
	float w[TLML_ADDITIVE_WEIGHTS];	/* [TLML_FIRST][TLML_BINS][classes], in nats */
	float b[TLML_CLASSES_MAX];
};

/* Learns from steps batches of draws; -ENOMEM. */
int tlml_additive_train(struct tlml_additive *a, const struct tlml_draw *d, unsigned int steps,
			uint64_t *seed);

/*
 * Whole numbers in the bound: w [TLML_FIRST][TLML_BINS][classes], b [classes]. Returns the bits:
 * 2^bits is a nat.
 */
unsigned int tlml_additive_export(struct tlml_additive *a, int16_t *w, int32_t *b);

#endif
