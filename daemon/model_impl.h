/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of models: one model, of which a file may hold several. */
#ifndef TLML_MODEL_IMPL_H
#define TLML_MODEL_IMPL_H

#include "model.h"

/*
 * Checks the model that begins left bytes before the end of a file, as of tlml_model_parse(): it
 * is all there is to m.
 */
int tlml_model_parse_one(const void *blob, size_t left, const char *name, struct tlml_model *m,
			 struct tlml_error *e);

#endif
