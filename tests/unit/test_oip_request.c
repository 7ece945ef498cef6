// SPDX-License-Identifier: BSD-2-Clause
/* Requests read back: the JSON by jansson, the tensors by hand, every number compared. */
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../daemon/oip.h"

#define PARAMS	"parameters"

static struct tlml_case cases[TLML_OIP_BATCH];
static const struct tlml_case *list[TLML_OIP_BATCH];
static int points, failed;

static void result(bool ok, const char *what)
{
	printf("%sok %d - %s\n", ok ? "" : "not ", ++points, what);
	failed += !ok;
}

/* Every case differs from every other, up to the largest numbers there are. */
static void make_cases(void)
{
	unsigned int i, k;

	for (i = 0; i < TLML_OIP_BATCH; i++) {
		struct tlml_case *c = &cases[i];

		for (k = 0; k < TLML_FEATURES_MAX; k++)
			c->record.x[k] = (i * 7 + k * 3) & 127;
		for (k = 0; k < TLML_CASE_PACKETS; k++)
			c->packet[k] = (struct tlml_case_packet){
				(i + k) % 63, (i * k) & 127, k % 3
			};
		c->record.proto = i;
		c->record.dport = 65535 - i;
		c->record.family = i & 1 ? 6 : 4;
		c->record.flow.pkts = ~0u - i;
		c->record.flow.bytes[0] = ~0u / (i + 1);
		c->record.flow.last = i ? 0x7fffffff / i : 1;
		list[i] = c;
	}
}

static const struct tlml_oip_plan every = {
	.inputs = 3,
	.input = {
		{ TLML_INPUT_PACKETS, TLML_DTYPE_UINT8 }, { TLML_INPUT_FLOW, TLML_DTYPE_FP32 },
		{ TLML_INPUT_FEATURES, TLML_DTYPE_FP32 },
	},
	.output = "StatefulPartitionedCall:0", .classes = 2, .binary = 1,
};

static bool is_string(const json_t *v, const char *key, const char *want)
{
	const char *s = json_string_value(json_object_get(v, key));

	return s && !strcmp(s, want);
}

static bool shape_is(const json_t *shape, const struct tlml_input_info *info, unsigned int n)
{
	bool ok = json_array_size(shape) == info->dims + 1 &&
		  json_integer_value(json_array_get(shape, 0)) == n;
	unsigned int k;

	for (k = 0; k < info->dims; k++)
		ok = ok && json_integer_value(json_array_get(shape, k + 1)) == info->shape[k];
	return ok;
}

/* The tensor of input i, wherever it lies, as floats that the caller frees. */
static float *tensor(const struct tlml_oip_plan *p, unsigned int i, const json_t *v, size_t count,
		     const char **raw, const char *end)
{
	bool wide = p->input[i].dtype == TLML_DTYPE_FP32;
	json_t *data = json_object_get(v, "data");
	json_int_t size = json_integer_value(json_object_get(json_object_get(v, PARAMS),
							     "binary_data_size"));
	float *out = malloc(count * sizeof(*out));
	size_t k;

	if (p->binary && (data || (size_t)size != count * (wide ? 4 : 1) || end - *raw < size)) {
		free(out);
		return NULL;
	}
	if (!p->binary && (json_array_size(data) != count || json_object_get(v, PARAMS))) {
		free(out);
		return NULL;
	}
	for (k = 0; k < count; k++)
		if (!p->binary)
			out[k] = json_number_value(json_array_get(data, k));
		else if (wide)
			memcpy(&out[k], *raw + 4 * k, 4);
		else
			out[k] = (unsigned char)(*raw)[k];
	*raw += size;
	return out;
}

static bool input_is(const struct tlml_oip_plan *p, unsigned int i, const json_t *v, unsigned int n,
		     const char **raw, const char *end)
{
	const struct tlml_input_info *info = &tlml_inputs[p->input[i].input];
	float want[96], *have = tensor(p, i, v, (size_t)n * info->values, raw, end);
	bool ok = have && is_string(v, "name", info->name) &&
		  is_string(v, "datatype", p->input[i].dtype == TLML_DTYPE_FP32 ? "FP32" : "UINT8") &&
		  shape_is(json_object_get(v, "shape"), info, n);
	unsigned int k;

	for (k = 0; ok && k < n; k++) {
		tlml_case_floats(list[k], p->input[i].input, want);
		ok = !memcmp(want, have + k * info->values, info->values * sizeof(*want));
	}
	free(have);
	return ok;
}

static bool request_is(const struct tlml_oip_plan *p, unsigned int n, char **buf, size_t *room)
{
	size_t json_len = 0;
	long len = tlml_oip_request(p, list, n, ~0ull - n, buf, room, &json_len);
	json_t *root = NULL, *inputs, *out;
	const char *raw;
	char id[24];
	unsigned int i;
	bool ok;

	if (len <= 0 || (size_t)len > *room || json_len > (size_t)len)
		return false;
	raw = *buf + json_len;
	root = json_loadb(*buf, json_len, JSON_REJECT_DUPLICATES, NULL);
	inputs = json_object_get(root, "inputs");
	out = json_array_get(json_object_get(root, "outputs"), 0);
	snprintf(id, sizeof(id), "%llu", ~0ull - n);
	ok = is_string(root, "id", id) && json_array_size(inputs) == p->inputs &&
	     is_string(out, "name", p->output) &&
	     json_is_true(json_object_get(json_object_get(out, PARAMS), "binary_data")) == p->binary;
	for (i = 0; ok && i < p->inputs; i++)
		ok = input_is(p, i, json_array_get(inputs, i), n, &raw, *buf + len);
	ok = ok && raw == *buf + len;
	json_decref(root);
	return ok;
}

static void request(bool binary, unsigned int n)
{
	struct tlml_oip_plan p = every;
	size_t room = 0;
	char *buf = NULL, what[80];

	p.binary = binary;
	snprintf(what, sizeof(what), "%u flows, %s", n, binary ? "binary" : "in JSON");
	result(request_is(&p, n, &buf, &room), what);
	free(buf);
}

int main(void)
{
	static const unsigned int sizes[] = { 1, 2, 64, 255, 256 };
	struct tlml_oip_plan p = every;
	size_t room = 0, was;
	char *buf = NULL;
	unsigned int i;
	bool ok = true;

	printf("KTAP version 1\n1..13\n");
	make_cases();
	for (i = 0; i < 10; i++)
		request(i & 1, sizes[i / 2]);
	p.inputs = 1;
	p.input[0].input = TLML_INPUT_FEATURES;
	p.input[0].dtype = TLML_DTYPE_UINT8;
	result(request_is(&p, 64, &buf, &room), "one input of three");
	ok = request_is(&every, 256, &buf, &room);
	was = room;
	result(ok && request_is(&every, 1, &buf, &room) && room == was, "a buffer is used again");
	memset(p.output, 'x', sizeof(p.output) - 1);
	for (ok = true, i = 1; ok && i <= 256; i++) {	/* in memory that just suffices */
		free(buf);
		buf = NULL;
		room = 0;
		p.binary = i & 1;
		p.input[0].input = i & 2 ? TLML_INPUT_FLOW : TLML_INPUT_FEATURES;
		p.input[0].dtype = i & 2 ? TLML_DTYPE_FP32 : TLML_DTYPE_UINT8;
		ok = request_is(&p, i, &buf, &room);
	}
	result(ok, "any number of flows");
	free(buf);
	return failed != 0;
}
