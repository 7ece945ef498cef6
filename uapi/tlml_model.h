/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR BSD-2-Clause */
/*
 * The model blob: a file, and what is handed from trainer to loader. Little-endian, no padding
 * but what is declared. Layout: header, layers, class names, then the data section (weights and
 * biases at the offsets that the layers name), then metadata (JSON text for people).
 *
 * Arithmetic, which BPF, trainer and module reproduce bit for bit (x: 0..127, w: int8, b: int32):
 *   acc[j] = b[j] + sum_i w[j][i] * x[i]
 *   hidden: y[j] = min(max(acc[j], 0) >> shift, 127)	(rounding is part of the bias)
 *   last:   logit[j] = acc[j]
 * with |b[j]| + 127 * sum_i |w[j][i]| < 2^15, so that four lanes share one 64-bit multiply; of a
 * wide model < 2^31, as its net has sizes up to those of tlml_wide.h and is computed by the module.
 *
 * A file may hold several models, one after the other, for gateways with the module and without:
 * of the same generation and classes, each one more net than the one before.
 */
#ifndef _UAPI_TLML_MODEL_H
#define _UAPI_TLML_MODEL_H

#include "tlml.h"

#define TLML_MODEL_MAGIC	0x6c6d6c74	/* "tlml" */
#define TLML_MODEL_MAX		(256 * 1024)	/* bytes of a file, metadata included */
#define TLML_FILE_MODELS	4		/* in it */
#define TLML_ACC_LIMIT		(1 << 15)
#define TLML_NAME_MAX		16		/* with the final 0 */

enum tlml_layer_kind {
	TLML_LAYER_ADDITIVE,	/* packet 1: logit[j] = b[j] + sum_i w[i][x[i] >> 3][j], int16 w */
	TLML_LAYER_HIDDEN,	/* inputs -> hidden1, then hidden1 -> hidden2, ReLU */
	TLML_LAYER_CLASS,	/* hidden2 -> classes, logits */
	TLML_LAYER_DECODE,	/* hidden2 -> inputs, ReLU: the input as an autoencoder sees it */
	TLML_LAYERS,
};

struct tlml_layer {
	__u16 kind;		/* enum tlml_layer_kind, in its order; HIDDEN twice */
	__u16 inputs;
	__u16 outputs;
	__u8  shift;		/* right shift of the accumulators, 0..15; 0 for logits */
	__u8  per_channel;	/* 0: shift holds for all outputs; 1 is reserved for one each */
	__u32 weights;		/* offset in the data section, int8 [outputs][inputs] */
	__u32 biases;		/* offset in the data section, int32 [outputs] */
};

/* What training found out about a class; the operator's policy may override it. */
struct tlml_class_info {
	char  name[TLML_NAME_MAX];
	__u8  attack;		/* 1: a class that people may want to drop */
	__u8  margin_act;	/* at this margin the verdict is right often enough to act */
	__u8  margin_hard;	/* below it the verdict is a guess: ask the large model */
	__u8  reserved;
};

struct tlml_model_header {
	__u32 magic;		/* TLML_MODEL_MAGIC */
	__u32 abi;		/* TLML_ABI */
	__u32 size;		/* of the whole blob in bytes */
	__u32 generation;	/* counts up from 1 along a line of models */
	__u64 schema;		/* tlml_schema_hash() of the features it was trained on */
	__u8  hash[32];		/* SHA-256 of the blob with this field zero */
	__u16 layers;
	__u16 classes;		/* 2..16 */
	__u32 points;		/* bit k: decide at packet 2^k; bit 0 is the additive head */
	__u8  cost_shift[2];	/* logits to cost units, of the additive head and of the net */
	__u8  cost_decay;	/* older cost is shifted right by it at each decision; 8 forgets */
	__u8  anomaly_low;	/* at or above: grey, ask; 128 = no anomaly head */
	__u8  anomaly_high;	/* at or above: anomalous */
	__u8  wide;		/* 1: only the module computes the net */
	__u8  reserved[2];
	float temperature;	/* of the net's logits, for people */
	float calibration[2];	/* a, b: at packet 8 P(right) = 1 / (1 + exp(-(a + b * margin))) */
	__u32 data;		/* offset of the data section */
	__u32 data_size;
	__u32 meta;		/* offset of the metadata */
	__u32 meta_size;
};

_Static_assert(sizeof(struct tlml_layer) == 16, "layer layout is ABI");
_Static_assert(sizeof(struct tlml_class_info) == 20, "class layout is ABI");
_Static_assert(sizeof(struct tlml_model_header) == 104, "header layout is ABI");

#endif
