/* SPDX-License-Identifier: BSD-2-Clause */
/* The whole of training: from labelled samples to the parts of a blob. */
#ifndef TLML_LEARN_TRAIN_H
#define TLML_LEARN_TRAIN_H

#include "blob.h"
#include "score.h"

struct tlml_train_options {
	unsigned int inputs;		/* the first ones of a sample; 0 is all */
	unsigned int hidden[2];
	bool wide;			/* a net for the module */
	unsigned int epochs;
	uint64_t seed;
	uint32_t generation;
	/* Tells how far training is; may be NULL. share 0..1; loss on validation, in nats. */
	void (*progress)(void *arg, const char *stage, double share, double loss);
	void *arg;
};

/* What to learn from and what to choose by; both of one indexed set. */
struct tlml_train_views {
	const struct tlml_view *train, *validate;
};

/* The net alone, the best of its epochs by loss on validation. */
int tlml_train_net(const struct tlml_train_views *v, const struct tlml_train_options *o,
		   enum tlml_precision precision, struct tlml_net *net, struct tlml_error *e);

/* Everything; -errno with a sentence. p: the parts of the blob, header included. */
int tlml_train(const struct tlml_train_views *v, const struct tlml_train_options *o,
	       struct tlml_parts *p, struct tlml_error *e);

/*
 * How good m would be with the net in place of its own: fills the scores of v with the net's
 * logits in the units of m's.
 */
void tlml_train_swap_scores(const struct tlml_net *net, const struct tlml_view *v,
			    const struct tlml_model *m, struct tlml_scores *s);

#endif
