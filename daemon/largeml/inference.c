// SPDX-License-Identifier: BSD-2-Clause
/* What a client asks. Numbers are copied out of the body: nothing in there is aligned. */
#include "inference.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A body being read: where its tensors are that come after the JSON. */
struct reading {
	const struct tlml_oip_plan *plan;
	struct tlml_inference *r;
	const unsigned char *at, *end;
	struct tlml_error *e;
};

#define BAD(b, ...)	tlml_error_set((b)->e, EINVAL, __VA_ARGS__)

/* Where the numbers of a tensor in JSON go. */
struct filling {
	float *to, *end;
	int bytes;		/* only whole numbers of a byte */
};

/* A name of the client's as it may stand in a sentence. */
static const char *shown(const json_t *name, char *text, size_t room)
{
	snprintf(text, room, "%s", json_is_string(name) ? json_string_value(name) : "");
	tlml_error_clean(text);
	return text;
}

static enum tlml_dtype dtype_of(const json_t *v)
{
	const char *s = json_string_value(v);

	return !s ? TLML_DTYPE_OTHER : !strcmp(s, "UINT8") ? TLML_DTYPE_UINT8 :
	       !strcmp(s, "FP32") ? TLML_DTYPE_FP32 : TLML_DTYPE_OTHER;
}

/* Numbers in row-major order, flat or nested as the shape is; 0 if they are not that. */
static int fill(const json_t *data, unsigned int depth, struct filling *f)
{
	const json_t *v;
	size_t i;
	float x;

	json_array_foreach(data, i, v) {
		if (json_is_array(v)) {
			if (!depth || !fill(v, depth - 1, f))
				return 0;
			continue;
		}
		if (!json_is_number(v) || f->to == f->end)
			return 0;
		x = json_number_value(v);
		if (!isfinite(x) || (f->bytes && (!json_is_integer(v) || x < 0 || x > 255)))
			return 0;
		*f->to++ = x;
	}
	return 1;
}

static int take_json(struct reading *b, const struct tlml_input_info *info, enum tlml_dtype dtype,
		     const json_t *data, float *to, size_t n)
{
	struct filling f = { .to = to, .end = to + n, .bytes = dtype == TLML_DTYPE_UINT8 };

	if (!json_is_array(data) || !fill(data, info->dims, &f) || f.to != f.end)
		return BAD(b, "data of input %s is no array of %zu %s", info->name, n,
			   f.bytes ? "whole numbers from 0 to 255" : "finite numbers");
	return 0;
}

static int take_binary(struct reading *b, const struct tlml_input_info *info,
		       enum tlml_dtype dtype, const json_t *size, float *to, size_t n)
{
	size_t i, bytes = dtype == TLML_DTYPE_UINT8 ? n : n * sizeof(float);

	if (!json_is_integer(size) || json_integer_value(size) != (json_int_t)bytes)
		return BAD(b, "binary_data_size of input %s has to be %zu, by its shape and datatype",
			   info->name, bytes);
	if (bytes > (size_t)(b->end - b->at))
		return BAD(b, "the body ends within the bytes of input %s: %zu of %zu are there",
			   info->name, (size_t)(b->end - b->at), bytes);
	if (dtype == TLML_DTYPE_UINT8)
		for (i = 0; i < n; i++)
			to[i] = b->at[i];
	else
		memcpy(to, b->at, bytes);
	b->at += bytes;
	for (i = 0; i < n; i++)
		if (!isfinite(to[i]))
			return BAD(b, "input %s has a value that is not finite, the %zuth", info->name,
				   i + 1);
	return 0;
}

/* The first size of the shape counts the flows, as in all inputs before; the others are given. */
static int take_shape(struct reading *b, const struct tlml_input_info *info, const json_t *shape)
{
	json_int_t flows = json_integer_value(json_array_get(shape, 0));
	unsigned int i;

	if (json_array_size(shape) != info->dims + 1)
		return BAD(b, "shape of input %s has to be of %u sizes, the number of flows first",
			   info->name, info->dims + 1);
	for (i = 0; i < info->dims; i++)
		if (json_integer_value(json_array_get(shape, i + 1)) != (json_int_t)info->shape[i])
			return BAD(b, "size %u in the shape of input %s has to be %u", i + 2,
				   info->name, info->shape[i]);
	if (flows < 1 || flows > TLML_INFERENCE_FLOWS)
		return BAD(b, "the shape of input %s begins with the number of flows, 1 to %u",
			   info->name, TLML_INFERENCE_FLOWS);
	if (b->r->flows && b->r->flows != flows)
		return BAD(b, "input %s is of %d flows, those before it of %u", info->name, (int)flows,
			   b->r->flows);
	b->r->flows = flows;
	return 0;
}

/* Which input of the model it is. */
static int find_input(struct reading *b, const json_t *name)
{
	char text[TLML_OIP_NAME];
	unsigned int i;

	if (!json_is_string(name))
		return BAD(b, "an input has no name");
	for (i = 0; i < b->plan->inputs; i++)
		if (!strcmp(json_string_value(name), tlml_inputs[b->plan->input[i].input].name))
			return b->plan->input[i].input;
	return BAD(b, "the model has no input '%s'", shown(name, text, sizeof(text)));
}

