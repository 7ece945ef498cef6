/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The models that are served, each under its name. One thread asks; a second one loads, so that
 * nobody waits for it. Who got a model keeps it: what replaces it is for those who come later.
 */
#ifndef TLML_LARGEML_MODELS_H
#define TLML_LARGEML_MODELS_H

#include "load.h"

struct tlml_models;

struct tlml_models_entry {
	char name[TLML_MODEL_NAME];
	struct tlml_served *served;	/* NULL: nothing is */
	unsigned int version;		/* of the one served last */
	struct tlml_error why;		/* what is wrong with its file, "" if nothing is */
};

/*
 * Loads all that shelf (which has to outlive it) has. A file that is no model is told of and left
 * out; -errno with a sentence if the directory cannot be read or the default does not load.
 */
int tlml_models_new(const struct tlml_shelf *shelf, struct tlml_models **m, struct tlml_error *e);
void tlml_models_free(struct tlml_models *m);	/* waits for what is being loaded */

/* The model of a name, and of a version if that is not NULL: one more reference. NULL: none. */
struct tlml_served *tlml_models_get(struct tlml_models *m, const char *name, const char *version);
void tlml_models_put(struct tlml_served *served);

/*
 * Begins to load: one name, or with NULL whatever changed on the shelf. done(), if it is not NULL,
 * is called by tlml_models_finish(). What does not load leaves the model as it is. -EBUSY while
 * another load is under way, -errno.
 */
int tlml_models_load(struct tlml_models *m, const char *name,
		     void (*done)(void *arg, int err, const struct tlml_error *e), void *arg);
int tlml_models_loading(const struct tlml_models *m);	/* whether one is */
int tlml_models_fd(const struct tlml_models *m);	/* readable when loading has ended */
void tlml_models_finish(struct tlml_models *m);

/* No longer serves a name. -ENOENT. */
int tlml_models_unload(struct tlml_models *m, const char *name);

/* Entry i from 0 on, NULL after the last one. */
const struct tlml_models_entry *tlml_models_entry(const struct tlml_models *m, unsigned int i);

#endif
