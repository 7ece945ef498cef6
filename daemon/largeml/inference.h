/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a client asks, from the body of its request to rows of numbers: Open Inference Protocol v2
 * with the binary tensor data extension, server side. Pure functions on untrusted bytes.
 */
#ifndef TLML_LARGEML_INFERENCE_H
#define TLML_LARGEML_INFERENCE_H

#include "engine.h"

#define TLML_INFERENCE_FLOWS	1024		/* in one request at most */
#define TLML_INFERENCE_JSON	(2u << 20)	/* bytes of JSON; jansson takes 40 times that */
#define TLML_INFERENCE_ID		128		/* bytes, with the final 0 */

struct tlml_inference {
	unsigned int flows;	/* 1..TLML_INFERENCE_FLOWS */
	struct tlml_rows rows;	/* finite; of the model's inputs */
	char id[TLML_INFERENCE_ID];	/* UTF-8, "" if the client gave none */
	int binary;		/* the client wants its output after the JSON */
};

/*
 * Reads a body for a model that wants to be asked by plan. json_len: the value of the header field
 * Inference-Header-Content-Length, -1 if it is absent: then all is JSON. features and packets come
 * as UINT8 or FP32, whatever the plan says. -EINVAL with a sentence, -ENOMEM. Free it in any case.
 */
int tlml_inference_parse(const struct tlml_oip_plan *plan, const char *body, size_t len,
		       long json_len, struct tlml_inference *r, struct tlml_error *e);

void tlml_inference_free(struct tlml_inference *r);

#endif
