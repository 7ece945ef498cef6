/* SPDX-License-Identifier: BSD-2-Clause */
/* From a file, or from what this program carries, to a model that has shown that it computes. */
#ifndef TLML_LARGEML_LOAD_H
#define TLML_LARGEML_LOAD_H

#include <sys/stat.h>

#include "engine.h"

#define TLML_MODEL_NAME		64	/* bytes of a model's name, with the final 0 */
#define TLML_MODEL_DEFAULT	"tlml"	/* the name that is there even without a file */
#define TLML_MODELS_MAX		32

/* Where models come from: DIR/NAME.ubj, .json or .onnx, and one without a file. */
struct tlml_shelf {
	const char *dir;		/* NULL: no files */
	const void *builtin;		/* of XGBoost, the default without a file, ... */
	size_t builtin_size;
	const char *null_classes;	/* ... if this is NULL: else tlml_engine_null with these */
	unsigned int workers;
};

/* A model that can be asked. */
struct tlml_served {
	char name[TLML_MODEL_NAME];
	char from[256];			/* for people: its file, or "built in" */
	struct stat file;		/* st_ino 0: none */
	const struct tlml_engine *engine;
	void *state;
	struct tlml_oip_plan plan;

	unsigned int refs, version;	/* tlml_models's, as are these counts */
	struct tlml_served_stats {
		uint64_t requests, failed;
		uint64_t flows, chunks;			/* of requests that did not fail */
		uint64_t queue_ns, compute_ns, wall_ns, failed_ns;	/* likewise but the last */
		uint64_t last_ms;			/* since 1970 */
	} stats;
};

/* 1..63 letters, digits, '-', '_' and '.', the first one no '.'. */
int tlml_load_name_valid(const char *name);

/*
 * Loads what stands under a name; free it with tlml_load_free(). A file is first tried in a process
 * of its own, which a damaged one may end. *m is NULL if the file is still that of have (which may
 * be NULL). -ENOENT with a sentence if there is none, -EINVAL, -errno.
 */
int tlml_load(const struct tlml_shelf *s, const char *name, const struct stat *have,
	      struct tlml_served **m, struct tlml_error *e);
void tlml_load_free(struct tlml_served *m);

/* The names that a shelf has, n <= TLML_MODELS_MAX; -errno with a sentence. */
int tlml_load_names(const struct tlml_shelf *s, char names[][TLML_MODEL_NAME], unsigned int *n,
		    struct tlml_error *e);

#endif
