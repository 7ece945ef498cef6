// SPDX-License-Identifier: BSD-2-Clause
/*
 * XGBoost, by its C API as of 1.7, which later versions keep. A booster may be asked by one thread
 * at a time, so each worker has its own; none of them starts threads.
 */
#include "engine.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xgboost/c_api.h>

#define COLUMNS	TLML_CASE_COLUMNS

#define PREDICT	"{\"type\":0,\"training\":false,\"iteration_begin\":0,\"iteration_end\":0," \
		"\"missing\":NaN,\"cache_id\":0,\"strict_shape\":true}"

struct xgb {
	unsigned int workers, classes;
	struct xgb_worker {
		BoosterHandle booster;
		float row[TLML_CHUNK][COLUMNS];
		char array[TLML_CHUNK][128];	/* how XGBoost is told of the first n rows */
	} worker[];
};

/* The first line of XGBoost's words, without the place in its source that it begins with. */
static int xgb_fail(int code, const char *what, struct tlml_error *e)
{
	const char *why = XGBGetLastError(), *place = strchr(why, ']'), *text;
	char line[200];

	text = *why == '[' && place && strstr(place, ": ") ? strstr(place, ": ") + 2 : why;
	snprintf(line, sizeof(line), "%.*s", (int)strcspn(text, "\n"), text);
	tlml_error_clean(line);
	return tlml_error_set(e, code, "XGBoost %s: %s", what, line);
}

static int xgb_describe(struct xgb *x, struct tlml_oip_plan *plan, struct tlml_error *e)
{
	BoosterHandle booster = x->worker[0].booster;
	const char *classes;
	bst_ulong columns;
	int found, err;

	if (XGBoosterGetNumFeature(booster, &columns) ||
	    XGBoosterGetAttr(booster, TLML_CLASSES_KEY, &classes, &found))
		return xgb_fail(EINVAL, "cannot describe it", e);
	if (columns != COLUMNS)
		return tlml_error_set(e, EINVAL, "it was trained on %lu columns: those of tlml are %u, features, packets and flow",
				      (unsigned long)columns, COLUMNS);
	if (!found)
		return tlml_error_set(e, EINVAL, "it does not name its classes: set its attribute " TLML_CLASSES_KEY " to their names, with commas between");
	err = tlml_engine_classes(classes, strlen(classes), plan, e);
	if (err)
		return err;
	plan->inputs = TLML_INPUTS;
	for (int i = 0; i < TLML_INPUTS; i++) {
		plan->input[i].input = i;
		plan->input[i].dtype = i == TLML_INPUT_FLOW ? TLML_DTYPE_FP32 : TLML_DTYPE_UINT8;
	}
	x->classes = plan->classes;
	return 0;
}

static int worker_open(struct xgb_worker *w, const void *bytes, size_t size, struct tlml_error *e)
{
	unsigned int n;

	if (XGBoosterCreate(NULL, 0, &w->booster))
		return xgb_fail(EINVAL, "cannot begin", e);
	if (XGBoosterLoadModelFromBuffer(w->booster, bytes, size) ||
	    XGBoosterSetParam(w->booster, "nthread", "1"))
		return xgb_fail(EINVAL, "cannot read it", e);
	for (n = 1; n <= TLML_CHUNK; n++)
		snprintf(w->array[n - 1], sizeof(w->array[0]),
			 "{\"data\":[%ju,true],\"shape\":[%u,%u],\"typestr\":\"<f4\",\"version\":3}",
			 (uintmax_t)(uintptr_t)w->row, n, COLUMNS);
	return 0;
}

static void xgb_close(void *state)
{
	struct xgb *x = state;
	unsigned int i;

	for (i = 0; i < x->workers; i++)
		if (x->worker[i].booster)
			XGBoosterFree(x->worker[i].booster);
	free(x);
}

/*
 * Loading heeds no parameter, but OpenMP's limit of this thread. Threads that it made would be
 * missing in the child that tries a model, which would wait for them. XGBoost brings OpenMP along,
 * whichever it was built with.
 */
void tlml_engine_one_thread(void)
{
	void (*set)(int n);

	*(void **)&set = dlsym(RTLD_DEFAULT, "omp_set_num_threads");
	if (set)
		set(1);
}

static int xgb_open(const void *bytes, size_t size, unsigned int workers,
		    struct tlml_oip_plan *plan, void **state, struct tlml_error *e)
{
	struct xgb *x = calloc(1, sizeof(*x) + workers * sizeof(x->worker[0]));
	unsigned int i;
	int err = 0;

	if (!x)
		return tlml_error_set(e, ENOMEM, "no memory");
	x->workers = workers;
	tlml_engine_one_thread();
	for (i = 0; !err && i < workers; i++)
		err = worker_open(&x->worker[i], bytes, size, e);
	if (!err)
		err = xgb_describe(x, plan, e);
	if (err)
		xgb_close(x);
	else
		*state = x;
	return err;
}

static int xgb_run(void *state, unsigned int worker, const struct tlml_rows *rows,
		   unsigned int n, float *p, struct tlml_error *e)
{
	const struct xgb *x = state;
	struct xgb_worker *w = &((struct xgb *)state)->worker[worker];
	const bst_ulong *shape;
	const float *result;
	bst_ulong dims;
	unsigned int i;
	float *to;
	int k;

	for (i = 0, to = w->row[0]; i < n; i++)
		for (k = 0; k < TLML_INPUTS; to += tlml_inputs[k++].values)
			memcpy(to, rows->value[k] + i * tlml_inputs[k].values,
			       tlml_inputs[k].values * sizeof(float));
	if (XGBoosterPredictFromDense(w->booster, w->array[n - 1], PREDICT, NULL, &shape, &dims,
				      &result))
		return xgb_fail(EIO, "cannot predict", e);
	if (dims != 2 || shape[0] != n || shape[1] != x->classes)
		return tlml_error_set(e, EIO, "it gives %lu values a flow, and has %u classes: train it for multi:softprob",
				      (unsigned long)(dims == 2 ? shape[1] : 0), x->classes);
	memcpy(p, result, (size_t)n * x->classes * sizeof(float));
	return 0;
}

const struct tlml_engine tlml_engine_xgb = {
	.platform = "xgboost",
	.open = xgb_open,
	.run = xgb_run,
	.close = xgb_close,
};
