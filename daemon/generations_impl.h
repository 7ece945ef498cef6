/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of generations: what is on disk, and the one way in which it changes. */
#ifndef TLML_GENERATIONS_IMPL_H
#define TLML_GENERATIONS_IMPL_H

#include "generations.h"
#include "history.h"
#include "shelf.h"

struct tlml_generations {
	int dir;
	struct tlml_keys keys;
	struct tlml_history history;	/* as on disk */
};

/* What is to be known of a model that becomes live. */
struct tlml_news {
	const char *event, *why;
	json_t *more;			/* of the entry; taken over */
	uint32_t origin;
	const struct tlml_bundle *from;	/* as it came in, or NULL */
	int (*flip)(struct tlml_maps *m, struct tlml_error *e);	/* NULL: it is in no slot yet */
};

/* -EPERM with a sentence if a generation is pinned. */
int tlml_generations_may_change(const struct tlml_generations *g, struct tlml_error *e);

/* Has the change on disk, or none at all. next is taken over. */
int tlml_generations_commit(struct tlml_generations *g, struct tlml_history *next,
			    struct tlml_error *e);

/* One more entry, and nothing else. more is taken over. */
int tlml_generations_note(struct tlml_generations *g, const char *event, uint32_t generation,
			  const char *why, json_t *more, struct tlml_error *e);

/* Keeps what did not become live, or not for long, and an entry that says so. */
int tlml_generations_set_aside(struct tlml_generations *g, const char *event, const void *blob,
			       size_t size, const char *why, struct tlml_error *e);

/* Signs, stores, and makes live; m NULL: it is live already. */
int tlml_generations_put(struct tlml_generations *g, struct tlml_maps *m,
			 const struct tlml_model *model, const struct tlml_news *n,
			 struct tlml_error *e);

#endif
