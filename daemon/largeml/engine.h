/* SPDX-License-Identifier: BSD-2-Clause */
/* What computes: one engine for each kind of model file. */
#ifndef TLML_LARGEML_ENGINE_H
#define TLML_LARGEML_ENGINE_H

#include <stddef.h>

#include "../oip.h"

#define TLML_CHUNK		16	/* flows in one run at most: best for the caches of a CPU */
#define TLML_WORKERS_MAX	64

#define TLML_OUTPUT		"probabilities"	/* of every model that is served here */
#define TLML_CLASSES_KEY	"tlml_classes"	/* attribute of a model that names its classes */

/* [flows][tlml_inputs[i].values] each; NULL for what the model does not take. */
struct tlml_rows {
	const float *value[TLML_INPUTS];
};

struct tlml_engine {
	const char *platform;	/* as metadata calls it */

	/*
	 * Opens a model of size bytes for so many workers and fills in plan, how it wants to be
	 * asked. -EINVAL with a sentence that has no file name, -ENOENT if a library is not there.
	 */
	int (*open)(const void *bytes, size_t size, unsigned int workers,
		    struct tlml_oip_plan *plan, void **state, struct tlml_error *e);

	/*
	 * Computes n flows, 1..TLML_CHUNK, into p[n][classes]. Workers run at the same time, each
	 * under its own number. -EIO with a sentence.
	 */
	int (*run)(void *state, unsigned int worker, const struct tlml_rows *rows, unsigned int n,
		   float *p, struct tlml_error *e);

	void (*close)(void *state);
};

extern const struct tlml_engine tlml_engine_null;	/* bytes: the text of class names */
extern const struct tlml_engine tlml_engine_xgb;	/* XGBoost's .ubj or .json */
extern const struct tlml_engine tlml_engine_onnx;	/* .onnx, if ONNX Runtime is there */

/* XGBoost makes no thread of its own while this one reads a model. */
void tlml_engine_one_thread(void);

/* "a,b,c" into the classes of plan: 2..16 different words of 1..15 plain characters. -EINVAL. */
int tlml_engine_classes(const char *text, size_t len, struct tlml_oip_plan *plan,
			struct tlml_error *e);

/* Whether p[n][classes] are probabilities, each row of them. -EIO with a sentence. */
int tlml_engine_check(const float *p, unsigned int n, unsigned int classes, struct tlml_error *e);

#endif
