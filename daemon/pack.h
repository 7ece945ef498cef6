/* SPDX-License-Identifier: BSD-2-Clause */
/* From a model to the words that the data path multiplies with (uapi/tlml_weights.h). */
#ifndef TLML_PACK_H
#define TLML_PACK_H

#include "../uapi/tlml_weights.h"
#include "model.h"

/* Fills w from a model that tlml_model_parse() accepted; cannot fail. */
void tlml_pack(const struct tlml_model *m, struct tlml_weights *w);

#endif
