// SPDX-License-Identifier: BSD-2-Clause
/* Boosted trees that learn more. */
#include "booster.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xgboost/c_api.h>

#include "engine.h"

#define BASE_KEY	"tlml_base_rounds"	/* attribute: rounds of the model as it was made */
#define MARGIN		"{\"type\":1,\"training\":true,\"iteration_begin\":0,\"iteration_end\":0," \
			"\"strict_shape\":true}"
/* No row may have less curvature: where the model is sure, one label would move it without end. */
#define HESSIAN_LEAST	0.1f

static const char *const params[][2] = {
	{ "nthread", "1" }, { "tree_method", "hist" }, { "max_depth", "4" }, { "eta", "0.3" },
	{ "min_child_weight", "0" }, { "lambda", "1" }, { "colsample_bytree", "0.5" },
};

struct tlml_booster {
	BoosterHandle handle;
	unsigned int classes;
};

/* The first line of XGBoost's words. */
static int fail(const char *what, struct tlml_error *e)
{
	char line[200];

	snprintf(line, sizeof(line), "%.*s", (int)strcspn(XGBGetLastError(), "\n"),
		 XGBGetLastError());
	tlml_error_clean(line);
	return tlml_error_set(e, EINVAL, "XGBoost cannot %s: %s", what, line);
}

static int set_param(struct tlml_booster *b, const char *name, const char *value,
		     struct tlml_error *e)
{
	return XGBoosterSetParam(b->handle, name, value) ? fail("take its parameters", e) : 0;
}

static int set_params(struct tlml_booster *b, struct tlml_error *e)
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < sizeof(params) / sizeof(params[0]); i++)
		err = set_param(b, params[i][0], params[i][1], e);
	return err;
}

static int describe(struct tlml_booster *b, struct tlml_oip_plan *plan, struct tlml_error *e)
{
	const char *classes;
	bst_ulong columns;
	int found, err;

	if (XGBoosterGetNumFeature(b->handle, &columns) ||
	    XGBoosterGetAttr(b->handle, TLML_CLASSES_KEY, &classes, &found))
		return fail("describe it", e);
	if (columns != TLML_CASE_COLUMNS || !found)
		return tlml_error_set(e, EINVAL, "it is no model of tlml's %u columns with names of classes",
				      TLML_CASE_COLUMNS);
	err = tlml_engine_classes(classes, strlen(classes), plan, e);
	b->classes = plan->classes;
	return err;
}

int tlml_booster_open(const void *bytes, size_t size, struct tlml_booster **to,
		      struct tlml_oip_plan *plan, struct tlml_error *e)
{
	struct tlml_booster *b = calloc(1, sizeof(*b));
	int err = 0;

	if (!b)
		return tlml_error_set(e, ENOMEM, "no memory");
	tlml_engine_one_thread();
	if (XGBoosterCreate(NULL, 0, &b->handle) ||
	    XGBoosterLoadModelFromBuffer(b->handle, bytes, size))
		err = fail("read it", e);
	if (!err)
		err = set_params(b, e);
	if (!err)
		err = describe(b, plan, e);
	if (err)
		tlml_booster_free(b);
	else
		*to = b;
	return err;
}

void tlml_booster_free(struct tlml_booster *b)
{
	if (b->handle)
		XGBoosterFree(b->handle);
	free(b);
}

/* The rounds of the model as it was made, and those that it has now. */
static int rounds_of(struct tlml_booster *b, int *base, int *now, struct tlml_error *e)
{
	const char *text;
	int found;

	if (XGBoosterBoostedRounds(b->handle, now) ||
	    XGBoosterGetAttr(b->handle, BASE_KEY, &text, &found))
		return fail("describe it", e);
	*base = found ? atoi(text) : *now;
	if (*base < 1 || *base > *now)
		return tlml_error_set(e, EINVAL, "its attribute " BASE_KEY " is %d, of %d rounds: it is damaged",
				      *base, *now);
	return 0;
}

int tlml_booster_cut(struct tlml_booster *b, struct tlml_error *e)
{
	BoosterHandle cut;
	int base, now, err;

	err = rounds_of(b, &base, &now, e);
	if (err || base == now)
		return err;
	if (XGBoosterSlice(b->handle, 0, base, 1, &cut))
		return fail("cut it", e);
	XGBoosterFree(b->handle);
	b->handle = cut;
	return set_params(b, e);
}

static int matrix(const float (*row)[TLML_CASE_COLUMNS], unsigned int n, DMatrixHandle *m,
		  struct tlml_error *e)
{
	return XGDMatrixCreateFromMat_omp(row[0], n, TLML_CASE_COLUMNS, NAN, m, 1) ?
		       fail("take the cases", e) : 0;
}

