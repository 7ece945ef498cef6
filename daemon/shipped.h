/* SPDX-License-Identifier: BSD-2-Clause */
/* What tlmld carries: the default model and its anchor (tools/models/default.S, anchor.S). */
#ifndef TLML_SHIPPED_H
#define TLML_SHIPPED_H

#include "learning.h"

extern const unsigned char tlml_default_model[], tlml_default_anchor[];
extern const unsigned int tlml_default_model_size, tlml_default_anchor_size;

#define TLML_SHIPPED ((struct tlml_shipped){ \
	.model = tlml_default_model, .model_size = tlml_default_model_size, \
	.anchor = tlml_default_anchor, .anchor_size = tlml_default_anchor_size })

#endif
