/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Training, one step at a time: from labelled samples (the anchor), from what the large model said
 * of flows (lessons), or both. Rehearsing the anchor in half of each batch, or more, keeps what a
 * model knew and dilutes answers that lie. Whoever trains may stop between any two steps.
 */
#ifndef TLML_LEARN_DISTIL_H
#define TLML_LEARN_DISTIL_H

#include "blob.h"
#include "draw.h"
#include "lessons.h"
#include "net.h"

struct tlml_distil {
	struct tlml_net net;
	struct tlml_fc decode;		/* the anomaly head; without outputs: none */
	const struct tlml_draw *anchor;	/* or NULL */
	struct tlml_lessons lessons;
	unsigned int rehearse;		/* rows from the anchor while there are lessons */
	const struct tlml_model *keep;	/* NULL, or whose verdicts on them are rehearsed, not their
					 * labels: a small anchor would be learned by heart */
	uint32_t attacks;		/* bit k: class k is one */
	unsigned int decode_steps;
	uint64_t seed;
	struct tlml_batch batch;	/* the latest */
};

/* Continues from a model with the lessons of d, if any. anchor stays the caller's. */
void tlml_distil_begin(struct tlml_distil *d, const struct tlml_model *m,
		       const struct tlml_draw *anchor, uint64_t seed);

/*
 * A step of both heads, by TLML_BATCH rows; there must be an anchor or lessons. rate: as of
 * tlml_net_step(). Returns the loss in nats. Deterministic for a seed and what was learned from.
 */
float tlml_distil_step(struct tlml_distil *d, float rate);

/*
 * The next generation of m, sealed, to be freed: m but for the net; margins and anomaly marks by
 * the golden flows, and the anchor's only to raise what is acted on. Without golden (NULL) these
 * stay, too. meta is JSON text. NULL with a sentence.
 */
void *tlml_distil_blob(const struct tlml_distil *d, const struct tlml_model *m,
		       const struct tlml_view *golden, const struct tlml_view *anchor,
		       const char *meta, size_t *size, struct tlml_error *e);

void tlml_distil_free(struct tlml_distil *d);

#endif
