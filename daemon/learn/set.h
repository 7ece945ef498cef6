/* SPDX-License-Identifier: BSD-2-Clause */
/* Labelled samples: decision points of flows of captures. Splits go by capture, never by flow. */
#ifndef TLML_LEARN_SET_H
#define TLML_LEARN_SET_H

#include <stddef.h>
#include <stdint.h>

#include "../error.h"
#include "../../uapi/tlml_feature.h"
#include "../../uapi/tlml_model.h"

enum tlml_split { TLML_SPLIT_TRAIN, TLML_SPLIT_VALIDATE, TLML_SPLIT_TEST, TLML_SPLITS };

#define TLML_UNLABELLED	0xff	/* a label that is not known */
#define TLML_POINTS	16	/* decision points are packets 2^0 to 2^15 */

struct tlml_sample {
	uint32_t flow;		/* of the whole set, from 0 */
	uint16_t capture;
	uint8_t label;
	uint8_t point;		/* k: at packet 2^k of the flow */
	uint8_t x[TLML_FEATURES_MAX];	/* beyond TLML_FIRST only where point > 0 */
};

/* A flow: a run of samples, in order of their points. */
struct tlml_run {
	uint32_t first;		/* of its samples */
	uint16_t capture;
	uint8_t samples;
	uint8_t label;
};

struct tlml_set_capture {
	char *name;
	enum tlml_split split;
};

struct tlml_set {
	struct tlml_class_info classes[TLML_CLASSES_MAX];
	unsigned int n_classes;
	unsigned int fixed;	/* classes that a model already has: kept in place; 0 in training */
	struct tlml_set_capture *captures;
	unsigned int n_captures;
	struct tlml_sample *samples;
	size_t n_samples, room;
	uint32_t next_flow;	/* who adds a flow takes its id from here */
	struct tlml_run *runs;	/* from tlml_set_index() on */
	size_t n_runs;
};

/* Some flows of a set. */
struct tlml_view {
	const struct tlml_set *set;
	uint32_t *runs;		/* indices into set->runs */
	size_t n;
};

/* Index of a class, made if need be; -EINVAL or -E2BIG with a sentence that where begins. */
int tlml_set_class(struct tlml_set *s, const char *name, int attack, const char *where,
		   struct tlml_error *e);

/* Index of a capture, made if need be; -EINVAL if it is in another split, -ENOMEM, -E2BIG. */
int tlml_set_capture(struct tlml_set *s, const char *name, enum tlml_split split,
		     struct tlml_error *e);

/* Copies a sample; -ENOMEM with a sentence. */
int tlml_set_add(struct tlml_set *s, const struct tlml_sample *sample, struct tlml_error *e);

/*
 * Sorts classes (benign first, by name) and samples, and finds the flows. Where classes are fixed
 * it instead leaves the samples of all others out, and these classes beyond n_classes.
 */
int tlml_set_index(struct tlml_set *s, struct tlml_error *e);

/* Turns a fifth of the training captures into validation ones, if there are none yet. */
int tlml_set_divide(struct tlml_set *s, uint64_t seed, struct tlml_error *e);

/* The flows of a split; -ENOMEM with a sentence. */
int tlml_set_view(const struct tlml_set *s, enum tlml_split split, struct tlml_view *v,
		  struct tlml_error *e);

void tlml_view_free(struct tlml_view *v);
void tlml_set_free(struct tlml_set *s);

#endif
