/* SPDX-License-Identifier: BSD-2-Clause */
/* Between attaching and exchanging programs. */
#ifndef TLML_LOAD_IMPL_H
#define TLML_LOAD_IMPL_H

#include "../../daemon/model.h"
#include "load.h"

/*
 * From here on an interruption must not leave half of it behind: it waits, and interrupted() asks
 * for it. What is done after that takes no time, so it waits to the end.
 */
void tlml_load_hold_signals(void);

/*
 * The model to begin with, under the number that it is to have. That nothing can be kept is no
 * reason not to begin: r->unkept tells. -errno with a sentence.
 */
int tlml_load_take_model(const struct tlml_load_options *o, struct tlml_model *m,
			 struct tlml_load_result *r, struct tlml_error *e);

#endif
