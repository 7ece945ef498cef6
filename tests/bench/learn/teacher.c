// SPDX-License-Identifier: BSD-2-Clause
/* A large model for benchmarks: boosted trees. */
#include "teacher.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xgboost/c_api.h>

#define ROUNDS	150

static void check(int err)
{
	if (!err)
		return;
	fprintf(stderr, "bench_learn: xgboost: %s\n", XGBGetLastError());
	exit(1);
}

static DMatrixHandle matrix(const float *x, size_t n, unsigned int columns)
{
	DMatrixHandle m;

	check(XGDMatrixCreateFromMat(x, n, columns, NAN, &m));
	return m;
}

float *teacher_answers(const float *x, const float *label, size_t n, unsigned int columns,
		       unsigned int classes, const float *of, size_t m)
{
	static const char *const set[][2] = {
		{ "objective", "multi:softprob" }, { "max_depth", "6" }, { "eta", "0.15" },
		{ "tree_method", "hist" }, { "subsample", "0.8" }, { "colsample_bytree", "0.8" },
		{ "nthread", "1" }, { "seed", "1" }, { "verbosity", "0" },
	};
	DMatrixHandle train = matrix(x, n, columns), asked = matrix(of, m, columns);
	const float *out;
	BoosterHandle b;
	bst_ulong size;
	char text[16];
	unsigned int i;
	float *p;

	check(XGDMatrixSetFloatInfo(train, "label", label, n));
	check(XGBoosterCreate(&train, 1, &b));
	for (i = 0; i < sizeof(set) / sizeof(set[0]); i++)
		check(XGBoosterSetParam(b, set[i][0], set[i][1]));
	snprintf(text, sizeof(text), "%u", classes);
	check(XGBoosterSetParam(b, "num_class", text));
	for (i = 0; i < ROUNDS; i++)
		check(XGBoosterUpdateOneIter(b, i, train));
	check(XGBoosterPredict(b, asked, 0, 0, 0, &size, &out));
	p = malloc(size * sizeof(*p));
	memcpy(p, out, size * sizeof(*p));
	XGBoosterFree(b);
	XGDMatrixFree(train);
	XGDMatrixFree(asked);
	return p;
}
