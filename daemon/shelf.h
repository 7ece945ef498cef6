/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The files of an interface's models in their directory: signed bundles, named for their
 * generation, and refused candidates, named for their entry in the log. Numbers are 1 and up.
 */
#ifndef TLML_SHELF_H
#define TLML_SHELF_H

#include "bundle.h"
#include "model.h"

enum tlml_shelf_kind { TLML_SHELF_BUNDLES, TLML_SHELF_REFUSED };

#define TLML_SHELF_NAME		32
#define TLML_SHELF_MOST		64	/* files of a kind that are seen */

void tlml_shelf_name(enum tlml_shelf_kind kind, uint32_t number, char name[TLML_SHELF_NAME]);

/* The numbers of a kind, the greatest first; how many, or -errno. */
int tlml_shelf_list(int dir, enum tlml_shelf_kind kind, uint32_t numbers[TLML_SHELF_MOST]);

/* Reads and checks a bundle: m owns its blob. -ENOENT, -EINVAL, -EKEYREJECTED, with a sentence. */
int tlml_shelf_get(int dir, const struct tlml_keys *k, uint32_t generation, struct tlml_bundle *b,
		   struct tlml_model *m, struct tlml_error *e);

/* Removes all but the keep greatest. */
void tlml_shelf_prune(int dir, enum tlml_shelf_kind kind, unsigned int keep);

/* After a kill: removes drafts, and files of this kind with a number above last. */
void tlml_shelf_sweep(int dir, enum tlml_shelf_kind kind, uint32_t last);

#endif
