/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Flows that the large model has answered: what the tiny model learns from, or, in a second one
 * that it never learns from, what it is judged by. Bounded: a new answer takes the place of an
 * old one at random, so that an answer's age is exponentially distributed; remembering what is
 * older still is the anchor's part. No source holds more than its quota: beyond that it only
 * displaces itself.
 */
#ifndef TLML_LEARN_RESERVOIR_H
#define TLML_LEARN_RESERVOIR_H

#include <stddef.h>
#include <stdint.h>

#include "set.h"

/* An answered flow, and where the answer comes from. */
struct tlml_answered {
	uint64_t time;		/* of the answer, in us since 1970 */
	uint64_t source;	/* hash of the prefix of the flow's source */
	uint32_t version;	/* of the large model: hash of endpoint, name and version */
	uint32_t generation;	/* of the tiny model that asked */
	uint8_t reason;		/* enum tlml_reason */
	uint8_t label;		/* a person's or tool's verdict, or TLML_UNLABELLED */
	uint8_t reserved[6];
	uint8_t x[TLML_FEATURES_MAX];		/* 0..127 */
	uint8_t root[TLML_CLASSES_MAX];		/* square roots of probabilities, 255 is 1 */
};

struct tlml_reservoir {
	struct tlml_class_info classes[TLML_CLASSES_MAX];	/* what root is of */
	unsigned int n_classes;
	struct tlml_answered *item;
	uint64_t *source;	/* of each item, packed to be searched */
	uint32_t n, room, quota;	/* items, at most, of one source at most */
	uint64_t seen, seed;
};

/*
 * room: 1..65536 items; percent: of the room that one source may hold, 1..100. Deterministic for
 * a seed. -ENOMEM with a sentence.
 */
int tlml_reservoir_init(struct tlml_reservoir *r, const struct tlml_class_info *classes,
			unsigned int n_classes, uint32_t room, unsigned int percent, uint64_t seed,
			struct tlml_error *e);

/* To be read, not added to; -ENOMEM with a sentence. */
int tlml_reservoir_copy(const struct tlml_reservoir *r, struct tlml_reservoir *to,
			struct tlml_error *e);

/* Keeps a copy. Linear in the room: about a microsecond for some thousand items. */
void tlml_reservoir_add(struct tlml_reservoir *r, const struct tlml_answered *a);

/*
 * Says of those with these features, answered from since to until, that they are of class label.
 * How many there are.
 */
unsigned int tlml_reservoir_label(struct tlml_reservoir *r, const uint8_t x[TLML_FEATURES_MAX],
				  uint64_t since, uint64_t until, uint8_t label);

/* From probabilities p[n], 0..1, to root; and back what the most likely class and its p are. */
void tlml_answered_set(struct tlml_answered *a, const float *p, unsigned int n);
unsigned int tlml_answered_class(const struct tlml_answered *a, unsigned int n);
float tlml_answered_sure(const struct tlml_answered *a, unsigned int n);

/* Both -errno with a sentence; see store.h. */
int tlml_reservoir_write(const struct tlml_reservoir *r, const char *path, struct tlml_error *e);

/*
 * Adds what the file holds to r, which was initialised for the model of now: -EINVAL and the file
 * set aside if it is damaged or of other classes or features; 0 if there is none.
 */
int tlml_reservoir_read(struct tlml_reservoir *r, const char *path, struct tlml_error *e);

void tlml_reservoir_free(struct tlml_reservoir *r);

#endif
