// SPDX-License-Identifier: BSD-2-Clause
/* Inference requests: what is right is read to the last value, what is not is named. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../daemon/largeml/inference.h"
#include "../prog/tap.h"

static const struct tlml_oip_plan all = {
	.inputs = 3, .input = {
		{ TLML_INPUT_FEATURES, TLML_DTYPE_UINT8 }, { TLML_INPUT_PACKETS, TLML_DTYPE_UINT8 },
		{ TLML_INPUT_FLOW, TLML_DTYPE_FP32 },
	}, .output = "probabilities", .classes = 2,
};
static const struct tlml_oip_plan flow_only = {
	.inputs = 1, .input = { { TLML_INPUT_FLOW, TLML_DTYPE_FP32 } },
	.output = "probabilities", .classes = 2,
};

static struct tlml_inference r;
static struct tlml_error error;

/* A body in memory of exactly its size, so that the sanitizer sees who reads beyond it. */
static struct body {
	char *bytes;
	size_t len, json;
} body;

static __attribute__((format(printf, 1, 2))) void begin(const char *fmt, ...)
{
	va_list args;
	char *text;
	int n;

	va_start(args, fmt);
	n = vasprintf(&text, fmt, args);
	va_end(args);
	free(body.bytes);
	body = (struct body){ .bytes = malloc(n), .len = n, .json = n };
	memcpy(body.bytes, text, n);
	free(text);
}

static void add(const void *bytes, size_t n)
{
	char *more = malloc(body.len + n);

	memcpy(more, body.bytes, body.len);
	memcpy(more + body.len, bytes, n);
	free(body.bytes);
	body.bytes = more;
	body.len += n;
}

static int parse_as(const struct tlml_oip_plan *plan, long json_len)
{
	tlml_inference_free(&r);
	error.text[0] = 0;
	return tlml_inference_parse(plan, body.bytes, body.len, json_len, &r, &error);
}

static int parse(const struct tlml_oip_plan *plan)
{
	return parse_as(plan, body.len == body.json ? -1 : (long)body.json);
}

/* It must be refused by a sentence that has these words. */
#define CHECK_BAD(plan, words)							\
do {										\
	CHECK_EQ(parse(plan), -EINVAL);						\
	CHECK(strstr(error.text, words), "'%s'", error.text);			\
} while (0)

#define BINARY(name, shape, type, size)						\
	"{\"name\":\"" name "\",\"shape\":[" shape "],\"datatype\":\"" type "\"," \
	"\"parameters\":{\"binary_data_size\":" #size "}}"
#define DATA(name, shape, type, data)						\
	"{\"name\":\"" name "\",\"shape\":[" shape "],\"datatype\":\"" type "\"," \
	"\"data\":" data "}"

static void reads_binary(void)
{
	uint8_t features[64], packets[192];
	float flow[16];
	int i;

	for (i = 0; i < 64; i++)
		features[i] = i;
	for (i = 0; i < 192; i++)
		packets[i] = 255 - i;
	for (i = 0; i < 16; i++)
		flow[i] = i * 1.5f;
	begin("{\"id\":\"\\u00e4 7\",\"inputs\":[" BINARY("features", "2,32", "UINT8", 64) ","
	      BINARY("packets", "2,32,3", "UINT8", 192) "," BINARY("flow", "2,8", "FP32", 64)
	      "],\"outputs\":[{\"name\":\"probabilities\",\"parameters\":{\"binary_data\":true}}]}");
	add(features, sizeof(features));
	add(packets, sizeof(packets));
	add(flow, sizeof(flow));
	CHECK(!parse(&all), "%s", error.text);
	CHECK_EQ(r.flows, 2);
	CHECK_EQ(r.binary, 1);
	CHECK(!strcmp(r.id, "\xc3\xa4 7"), "%s", r.id);
	for (i = 0; i < 64; i++)
		CHECK_EQ(r.rows.value[TLML_INPUT_FEATURES][i], i);
	for (i = 0; i < 192; i++)
		CHECK_EQ(r.rows.value[TLML_INPUT_PACKETS][i], 255 - i);
	for (i = 0; i < 16; i++)
		CHECK(r.rows.value[TLML_INPUT_FLOW][i] == i * 1.5f, "%d", i);
}

