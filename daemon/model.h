/* SPDX-License-Identifier: BSD-2-Clause */
/* A model blob in memory: read, checked, written. No other I/O; safe on hostile bytes. */
#ifndef TLML_MODEL_H
#define TLML_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include "../uapi/tlml_feature.h"
#include "../uapi/tlml_model.h"
#include "error.h"

/* A layer with pointers into the blob; see uapi/tlml_model.h for shapes and arithmetic. */
struct tlml_dense {
	uint16_t inputs, outputs;
	uint8_t shift;
	const int8_t *w;	/* [outputs][inputs] */
	const int32_t *b;	/* [outputs] */
};

struct tlml_model {
	struct tlml_model_header header;	/* a copy */
	struct tlml_class_info classes[TLML_CLASSES_MAX];
	struct {			/* [TLML_FIRST][TLML_BINS][classes], [classes] */
		const int16_t *w;
		const int32_t *b;
	} additive;
	struct tlml_dense hidden[2], klass, decode;	/* decode.outputs 0: no anomaly head */
	const char *meta;		/* JSON text, header.meta_size bytes, not terminated */
	void *blob;			/* what the pointers point into; header.size bytes */
};

/* Fingerprint of names, order and arithmetic of the features (TLML_FEATURES). */
uint64_t tlml_schema_hash(void);

/*
 * Checks size bytes and fills m, which then owns a copy. name is used in sentences only. -EINVAL
 * with a sentence: magic, ABI, size, hash, schema, shapes, ranges, accumulator bound. -ENOMEM.
 */
int tlml_model_parse(const void *blob, size_t size, const char *name, struct tlml_model *m,
		     struct tlml_error *e);

/* The same from a file; -errno of reading it, with a sentence. */
int tlml_model_read(const char *path, struct tlml_model *m, struct tlml_error *e);

/* Fills in magic, ABI, sizes, schema and hash of a blob that is otherwise complete. */
void tlml_model_seal(void *blob, size_t size);

void tlml_model_free(struct tlml_model *m);

#endif
