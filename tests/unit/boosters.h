/* SPDX-License-Identifier: BSD-2-Clause */
/* Small models of XGBoost, made on the spot. */
#ifndef TLML_TEST_BOOSTERS_H
#define TLML_TEST_BOOSTERS_H

#include <stdio.h>
#include <stdlib.h>
#include <xgboost/c_api.h>

#define BOOSTER_ROWS	60
#define BOOSTER_COLUMNS	136

static inline void booster_must(int failed)
{
	if (!failed)
		return;
	fprintf(stderr, "%s\n", XGBGetLastError());
	exit(1);
}

/*
 * Writes a model of three classes to path: the class of a flow is its first feature modulo 3, plus
 * turn. classes: its attribute, NULL for none.
 */
static inline void booster_write(const char *path, const char *objective, unsigned int columns,
				 const char *classes, unsigned int turn)
{
	static float x[BOOSTER_ROWS * (BOOSTER_COLUMNS + 1)], y[BOOSTER_ROWS];
	BoosterHandle booster;
	DMatrixHandle data;

	for (unsigned int i = 0; i < BOOSTER_ROWS; i++) {
		for (unsigned int k = 0; k < columns; k++)
			x[i * columns + k] = k ? 0 : i % 3;
		y[i] = (i + turn) % 3;
	}
	booster_must(XGDMatrixCreateFromMat(x, BOOSTER_ROWS, columns, -1, &data));
	booster_must(XGDMatrixSetFloatInfo(data, "label", y, BOOSTER_ROWS));
	booster_must(XGBoosterCreate(&data, 1, &booster));
	booster_must(XGBoosterSetParam(booster, "objective", objective));
	booster_must(XGBoosterSetParam(booster, "num_class", "3"));
	booster_must(XGBoosterSetParam(booster, "nthread", "1"));
	booster_must(XGBoosterSetParam(booster, "min_child_weight", "0"));
	for (int i = 0; i < 3; i++)
		booster_must(XGBoosterUpdateOneIter(booster, i, data));
	booster_must(XGBoosterSetAttr(booster, "tlml_classes", classes));
	booster_must(XGBoosterSaveModel(booster, path));
	XGBoosterFree(booster);
	XGDMatrixFree(data);
}

#endif