/* Sums of the trees, [n][classes], as long as nothing else is asked. */
static int margins(struct tlml_booster *b, DMatrixHandle m, unsigned int n, const float **z,
		   struct tlml_error *e)
{
	const bst_ulong *shape;
	bst_ulong dims;

	if (XGBoosterPredictFromDMatrix(b->handle, m, MARGIN, &shape, &dims, z))
		return fail("predict", e);
	if (dims != 2 || shape[0] != n || shape[1] != b->classes)
		return tlml_error_set(e, EINVAL, "it does not give %u values a flow: train it for multi:softprob",
				      b->classes);
	return 0;
}

static void softmax(const float *z, unsigned int classes, float *p)
{
	float most = z[0], sum = 0;
	unsigned int c;

	for (c = 1; c < classes; c++)
		most = z[c] > most ? z[c] : most;
	for (c = 0; c < classes; c++)
		sum += p[c] = expf(z[c] - most);
	for (c = 0; c < classes; c++)
		p[c] /= sum;
}

int tlml_booster_ask(struct tlml_booster *b, const float (*row)[TLML_CASE_COLUMNS],
		     unsigned int n, float *p, struct tlml_error *e)
{
	DMatrixHandle m;
	const float *z;
	unsigned int i;
	int err;

	err = matrix(row, n, &m, e);
	if (err)
		return err;
	err = margins(b, m, n, &z, e);
	for (i = 0; !err && i < n; i++)
		softmax(z + i * b->classes, b->classes, p + i * b->classes);
	XGDMatrixFree(m);
	return err ? err : tlml_engine_check(p, n, b->classes, e);
}

/* One round: what the softmax cross entropy to the targets says of each value. */
static int round_of(struct tlml_booster *b, const struct tlml_booster_lesson *l, DMatrixHandle m,
		    float *grad, float *hess, struct tlml_error *e)
{
	unsigned int i, c, at = 0;
	float p[TLML_CLASSES_MAX], h;
	const float *z;
	int err;

	err = margins(b, m, l->n, &z, e);
	if (err)
		return err;
	for (i = 0; i < l->n; i++) {
		softmax(z + i * b->classes, b->classes, p);
		for (c = 0; c < b->classes; c++, at++) {
			h = 2 * p[c] * (1 - p[c]);
			grad[at] = (p[c] - l->target[at]) * l->weight[i];
			hess[at] = (h > HESSIAN_LEAST ? h : HESSIAN_LEAST) * l->weight[i];
		}
	}
	return XGBoosterBoostOneIter(b->handle, m, grad, hess, at) ? fail("learn", e) : 0;
}

static int note_base(struct tlml_booster *b, struct tlml_error *e)
{
	char text[16];
	int base, now, err;

	err = rounds_of(b, &base, &now, e);
	if (err)
		return err;
	snprintf(text, sizeof(text), "%d", base);
	return XGBoosterSetAttr(b->handle, BASE_KEY, text) ? fail("take an attribute", e) : 0;
}

int tlml_booster_learn(struct tlml_booster *b, const struct tlml_booster_lesson *l,
		       unsigned int rounds, uint32_t seed, struct tlml_error *e)
{
	size_t values = (size_t)l->n * b->classes;
	float *grad = calloc(values, sizeof(*grad)), *hess = calloc(values, sizeof(*hess));
	DMatrixHandle m = NULL;
	char text[16];
	int err;

	snprintf(text, sizeof(text), "%u", seed);
	err = grad && hess ? note_base(b, e) : tlml_error_set(e, ENOMEM, "no memory for %u cases", l->n);
	if (!err)
		err = set_param(b, "seed", text, e);
	if (!err)
		err = matrix(l->row, l->n, &m, e);
	for (; !err && rounds; rounds--)
		err = round_of(b, l, m, grad, hess, e);
	if (m)
		XGDMatrixFree(m);
	free(grad);
	free(hess);
	return err;
}

int tlml_booster_save(struct tlml_booster *b, void **bytes, size_t *size, struct tlml_error *e)
{
	const char *data;
	bst_ulong len;

	if (XGBoosterSaveModelToBuffer(b->handle, "{\"format\":\"ubj\"}", &len, &data))
		return fail("write it", e);
	*bytes = malloc(len);
	if (!*bytes)
		return tlml_error_set(e, ENOMEM, "no memory for a model of %lu bytes",
				      (unsigned long)len);
	memcpy(*bytes, data, len);
	*size = len;
	return 0;
}
