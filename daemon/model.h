/* SPDX-License-Identifier: BSD-2-Clause */
/* Model blobs in memory: read, checked, written. No other I/O; safe on hostile bytes. */
#ifndef TLML_MODEL_H
#define TLML_MODEL_H

#include <stdbool.h>
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
	void *file;			/* all models of the file, one after the other; blob if */
	size_t file_size;		/* it is the only one */
};

/* Fingerprint of names, order and arithmetic of the features (TLML_FEATURES). */
uint64_t tlml_schema_hash(void);

/*
 * Checks size bytes, one model or several, and fills m with the biggest one, which then owns a
 * copy. name is used in sentences only. -EINVAL with a sentence: magic, ABI, size, hash, schema,
 * shapes, ranges, accumulator bound, several that are not each other's. -ENOMEM.
 */
int tlml_model_parse(const void *blob, size_t size, const char *name, struct tlml_model *m,
		     struct tlml_error *e);

/* The same from a file; -errno of reading it, with a sentence. */
int tlml_model_read(const char *path, struct tlml_model *m, struct tlml_error *e);

/*
 * The biggest model of m's file for a data path that calls the module or does not; fit owns a copy.
 * -EINVAL with a sentence if all of them need the module.
 */
int tlml_model_fit(const struct tlml_model *m, bool module, struct tlml_model *fit,
		   struct tlml_error *e);

/* Another generation for all models of m's file, which is sealed anew. */
void tlml_model_renumber(struct tlml_model *m, uint32_t generation);

/* Multiplications of the net, anomaly head included. */
unsigned int tlml_model_products(const struct tlml_model *m);

/* Fills in magic, ABI, sizes, schema and hash of a blob that is otherwise complete. */
void tlml_model_seal(void *blob, size_t size);

void tlml_model_free(struct tlml_model *m);

#endif
