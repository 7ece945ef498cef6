/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Integer inference on a model, wide or not, one multiplication at a time: the definition that BPF,
 * the module and the trainer reproduce bit for bit.
 */
#ifndef TLML_LEARN_INFER_H
#define TLML_LEARN_INFER_H

#include "../model.h"

/* Additive head: x[TLML_FIRST], 0..127 each, to logit[classes]. */
void tlml_infer_first(const struct tlml_model *m, const uint8_t *x, int32_t *logit);

/*
 * The net: x[TLML_FEATURES_MAX], 0..127 each, to logit[classes]. Returns the anomaly score,
 * 0..127: the mean absolute difference of x and its reconstruction; 0 without a decode layer.
 */
uint8_t tlml_infer_net(const struct tlml_model *m, const uint8_t *x, int32_t *logit);

#endif
