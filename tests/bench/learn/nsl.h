/* SPDX-License-Identifier: BSD-2-Clause */
/* NSL-KDD in four classes: what is known, and the other traffic of its test set. */
#ifndef TLML_BENCH_NSL_H
#define TLML_BENCH_NSL_H

#include <stddef.h>
#include <stdint.h>

#include "../../../daemon/learn/set.h"

#define NSL_CLASSES	4	/* normal, dos, probe, access */
#define NSL_COLUMNS	41	/* that the large model sees */

struct nsl_flow {
	uint8_t x[TLML_FEATURES_MAX];	/* what the tiny model sees */
	uint8_t label;
	float all[NSL_COLUMNS];
};

struct nsl_part {
	struct nsl_flow *flow;
	size_t n;
};

/* Both sets are divided at random: 72, 8 and 20 % of KDDTrain+, halves of KDDTest+. */
struct nsl {
	struct nsl_part train, golden, kept, stream, shifted;
};

extern const struct tlml_class_info nsl_classes[NSL_CLASSES];

/* 0; 1 if the files are not there. Exits if they are not what they should be. */
int nsl_read(struct nsl *n, const char *folder, uint64_t seed);

void nsl_free(struct nsl *n);

#endif
