/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The models of one interface on disk: the last ten generations as signed bundles, the last ten
 * refused candidates, and the log, in STATE/<interface as in the pin directory>. Killed at any
 * moment, it is as before a call, as after it, or the new generation is stored and in the log but
 * was not made live any more (tlml_generations_ahead() tells). Not for two threads at once.
 */
#ifndef TLML_GENERATIONS_H
#define TLML_GENERATIONS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "maps.h"

#define TLML_STATE_ROOT		"/var/lib/tlml"
#define TLML_GENERATIONS_KEPT	10	/* bundles, and as many refused candidates */

struct tlml_generations;

/*
 * TLML_STATE_ROOT; outside the first network namespace, whose number is another's after the next
 * boot, state/ in the run directory, which is gone then, too.
 */
void tlml_generations_root(char *path, unsigned int size);

/* The directory of an interface in state, as TLML_GENERATIONS_DIR bytes. */
#define TLML_GENERATIONS_DIR	(TLML_PATH_MAX + IF_NAMESIZE)
void tlml_generations_dir(const char *state, const char *ifname, char *path);

/*
 * Opens dir, which is made if only it is missing, and the keys in the directory above. Makes
 * nothing live. A damaged log is set aside, and what the bundles say is taken. -EBUSY if another
 * process has it open, -errno with a sentence.
 */
int tlml_generations_open(const char *dir, struct tlml_generations **g, struct tlml_error *e);
void tlml_generations_close(struct tlml_generations *g);

/* The number for a new model: greater than what is live, and than all that was. */
unsigned int tlml_generations_next(const struct tlml_generations *g, const struct tlml_maps *m);

/*
 * What an interface that has no model yet is to begin with, in place of *model: the one that was
 * live there last, unless model was given by the operator or that one is gone; else the model,
 * under a number that it can be kept by. -EPERM if another one is pinned.
 */
int tlml_generations_choose(const struct tlml_generations *g, struct tlml_model *model, bool given,
			    struct tlml_error *e);

/*
 * Signs a model, stores it, and makes it live. -EINVAL if it is none, or its generation is less
 * than tlml_generations_next(); -EPERM if a generation is pinned; -ENOSPC and others if it cannot
 * be kept: what is live stays then.
 */
int tlml_generations_publish(struct tlml_generations *g, struct tlml_maps *m, const void *blob,
			     size_t size, const char *why, struct tlml_error *e);

/*
 * Stores the model that is live already, if it is this one, so that there is something to roll back
 * to. Once for each. -ESTALE if another is live, -EINVAL as above.
 */
int tlml_generations_keep(struct tlml_generations *g, const struct tlml_maps *m, const void *blob,
			  size_t size, const char *why, struct tlml_error *e);

/*
 * Makes a file that came from outside live, under the next number: a bundle of a trusted key with
 * a counter greater than the last one of that key, or, if so wished, a model without a signature.
 * -EKEYREJECTED, -EINVAL, -EPERM if pinned. That it was refused is in the log.
 */
int tlml_generations_push(struct tlml_generations *g, struct tlml_maps *m, const void *file,
			  size_t size, bool unsigned_too, struct tlml_error *e);

/*
 * Has a model decide about share of 256 flows, under its number. It is in the log, and is stored
 * when it is promoted: killed before that, tlmld knows it no more, and the canary has to end.
 * Errors are those of tlml_generations_publish() and tlml_maps_canary().
 */
int tlml_generations_canary(struct tlml_generations *g, struct tlml_maps *m, const void *blob,
			    size_t size, unsigned int share, const char *why, struct tlml_error *e);

/* Signs the canary's model, stores it, and makes it live. -ESTALE if the canary is another one. */
int tlml_generations_promote(struct tlml_generations *g, struct tlml_maps *m, const void *blob,
			     size_t size, const char *why, struct tlml_error *e);

/* Ends the canary, at once, and keeps its model as one that was refused; without blob the entry. */
int tlml_generations_withdraw(struct tlml_generations *g, struct tlml_maps *m, const void *blob,
			      size_t size, const char *why, struct tlml_error *e);

/* An entry of the log about a candidate, of which nothing is kept yet. */
int tlml_generations_tell(struct tlml_generations *g, unsigned int generation, const char *why,
			  struct tlml_error *e);

/* Keeps a candidate that did not become live, and why; the bytes need not be a model. */
int tlml_generations_refuse(struct tlml_generations *g, const void *blob, size_t size,
			    const char *why, struct tlml_error *e);

/*
 * Publishes the weights of an older model under the next number; 0 for the one before the weights
 * that are live. -ENOENT if it is not kept, -EPERM if pinned.
 */
int tlml_generations_rollback(struct tlml_generations *g, struct tlml_maps *m,
			      unsigned int generation, const char *why, struct tlml_error *e);

/* Pinned, nothing but the operator's unpinning changes what is live. */
int tlml_generations_pin(struct tlml_generations *g, const struct tlml_maps *m, bool on,
			 struct tlml_error *e);
int tlml_generations_pinned(const struct tlml_generations *g);

/*
 * The generation of the newest good one that is stored, if it is newer than the live one and has
 * the same classes; else 0.
 */
unsigned int tlml_generations_ahead(const struct tlml_generations *g, const struct tlml_maps *m);

/* The generation whose weights those of a generation are: another one after a rollback. */
unsigned int tlml_generations_origin(const struct tlml_generations *g, unsigned int generation);

/* A generation that is kept, to be freed with tlml_model_free(). -ENOENT, -EINVAL ... */
int tlml_generations_read(const struct tlml_generations *g, unsigned int generation,
			  struct tlml_model *m, struct tlml_error *e);

/* What became of models, the oldest first (history.h); new references, NULL without memory. */
json_t *tlml_generations_log(const struct tlml_generations *g);

/* The number of the next entry of the log, 1 or more. */
uint32_t tlml_generations_entries(const struct tlml_generations *g);

/*
 * What is kept, the newest first: {"generation", "origin", "counter", "created", "hash", "parent",
 * "live"} or {"generation", "damaged": sentence}.
 */
json_t *tlml_generations_list(const struct tlml_generations *g, const struct tlml_maps *m);

#endif