/* Tensors come in the order in which the request has them, of either type. */
static void reads_floats_in_any_order(void)
{
	float flow[8] = { 1e30f, -2.5f }, features[32], packets[96];
	int i;

	for (i = 0; i < 32; i++)
		features[i] = i + 0.25f;
	for (i = 0; i < 96; i++)
		packets[i] = -i;
	begin("{\"inputs\":[" BINARY("flow", "1,8", "FP32", 32) ","
	      BINARY("packets", "1,32,3", "FP32", 384) "," BINARY("features", "1,32", "FP32", 128)
	      "]}");
	add(flow, sizeof(flow));
	add(packets, sizeof(packets));
	add(features, sizeof(features));
	CHECK(!parse(&all), "%s", error.text);
	CHECK_EQ(r.binary, 0);
	CHECK_EQ(*r.id, 0);
	CHECK(!memcmp(r.rows.value[TLML_INPUT_FLOW], flow, sizeof(flow)), "flow");
	CHECK(!memcmp(r.rows.value[TLML_INPUT_PACKETS], packets, sizeof(packets)), "packets");
	CHECK(!memcmp(r.rows.value[TLML_INPUT_FEATURES], features, sizeof(features)), "features");
}

#define FLOW_1	"1,2,3.5,4,5,-6,7e2,8"

static void check_flow_1(void)
{
	static const float want[] = { 1, 2, 3.5f, 4, 5, -6, 700, 8 };

	CHECK(!parse(&flow_only), "%s", error.text);
	CHECK_EQ(r.flows, 1);
	CHECK(!memcmp(r.rows.value[TLML_INPUT_FLOW], want, sizeof(want)), "values");
	CHECK(!r.rows.value[TLML_INPUT_FEATURES] && !r.rows.value[TLML_INPUT_PACKETS], "others");
}

static void reads_json(void)
{
	begin("{\"inputs\":[" DATA("flow", "1,8", "FP32", "[" FLOW_1 "]") "],\"outputs\":[]}");
	check_flow_1();
	begin("{\"inputs\":[" DATA("flow", "1,8", "FP32", "[[" FLOW_1 "]]") "]}");
	check_flow_1();
}

static void reads_mixed(void)
{
	float flow[8] = { 7 };
	char numbers[32 * 4] = "", packets[96 * 4] = "";
	int i;

	for (i = 0; i < 32; i++)
		sprintf(numbers + strlen(numbers), "%s%d", i ? "," : "", i * 8);
	for (i = 0; i < 32; i++)
		sprintf(packets + strlen(packets), "%s[%d,0,1]", i ? "," : "", i);
	begin("{\"inputs\":[" DATA("features", "1,32", "UINT8", "[%s]") ","
	      BINARY("flow", "1,8", "FP32", 32) "," DATA("packets", "1,32,3", "UINT8", "[[%s]]")
	      "],\"parameters\":{\"binary_data_output\":true}}", numbers, packets);
	add(flow, sizeof(flow));
	CHECK(!parse(&all), "%s", error.text);
	CHECK_EQ(r.rows.value[TLML_INPUT_FEATURES][31], 248);
	CHECK_EQ(r.rows.value[TLML_INPUT_PACKETS][3 * 31], 31);
	CHECK_EQ(r.rows.value[TLML_INPUT_PACKETS][3 * 31 + 2], 1);
	CHECK_EQ(r.rows.value[TLML_INPUT_FLOW][0], 7);
	CHECK_EQ(r.binary, 1);
}

static void takes_the_largest(void)
{
	float *flow = calloc(1025, 32);

	begin("{\"inputs\":[" BINARY("flow", "1024,8", "FP32", 32768) "]}");
	add(flow, 32768);
	CHECK(!parse(&flow_only), "%s", error.text);
	CHECK_EQ(r.flows, 1024);
	begin("{\"inputs\":[" BINARY("flow", "1025,8", "FP32", 32800) "]}");
	add(flow, 32800);
	CHECK_BAD(&flow_only, "1 to 1024");
	free(flow);
}

