/* SPDX-License-Identifier: BSD-2-Clause */
/* From what training made to a model blob. */
#ifndef TLML_LEARN_BLOB_H
#define TLML_LEARN_BLOB_H

#include "additive.h"
#include "net.h"

/* Everything that goes into a blob, in whole numbers. */
struct tlml_parts {
	struct tlml_model_header header;	/* sizes, offsets and hash are filled in */
	struct tlml_class_info classes[TLML_CLASSES_MAX];
	int16_t additive_w[TLML_ADDITIVE_WEIGHTS];
	int32_t additive_b[TLML_CLASSES_MAX];
	struct tlml_part {
		unsigned int inputs, outputs, shift;
		int8_t w[TLML_FC_WEIGHTS];
		int32_t b[TLML_FC_MAX];
	} dense[4];			/* hidden, hidden, class, decode (outputs 0: none) */
};

/*
 * Copies trained layers; a narrow net is widened by zeros to the sizes that models may have.
 * decode: NULL, or without outputs, for no anomaly head.
 */
void tlml_parts_set_net(struct tlml_parts *p, const struct tlml_net *net,
			const struct tlml_fc *decode);

/* All but the layers of the net, from a model. */
void tlml_parts_set_rest(struct tlml_parts *p, const struct tlml_model *m);

/* A sealed blob of *size bytes, to be freed; meta is JSON text. NULL without memory. */
void *tlml_blob_build(const struct tlml_parts *p, const char *meta, size_t *size);

#endif
