/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is asked about an interface's models (request.h): by the control socket, or, where no tlmld
 * looks after the interface, by tlmlctl in its place.
 */
#ifndef TLML_MODELS_H
#define TLML_MODELS_H

#include "generations.h"
#include "request.h"

/*
 * The reply, a new reference: to MODELS {"interface", "live", "pinned", "generations", "log"}
 * (generations.h), to the others {"interface", "live"}. fd: of the file that came with PUSH, which
 * stays the caller's, or -1. NULL with a sentence.
 */
json_t *tlml_models_do(struct tlml_generations *g, struct tlml_maps *m,
		       const struct tlml_request *r, int fd, struct tlml_error *e);

#endif