static int take_input(struct reading *b, const json_t *v)
{
	const json_t *size = json_object_get(json_object_get(v, "parameters"), "binary_data_size");
	const json_t *data = json_object_get(v, "data");
	enum tlml_dtype dtype = dtype_of(json_object_get(v, "datatype"));
	int i = find_input(b, json_object_get(v, "name")), err;
	const struct tlml_input_info *info = &tlml_inputs[i < 0 ? 0 : i];
	float *to;
	size_t n;

	if (i < 0)
		return i;
	if (b->r->rows.value[i])
		return BAD(b, "input %s is there twice", info->name);
	if (dtype == TLML_DTYPE_OTHER || (i == TLML_INPUT_FLOW && dtype != TLML_DTYPE_FP32))
		return BAD(b, "datatype of input %s has to be %s", info->name,
			   i == TLML_INPUT_FLOW ? "FP32" : "UINT8 or FP32");
	err = take_shape(b, info, json_object_get(v, "shape"));
	if (err)
		return err;
	if (!data == !size)
		return BAD(b, "input %s has to have either data or binary_data_size", info->name);
	n = (size_t)b->r->flows * info->values;
	to = malloc(n * sizeof(*to));
	if (!to)
		return tlml_error_set(b->e, ENOMEM, "no memory for %u flows", b->r->flows);
	b->r->rows.value[i] = to;
	return data ? take_json(b, info, dtype, data, to, n) :
		      take_binary(b, info, dtype, size, to, n);
}

static int take_inputs(struct reading *b, const json_t *root)
{
	const json_t *list = json_object_get(root, "inputs"), *v;
	unsigned int k;
	size_t i;
	int err;

	if (!json_is_array(list))
		return BAD(b, "there is no array of inputs");
	json_array_foreach(list, i, v) {
		err = take_input(b, v);
		if (err)
			return err;
	}
	for (k = 0; k < b->plan->inputs; k++)
		if (!b->r->rows.value[b->plan->input[k].input])
			return BAD(b, "input %s is not there",
				   tlml_inputs[b->plan->input[k].input].name);
	if (b->at != b->end)
		return BAD(b, "%zu bytes come after those of the inputs", (size_t)(b->end - b->at));
	return 0;
}

/* Asked for by output, or for all of them; without outputs a client gets what there is. */
static int take_outputs(struct reading *b, const json_t *root)
{
	const json_t *all = json_object_get(json_object_get(root, "parameters"),
					    "binary_data_output");
	const json_t *list = json_object_get(root, "outputs"), *name, *own;
	char text[TLML_OIP_NAME];

	b->r->binary = json_is_true(all);
	if (!list || (json_is_array(list) && !json_array_size(list)))
		return 0;
	name = json_object_get(json_array_get(list, 0), "name");
	if (!json_is_string(name))
		return BAD(b, "outputs is no array of objects with a name");
	if (json_array_size(list) > 1 || strcmp(json_string_value(name), b->plan->output))
		return BAD(b, "the model has one output, %s; not '%s'", b->plan->output,
			   shown(json_array_size(list) > 1 ?
				 json_object_get(json_array_get(list, 1), "name") : name,
				 text, sizeof(text)));
	own = json_object_get(json_object_get(json_array_get(list, 0), "parameters"),
			      "binary_data");
	if (own)
		b->r->binary = json_is_true(own);
	return 0;
}

static int take_id(struct reading *b, const json_t *root)
{
	const json_t *id = json_object_get(root, "id");

	if (!id)
		return 0;
	if (!json_is_string(id) || json_string_length(id) >= sizeof(b->r->id))
		return BAD(b, "id is no text of up to %d bytes", TLML_INFERENCE_ID - 1);
	strcpy(b->r->id, json_string_value(id));
	return 0;
}

int tlml_inference_parse(const struct tlml_oip_plan *plan, const char *body, size_t len,
		       long json_len, struct tlml_inference *r, struct tlml_error *e)
{
	struct reading b = { .plan = plan, .r = r, .e = e };
	size_t json = json_len < 0 ? len : (size_t)json_len;
	json_error_t why;
	json_t *root;
	int err;

	memset(r, 0, sizeof(*r));
	if (!len)
		return BAD(&b, "the body is empty");
	if (!json || json > len)
		return BAD(&b, "Inference-Header-Content-Length is %zu: the JSON at the beginning of the body, %zu bytes, is 1 of them or more",
			   json, len);
	if (json > TLML_INFERENCE_JSON)
		return BAD(&b, "%zu bytes of JSON, more than %u: send tensors as binary data", json,
			   TLML_INFERENCE_JSON);
	b.at = (const unsigned char *)body + json;
	b.end = (const unsigned char *)body + len;
	root = json_loadb(body, json, JSON_REJECT_DUPLICATES, &why);
	if (!root) {
		tlml_error_clean(why.text);
		return BAD(&b, "not JSON at byte %d: %s", why.position, why.text);
	}
	if (!json_is_object(root))
		err = BAD(&b, "JSON, but not an object");
	else
		err = take_id(&b, root);
	if (!err)
		err = take_inputs(&b, root);
	if (!err)
		err = take_outputs(&b, root);
	json_decref(root);
	return err;
}

void tlml_inference_free(struct tlml_inference *r)
{
	int i;

	for (i = 0; i < TLML_INPUTS; i++)
		free((float *)r->rows.value[i]);
	memset(r, 0, sizeof(*r));
}
