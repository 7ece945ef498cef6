/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Open Inference Protocol v2 (github.com/kserve/open-inference-protocol) with the binary tensor
 * data extension, client side: bytes to structs and back. Pure functions on untrusted bytes.
 */
#ifndef TLML_OIP_H
#define TLML_OIP_H

#include <stddef.h>
#include <stdint.h>

#include "../uapi/tlml_model.h"
#include "case.h"
#include "error.h"

#define TLML_OIP_NAME		64
#define TLML_OIP_TENSORS	8
#define TLML_OIP_DIMS		4
#define TLML_OIP_BATCH		256	/* flows in one request at most */

enum tlml_dtype { TLML_DTYPE_OTHER, TLML_DTYPE_UINT8, TLML_DTYPE_FP32 };

struct tlml_oip_tensor {
	char name[TLML_OIP_NAME];
	enum tlml_dtype dtype;
	unsigned int dims;		/* 0: none, or more than TLML_OIP_DIMS */
	int64_t shape[TLML_OIP_DIMS];	/* -1: any */
};

/* GET /v2/models/NAME. Class names come from output 0's "parameters": {"classes": [..]}, ours. */
struct tlml_oip_metadata {
	unsigned int inputs, outputs;
	struct tlml_oip_tensor input[TLML_OIP_TENSORS], output[TLML_OIP_TENSORS];
	unsigned int classes;		/* 0: the server does not tell */
	char klass[TLML_CLASSES_MAX][TLML_NAME_MAX];
	char version[TLML_OIP_NAME];	/* the last one listed, "" if none is */
};

/* How to ask one model: what tlml_oip_fit() made of its metadata. */
struct tlml_oip_plan {
	unsigned int inputs;
	struct { enum tlml_input input; enum tlml_dtype dtype; } input[TLML_INPUTS];
	char output[TLML_OIP_NAME];
	unsigned int classes;		/* values of a row of the output, 2..16 */
	char klass[TLML_CLASSES_MAX][TLML_NAME_MAX];
	int binary;			/* tensors after the JSON; else inside it */
	int told;			/* klass is what the server says, not the configuration */
	char version[TLML_OIP_NAME];	/* of the model, by the first reply; "" before, or not told */
};

/* GET /v2: *binary says whether the server lists binary_tensor_data. -EPROTO with a sentence. */
int tlml_oip_server_parse(const char *json, size_t len, int *binary, struct tlml_error *e);

/* -EPROTO with a sentence that says where what does not fit. */
int tlml_oip_metadata_parse(const char *json, size_t len, struct tlml_oip_metadata *m,
			    struct tlml_error *e);

/*
 * Which inputs and output to use; of several outputs that would do, that called probabilities.
 * names: classes given by configuration, n of them, 0 to take the server's. -EPROTO with a
 * sentence: an input that tlml does not have, a shape or type that differs from case.h, no output
 * of float32 [-1, classes], no class names.
 */
int tlml_oip_fit(const struct tlml_oip_metadata *m, const char names[][TLML_NAME_MAX],
		 unsigned int n, int binary, struct tlml_oip_plan *p, struct tlml_error *e);

/*
 * The request body for n cases into *buf of *room bytes, grown with realloc(): *json_len bytes of
 * JSON, then the tensors if plan->binary. Returns the length of the body, or -ENOMEM.
 */
long tlml_oip_request(const struct tlml_oip_plan *p, const struct tlml_case *const *cases,
		      unsigned int n, uint64_t id, char **buf, size_t *room, size_t *json_len);

/*
 * A reply's probabilities into out[n][p->classes]. json_len: the value of the header field
 * Inference-Header-Content-Length, -1 if it is absent: then all is JSON. Each row must be finite,
 * in 0..1 and sum to 1 within 1 %. A model of another version than that of the first reply, or
 * with other classes (in the output's "parameters", as tlml-large has them there), is not the one
 * that the plan was made for. -EPROTO with a sentence; out is then not to be used.
 */
int tlml_oip_reply_parse(struct tlml_oip_plan *p, const char *body, size_t len, long json_len,
			 unsigned int n, float *out, struct tlml_error *e);

/* The "error" text of a body that came with a failure status, shortened, into text. */
void tlml_oip_failure(const char *body, size_t len, char *text, size_t room);

#endif
