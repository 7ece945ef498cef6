/* SPDX-License-Identifier: BSD-2-Clause */
/* The model that the programs carry (default.S); trained by tests/lab/train.sh. */
#ifndef TLML_DEFAULT_MODEL_H
#define TLML_DEFAULT_MODEL_H

extern const unsigned char tlml_default_model[];
extern const unsigned int tlml_default_model_size;

#endif
