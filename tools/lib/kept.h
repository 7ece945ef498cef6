/* SPDX-License-Identifier: BSD-2-Clause */
/* The models of an interface that no tlmld looks after, where the next one will look for them. */
#ifndef TLML_KEPT_H
#define TLML_KEPT_H

#include "../../daemon/generations.h"

/*
 * Until tlml_kept_close() who is root is the owner of the state directory (daemon/owner.h), as
 * tlmld will be. -EBUSY if somebody else has them open and keeps them, -errno with a sentence.
 */
int tlml_kept_open(const char *ifname, struct tlml_generations **g, struct tlml_error *e);
void tlml_kept_close(struct tlml_generations *g);

/* A generation with all of its file; also while somebody else has them open. */
int tlml_kept_read(const char *ifname, unsigned int generation, struct tlml_model *m,
		   struct tlml_error *e);

/* As tlml_generations_choose() and tlml_generations_keep(). -errno with a sentence. */
int tlml_kept_choose(const char *ifname, struct tlml_model *model, bool given,
		     struct tlml_error *e);
int tlml_kept_add(const char *ifname, const struct tlml_maps *m, const struct tlml_model *model,
		  struct tlml_error *e);

#endif
