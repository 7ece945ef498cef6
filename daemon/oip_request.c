// SPDX-License-Identifier: BSD-2-Clause
/* The body of an infer request. The JSON is short and of known words, so it is printed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oip.h"

#define HEAD_MAX	(512 + TLML_INPUTS * 128 + TLML_OIP_NAME)
#define NUMBER_MAX	17	/* characters of a float32 as text, with the comma */

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "tensors are sent as they lie");

static size_t tensor_size(const struct tlml_oip_plan *p, unsigned int i, unsigned int n)
{
	return (size_t)n * tlml_inputs[p->input[i].input].values *
	       (p->input[i].dtype == TLML_DTYPE_FP32 ? sizeof(float) : 1);
}

static size_t body_max(const struct tlml_oip_plan *p, unsigned int n)
{
	size_t size = HEAD_MAX;
	unsigned int i;

	for (i = 0; i < p->inputs; i++)
		size += p->binary ? tensor_size(p, i, n) :
			(size_t)n * tlml_inputs[p->input[i].input].values * NUMBER_MAX;
	return size;
}

/* One case's values of input i as they are sent; returns the end. */
static char *put_binary(const struct tlml_oip_plan *p, unsigned int i, const struct tlml_case *c,
			char *at)
{
	enum tlml_input input = p->input[i].input;
	float values[TLML_CASE_PACKETS * 3];

	if (p->input[i].dtype == TLML_DTYPE_UINT8) {
		tlml_case_bytes(c, input, (__u8 *)at);
	} else {
		tlml_case_floats(c, input, values);
		memcpy(at, values, tensor_size(p, i, 1));	/* at may lie anywhere */
	}
	return at + tensor_size(p, i, 1);
}

/* Most numbers are bytes, and printf() takes ten times as long for one. */
static char *put_number(float v, char *at)
{
	unsigned char byte = v >= 0 && v <= 255 ? v : 0;

	if (byte != v)
		return at + sprintf(at, "%.9g", v);
	if (byte > 99)
		*at++ = '0' + byte / 100;
	if (byte > 9)
		*at++ = '0' + byte / 10 % 10;
	*at++ = '0' + byte % 10;
	return at;
}

static char *put_json(const struct tlml_oip_plan *p, unsigned int i, const struct tlml_case *c,
		      char *at)
{
	const struct tlml_input_info *info = &tlml_inputs[p->input[i].input];
	float values[TLML_CASE_PACKETS * 3];
	unsigned int k;

	tlml_case_floats(c, p->input[i].input, values);
	for (k = 0; k < info->values; k++) {
		at = put_number(values[k], at);
		*at++ = ',';
	}
	return at;
}

static char *put_input(const struct tlml_oip_plan *p, unsigned int i,
		       const struct tlml_case *const *cases, unsigned int n, char *at)
{
	const struct tlml_input_info *info = &tlml_inputs[p->input[i].input];
	unsigned int k;

	at += sprintf(at, "%s{\"name\":\"%s\",\"shape\":[%u", i ? "," : "", info->name, n);
	for (k = 0; k < info->dims; k++)
		at += sprintf(at, ",%u", info->shape[k]);
	at += sprintf(at, "],\"datatype\":\"%s\",",
		      p->input[i].dtype == TLML_DTYPE_FP32 ? "FP32" : "UINT8");
	if (p->binary)
		return at + sprintf(at, "\"parameters\":{\"binary_data_size\":%zu}}",
				    tensor_size(p, i, n));
	at += sprintf(at, "\"data\":[");
	for (k = 0; k < n; k++)
		at = put_json(p, i, cases[k], at);
	return at - 1 + sprintf(at - 1, "]}");		/* over the last comma */
}

long tlml_oip_request(const struct tlml_oip_plan *p, const struct tlml_case *const *cases,
		      unsigned int n, uint64_t id, char **buf, size_t *room, size_t *json_len)
{
	size_t size = body_max(p, n);
	unsigned int i, k;
	char *at;

	if (size > *room) {
		at = realloc(*buf, size);
		if (!at)
			return -ENOMEM;
		*buf = at;
		*room = size;
	}
	at = *buf;
	at += sprintf(at, "{\"id\":\"%llu\",\"inputs\":[", (unsigned long long)id);
	for (i = 0; i < p->inputs; i++)
		at = put_input(p, i, cases, n, at);
	at += sprintf(at, "],\"outputs\":[{\"name\":\"%s\"%s}]}", p->output,
		      p->binary ? ",\"parameters\":{\"binary_data\":true}" : "");
	*json_len = at - *buf;
	for (i = 0; p->binary && i < p->inputs; i++)
		for (k = 0; k < n; k++)
			at = put_binary(p, i, cases[k], at);
	return at - *buf;
}