/* What an output says of itself stands over what is said of all. */
static void outputs(void)
{
	static const struct { const char *text; int binary; } good[] = {
		{ "", 0 },
		{ ",\"outputs\":[{\"name\":\"probabilities\"}]", 0 },
		{ ",\"parameters\":{\"binary_data_output\":true}", 1 },
		{ ",\"parameters\":{\"binary_data_output\":true},\"outputs\":[{\"name\":\"probabilities\"}]", 1 },
		{ ",\"parameters\":{\"binary_data_output\":true},\"outputs\":[{\"name\":\"probabilities\",\"parameters\":{\"binary_data\":false}}]", 0 },
		{ ",\"parameters\":{\"timeout\":5}", 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		begin("{\"inputs\":[" DATA("flow", "1,8", "FP32", "[" FLOW_1 "]") "]%s}",
		      good[i].text);
		CHECK(!parse(&flow_only), "%zu: %s", i, error.text);
		CHECK(r.binary == good[i].binary, "%zu", i);
	}
}

static void truncated(void)
{
	char text[] = "{\"inputs\":[" BINARY("flow", "1,8", "FP32", 32) "]}";
	float flow[8] = { 1 };
	size_t n;

	for (n = 0; n < sizeof(text) - 1; n++) {
		begin("%.*s", (int)n, text);
		CHECK(parse(&flow_only) == -EINVAL && *error.text, "JSON of %zu", n);
	}
	for (n = 0; n <= 33; n++) {
		begin("%s", text);
		add("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", n);
		CHECK((parse_as(&flow_only, body.json) == 0) == (n == 32), "%zu bytes", n);
	}
	begin("%s", text);
	add(flow, sizeof(flow));
	CHECK_EQ(parse_as(&flow_only, body.len), -EINVAL);	/* JSON that goes on */
	CHECK_EQ(parse_as(&flow_only, body.len + 1), -EINVAL);
	CHECK_EQ(parse_as(&flow_only, body.json - 1), -EINVAL);
	CHECK_EQ(parse_as(&flow_only, 0), -EINVAL);
	CHECK_EQ(parse_as(&flow_only, -1), -EINVAL);
}

/* A request for flow_only with this in its place, and the words of what is said of it. */
static void wrong(void)
{
	static const struct { const char *text, *words; } bad[] = {
		{ "[]", "not an object" },
		{ "nothing", "not JSON" },
		{ "{}", "no array of inputs" },
		{ "{\"inputs\":[]}", "input flow is not there" },
		{ "{\"inputs\":[7]}", "no name" },
		{ "{\"inputs\":[{\"name\":7}]}", "no name" },
		{ "{\"inputs\":[" DATA("colour", "1,8", "FP32", "[]") "]}", "no input 'colour'" },
		{ "{\"inputs\":[" DATA("features", "1,32", "UINT8", "[]") "]}", "no input 'features'" },
		{ "{\"inputs\":[" DATA("a\\u0007\\u00e4", "1,8", "FP32", "[]") "]}", "no input 'a?" },
		{ "{\"inputs\":[" DATA("flow", "1,8", "UINT8", "[" FLOW_1 "]") "]}", "has to be FP32" },
		{ "{\"inputs\":[{\"name\":\"flow\",\"shape\":[1,8],\"data\":[" FLOW_1 "]}]}", "has to be FP32" },
		{ "{\"inputs\":[" DATA("flow", "8", "FP32", "[" FLOW_1 "]") "]}", "2 sizes" },
		{ "{\"inputs\":[" DATA("flow", "1,8,1", "FP32", "[" FLOW_1 "]") "]}", "2 sizes" },
		{ "{\"inputs\":[" DATA("flow", "1,9", "FP32", "[" FLOW_1 "]") "]}", "has to be 8" },
		{ "{\"inputs\":[" DATA("flow", "1,8.0", "FP32", "[" FLOW_1 "]") "]}", "has to be 8" },
		{ "{\"inputs\":[" DATA("flow", "1,\"8\"", "FP32", "[" FLOW_1 "]") "]}", "has to be 8" },
		{ "{\"inputs\":[" DATA("flow", "0,8", "FP32", "[]") "]}", "1 to 1024" },
		{ "{\"inputs\":[" DATA("flow", "-1,8", "FP32", "[" FLOW_1 "]") "]}", "1 to 1024" },
		{ "{\"inputs\":[" DATA("flow", "4294967297,8", "FP32", "[" FLOW_1 "]") "]}", "1 to 1024" },
		{ "{\"inputs\":[" DATA("flow", "9223372036854775807,8", "FP32", "[" FLOW_1 "]") "]}", "1 to 1024" },
		{ "{\"inputs\":[" DATA("flow", "9223372036854775808,8", "FP32", "[" FLOW_1 "]") "]}", "not JSON" },
		{ "{\"inputs\":[{\"name\":\"flow\",\"shape\":[1,8],\"datatype\":\"FP32\"}]}", "either data or" },
		{ "{\"inputs\":[{\"name\":\"flow\",\"shape\":[1,8],\"datatype\":\"FP32\",\"data\":[" FLOW_1 "],\"parameters\":{\"binary_data_size\":32}}]}", "either data or" },
		{ "{\"inputs\":[" BINARY("flow", "1,8", "FP32", 31) "]}", "has to be 32" },
		{ "{\"inputs\":[" BINARY("flow", "1,8", "FP32", -32) "]}", "has to be 32" },
		{ "{\"inputs\":[" BINARY("flow", "1,8", "FP32", 32.0) "]}", "has to be 32" },
		{ "{\"inputs\":[" BINARY("flow", "1,8", "FP32", "32") "]}", "has to be 32" },
		{ "{\"inputs\":[" BINARY("flow", "1,8", "FP32", 32) "]}", "0 of 32 are there" },
		{ "{\"inputs\":[" DATA("flow", "1,8", "FP32", "7") "]}", "no array of 8" },
		{ "{\"inputs\":[" DATA("flow", "1,8", "FP32", "[1,2,3,4,5,6,7]") "]}", "no array of 8" },
		{ "{\"inputs\":[" DATA("flow", "1,8", "FP32", "[1,2,3,4,5,6,7,8,9]") "]}", "no array of 8" },
		{ "{\"inputs\":[" DATA("flow", "1,8", "FP32", "[1,2,3,4,5,6,7,true]") "]}", "no array of 8" },
		{ "{\"inputs\":[" DATA("flow", "1,8", "FP32", "[1,2,3,4,5,6,7,1e39]") "]}", "no array of 8" },
		{ "{\"inputs\":[" DATA("flow", "1,8", "FP32", "[1,2,3,4,5,6,7,NaN]") "]}", "not JSON" },
		{ "{\"inputs\":[" DATA("flow", "1,8", "FP32", "[[[" FLOW_1 "]]]") "]}", "no array of 8" },
		{ "{\"inputs\":[" DATA("flow", "1,8", "FP32", "[" FLOW_1 "]") "," DATA("flow", "1,8", "FP32", "[" FLOW_1 "]") "]}", "twice" },
		{ "{\"inputs\":[],\"inputs\":[]}", "not JSON" },
		{ "{\"inputs\":[" DATA("flow", "1,8", "FP32", "[" FLOW_1 "]") "]} ?", "not JSON" },
		{ "{\"id\":7,\"inputs\":[]}", "id is no text" },
		{ "{\"id\":\"\\u0000\",\"inputs\":[]}", "not JSON" },
		{ "{\"inputs\":[" DATA("flow", "1,8", "FP32", "[" FLOW_1 "]") "],\"outputs\":7}", "outputs is no array" },
		{ "{\"inputs\":[" DATA("flow", "1,8", "FP32", "[" FLOW_1 "]") "],\"outputs\":[7]}", "outputs is no array" },
		{ "{\"inputs\":[" DATA("flow", "1,8", "FP32", "[" FLOW_1 "]") "],\"outputs\":[{\"name\":\"p\"}]}", "not 'p'" },
		{ "{\"inputs\":[" DATA("flow", "1,8", "FP32", "[" FLOW_1 "]") "],\"outputs\":[{\"name\":\"probabilities\"},{\"name\":\"q\"}]}", "not 'q'" },
		{ "{\"inputs\":[" DATA("flow", "1,8", "FP32", "[" FLOW_1 "]") "],\"outputs\":[{\"name\":\"probabilities\"},7]}", "one output" },
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		begin("%s", bad[i].text);
		CHECK(parse(&flow_only) == -EINVAL && strstr(error.text, bad[i].words),
		      "%s: '%s'", bad[i].text, error.text);
	}
}

static void bytes_are_bytes(void)
{
	static const struct tlml_oip_plan features = {
		.inputs = 1, .input = { { TLML_INPUT_FEATURES, TLML_DTYPE_FP32 } },
		.output = "probabilities", .classes = 2,
	};
	static const char *const last[] = { "256", "-1", "1.0", "1e1", "true" };
	char text[32 * 2] = "";
	size_t i;

	for (i = 0; i < 31; i++)
		strcat(text, "9,");
	for (i = 0; i < sizeof(last) / sizeof(last[0]); i++) {
		begin("{\"inputs\":[" DATA("features", "1,32", "UINT8", "[%s%s]") "]}", text,
		      last[i]);
		CHECK_BAD(&features, "whole numbers from 0 to 255");
	}
	begin("{\"inputs\":[" DATA("features", "1,32", "UINT8", "[%s255]") "]}", text);
	CHECK(!parse(&features), "%s", error.text);
	begin("{\"inputs\":[" DATA("features", "1,32", "FP32", "[%s-1.5]") "]}", text);
	CHECK(!parse(&features), "%s", error.text);
}

static void not_finite(void)
{
	const float odd[] = { NAN, INFINITY, -INFINITY };
	float flow[16] = { 0 };
	int i;

	for (i = 0; i < 3; i++) {
		flow[15] = odd[i];
		begin("{\"inputs\":[" BINARY("flow", "2,8", "FP32", 64) "]}");
		add(flow, sizeof(flow));
		CHECK_BAD(&flow_only, "not finite, the 16th");
	}
}

static void flows_differ(void)
{
	static const struct tlml_oip_plan two = {
		.inputs = 2, .input = { { TLML_INPUT_FLOW, TLML_DTYPE_FP32 },
					{ TLML_INPUT_FEATURES, TLML_DTYPE_UINT8 } },
		.output = "probabilities", .classes = 2,
	};
	float flow[8] = { 0 };
	char features[64] = "";

	begin("{\"inputs\":[" BINARY("flow", "1,8", "FP32", 32) ","
	      BINARY("features", "2,32", "UINT8", 64) "]}");
	add(flow, sizeof(flow));
	add(features, sizeof(features));
	CHECK_BAD(&two, "of 2 flows, those before it of 1");
}

static void long_texts(void)
{
	char text[300], *big;

	memset(text, 'x', sizeof(text));
	text[127] = 0;
	begin("{\"id\":\"%s\",\"inputs\":[" DATA("flow", "1,8", "FP32", "[" FLOW_1 "]") "]}", text);
	CHECK(!parse(&flow_only) && !strcmp(r.id, text), "%s", error.text);
	begin("{\"id\":\"%sx\",\"inputs\":[]}", text);
	CHECK_BAD(&flow_only, "up to 127 bytes");
	text[127] = 'x';
	text[299] = 0;
	begin("{\"inputs\":[" DATA("%s", "1,8", "FP32", "[]") "]}", text);
	CHECK_BAD(&flow_only, "no input 'xxx");
	big = calloc(1, TLML_INFERENCE_JSON + 2);
	memset(big, ' ', TLML_INFERENCE_JSON + 1);
	begin("%s", big);
	CHECK_BAD(&flow_only, "send tensors as binary data");
	free(big);
	begin("%*s", 4000, "");
	memset(body.bytes, '[', body.len);
	CHECK_BAD(&flow_only, "not JSON");
}

static const struct tap_test tests[] = {
	{ "binary tensors", reads_binary },
	{ "binary tensors of floats, in any order", reads_floats_in_any_order },
	{ "JSON, flat or nested", reads_json },
	{ "JSON and binary in one request", reads_mixed },
	{ "1024 flows, no more", takes_the_largest },
	{ "how the output is wanted", outputs },
	{ "requests that end early or go on", truncated },
	{ "requests that are wrong in one thing", wrong },
	{ "bytes are whole and small", bytes_are_bytes },
	{ "numbers are finite", not_finite },
	{ "inputs of as many flows", flows_differ },
	{ "texts that are too long", long_texts },
};

int main(void)
{
	int failed = tap_main(tests, sizeof(tests) / sizeof(tests[0]));

	tlml_inference_free(&r);
	free(body.bytes);
	return failed;
}
