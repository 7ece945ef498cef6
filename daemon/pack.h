/* SPDX-License-Identifier: BSD-2-Clause */
/* From a model to what the data path computes with: tlml_weights.h and tlml_wide.h of uapi/. */
#ifndef TLML_PACK_H
#define TLML_PACK_H

#include "../uapi/tlml_weights.h"
#include "../uapi/tlml_wide.h"
#include "model.h"

/*
 * Fills both parts of a slot from a model that tlml_model_parse() accepted; cannot fail. The net of
 * a wide model is in wide alone; that of another one in w, and wide is empty.
 */
void tlml_pack(const struct tlml_model *m, struct tlml_weights *w, struct tlml_wide *wide);

#endif
