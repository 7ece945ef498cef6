// SPDX-License-Identifier: BSD-2-Clause
/* Replies: every form that says the same is read as the same, and all else is refused. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../daemon/oip.h"

static struct tlml_oip_plan plan = {
	.output = "p", .classes = 2, .klass = { "good", "bad" }, .told = 1,
};
static const float want[4] = { 0.25, 0.75, 1, 0 };
static struct tlml_error error;
static int points, failed;

static void result(bool ok, const char *what)
{
	if (!ok)
		printf("# %s\n", error.text);
	printf("%sok %d - %s\n", ok ? "" : "not ", ++points, what);
	failed += !ok;
}

/* Parses head, then len bytes of raw, from memory of just that size. */
static int parse(const char *head, const void *raw, size_t len, long json_len, unsigned int n,
		 float *out)
{
	size_t size = strlen(head) + len;
	char *body = malloc(size ? size : 1);
	int err;

	memset(&error, 0, sizeof(error));
	memcpy(body, head, strlen(head));
	if (len)
		memcpy(body + strlen(head), raw, len);
	err = tlml_oip_reply_parse(&plan, body, size, json_len, n, out, &error);
	free(body);
	return err;
}

#define R(outputs)	"{\"model_name\":\"m\",\"outputs\":[" outputs "]}"
#define P(data)		"{\"name\":\"p\",\"shape\":[2,2],\"datatype\":\"FP32\"," data "}"
#define DATA(data)	P("\"data\":" data)
#define RAW		P("\"parameters\":{\"binary_data_size\":16}")
#define OTHER(size)	"{\"name\":\"x\",\"datatype\":\"INT64\",\"shape\":[1],\"parameters\":" \
			"{\"binary_data_size\":" size "}}"
#define FLAT		"[0.25,0.75,1,0]"

static const struct {
	const char *head;
	size_t before, after;	/* bytes around the tensor, which is not there if ~0 */
	const char *says;	/* or it says what we want */
} cases[] = {
	{ R(DATA(FLAT)), ~0 },
	{ R(DATA("[[0.25,0.75],[1.0,0.0]]")), ~0 },
	{ R(DATA("[25e-2,0.75,1,-0.0]")), ~0 },
	{ " \r\n" R(DATA(FLAT)) "\n", ~0 },
	{ "{\"id\":null,\"model_version\":null,\"parameters\":null,\"outputs\":["
	  P("\"parameters\":null,\"data\":" FLAT) "]}", ~0 },
	{ R(P("\"parameters\":{\"classification\":2},\"data\":" FLAT)), ~0 },
	{ R("{\"data\":" FLAT ",\"datatype\":\"FP32\",\"shape\":[2,2],\"name\":\"p\"}"), ~0 },
	{ R("{\"name\":\"x\",\"datatype\":\"BYTES\",\"shape\":[1],\"data\":[\"a\"]}," DATA(FLAT)), ~0 },
	{ R(DATA(FLAT) ",{\"name\":\"x\",\"datatype\":\"INT64\",\"shape\":[1],\"data\":[4]},null"), ~0 },
	{ R(RAW), 0, 0 },
	{ R(OTHER("5") "," RAW), 5, 0 },
	{ R(RAW "," OTHER("7")), 0, 7 },
	{ R(OTHER("0") "," OTHER("1") "," RAW "," OTHER("3")), 1, 3 },
	{ R("{\"name\":\"x\",\"datatype\":\"INT64\",\"shape\":[1],\"data\":[4]}," RAW), 0, 0 },
	{ R(OTHER("5") "," DATA(FLAT)), 5, ~0 },
	{ "", ~0, .says = "not JSON" },
	{ "[]", ~0, .says = "not an object" },
	{ "{}", ~0, .says = "no output 'p'" },
	{ "{\"error\":\"no\"}", ~0, .says = "no output 'p'" },
	{ "{\"outputs\":{\"p\":[1,0]}}", ~0, .says = "no output 'p'" },
	{ R(""), ~0, .says = "no output 'p'" },
	{ R("{\"name\":\"P\",\"shape\":[2,2],\"datatype\":\"FP32\",\"data\":" FLAT "}"), ~0,
	  .says = "no output 'p'" },
	{ R(DATA(FLAT) "," DATA(FLAT)), ~0, .says = "twice" },
	{ R(P("\"data\":" FLAT ",\"data\":" FLAT)), ~0, .says = "duplicate" },
	{ R(P("\"shape\":[2,2],\"data\":" FLAT)), ~0, .says = "duplicate" },
	{ R("{\"name\":\"p\",\"shape\":[2,2],\"data\":" FLAT "}"), ~0, .says = "not of type FP32" },
	{ R("{\"name\":\"p\",\"datatype\":\"FP64\",\"shape\":[2,2],\"data\":" FLAT "}"), ~0,
	  .says = "not of type FP32" },
	{ R("{\"name\":\"p\",\"datatype\":\"FP32\",\"shape\":[4],\"data\":" FLAT "}"), ~0,
	  .says = "not of shape [2, 2]" },
	{ R("{\"name\":\"p\",\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[1,0]}"), ~0,
	  .says = "not of shape [2, 2]" },
	{ R("{\"name\":\"p\",\"datatype\":\"FP32\",\"shape\":[2,2,1],\"data\":" FLAT "}"), ~0,
	  .says = "not of shape [2, 2]" },
	{ R("{\"name\":\"p\",\"datatype\":\"FP32\",\"data\":" FLAT "}"), ~0, .says = "not of shape" },
	{ R(DATA("[0.25,0.75,1]")), ~0, .says = "not 2 x 2 numbers" },
	{ R(DATA("[0.25,0.75,1,0,0]")), ~0, .says = "not 2 x 2 numbers" },
	{ R(DATA("[0.25,0.75,1,\"0\"]")), ~0, .says = "not 2 x 2 numbers" },
	{ R(DATA("[0.25,0.75,1,null]")), ~0, .says = "not 2 x 2 numbers" },
	{ R(DATA("[[0.25,0.75],[1]]")), ~0, .says = "not 2 x 2 numbers" },
	{ R(DATA("[[0.25,0.75],1,0]")), ~0, .says = "not 2 x 2 numbers" },
	{ R(DATA("[[0.25],[0.75],[1],[0]]")), ~0, .says = "not 2 x 2 numbers" },
	{ R(DATA("[[[0.25,0.75],[1,0]]]")), ~0, .says = "not 2 x 2 numbers" },
	{ R(DATA("[]")), ~0, .says = "not 2 x 2 numbers" },
	{ R(DATA("{\"a\":1}")), ~0, .says = "not 2 x 2 numbers" },
	{ R(P("\"x\":0")), ~0, .says = "not 2 x 2 numbers" },
	{ R(DATA("[NaN,0.75,1,0]")), ~0, .says = "not JSON" },
	{ R(DATA("[Infinity,0.75,1,0]")), ~0, .says = "not JSON" },
	{ R(DATA("[1e999,0.75,1,0]")), ~0, .says = "not JSON" },
	{ R(DATA("[1e300,0.75,1,0]")), ~0, .says = "row 0 sums to inf" },
	{ R(DATA("[-0.25,1.25,1,0]")), ~0, .says = "row 0, class 0: -0.25" },
	{ R(DATA("[0.25,0.75,1,1]")), ~0, .says = "row 1 sums to 2" },
	{ R(DATA("[0.25,0.75,0,0]")), ~0, .says = "row 1 sums to 0" },
	{ R(DATA("[0.25,0.73,1,0]")), ~0, .says = "row 0 sums to 0.98" },
	{ R(RAW), 0, 1, "1 bytes after the last output" },
	{ R(RAW), ~0, .says = "where 0 bytes are left" },
	{ R(OTHER("5") "," RAW), 4, 0, "where 15 bytes are left" },
	{ R(RAW "," RAW), 0, 16, "twice" },
	{ R(P("\"parameters\":{\"binary_data_size\":15}")), 0, 0, "has 15 bytes, not 16" },
	{ R(P("\"parameters\":{\"binary_data_size\":0},\"data\":" FLAT)), ~0, .says = "has 0 bytes" },
	{ R(P("\"parameters\":{\"binary_data_size\":-16}")), 0, 0, "binary_data_size" },
	{ R(P("\"parameters\":{\"binary_data_size\":16.0}")), 0, 0, "binary_data_size" },
	{ R(P("\"parameters\":{\"binary_data_size\":\"16\"}")), 0, 0, "binary_data_size" },
	{ R(P("\"parameters\":{\"binary_data_size\":9223372036854775807}")), 0, 0, "where 16" },
	{ R(DATA(FLAT)), 0, 0, "16 bytes after the last output" },
};

static bool case_is(unsigned int i)
{
	bool raw = cases[i].before != ~0ul && cases[i].after != ~0ul;
	size_t before = cases[i].before == ~0ul ? 0 : cases[i].before;
	size_t after = cases[i].after == ~0ul ? 0 : cases[i].after;
	size_t len = before + after + (raw ? sizeof(want) : 0);
	float out[4] = { 9, 9, 9, 9 };
	char tail[64];
	int err;

	memset(tail, 0xff, sizeof(tail));
	if (raw)
		memcpy(tail + before, want, sizeof(want));
	err = parse(cases[i].head, tail, len, len ? (long)strlen(cases[i].head) : -1, 2, out);
	if (cases[i].says)
		return err == -71 && strstr(error.text, cases[i].says);
	return !err && out[0] == want[0] && out[1] == want[1] && out[2] == want[2] && !out[3];
}

/* What only float32 bits can say, and sums at the edge. */
static void rows(void)
{
	static const struct { float a, b; bool good; } pairs[] = {
		{ NAN, 1, false }, { 1, NAN, false }, { INFINITY, 0, false },
		{ -INFINITY, 1, false }, { -1e-30f, 1, false }, { 1, 0, true },
		{ 0.505f, 0.504f, true }, { 0.495f, 0.496f, true }, { 0.51f, 0.51f, false },
		{ 0.49f, 0.49f, false },
		{ 1.005f, 0, true }, { 1.1f, 0, false }, { 1e-45f, 1, true },
	};
	static const char head[] = "{\"outputs\":[{\"name\":\"p\",\"shape\":[1,2],\"datatype\":\"FP32\","
				   "\"parameters\":{\"binary_data_size\":8}}]}";
	char what[80];
	unsigned int i;
	float out[2];
	int err;

	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		err = parse(head, &pairs[i], 8, strlen(head), 1, out);
		snprintf(what, sizeof(what), "row %g %g", pairs[i].a, pairs[i].b);
		result(pairs[i].good ? !err && out[0] <= 1 && out[1] <= 1 : err == -71, what);
	}
}

#define VERSION(v)	"{\"model_version\":" v ",\"outputs\":[" DATA(FLAT) "]}"
#define CLASSES(list)	R(P("\"parameters\":{\"classes\":" list "},\"data\":" FLAT))

/* Another model than the one that the plan was made for shows in what it is called. */
static void model(void)
{
	static const char other[] = "of other classes than before";
	float out[4];

	result(!parse(VERSION("\"1\""), "", 0, -1, 2, out) && !strcmp(plan.version, "1"),
	       "the first version");
	result(!parse(VERSION("\"1\""), "", 0, -1, 2, out), "the same again");
	result(!parse(R(DATA(FLAT)), "", 0, -1, 2, out) && !parse(VERSION("2"), "", 0, -1, 2, out),
	       "none, or what is no version");
	result(parse(VERSION("\"2\""), "", 0, -1, 2, out) == -71 &&
	       strstr(error.text, "of version 2 of the model, others were of 1"), "another one");
	*plan.version = 0;
	result(!parse(CLASSES("[\"good\",\"bad\"]"), "", 0, -1, 2, out), "the same classes");
	result(parse(CLASSES("[\"bad\",\"good\"]"), "", 0, -1, 2, out) == -71 &&
	       strstr(error.text, other), "in another order");
	result(parse(CLASSES("[\"good\"]"), "", 0, -1, 2, out) == -71 &&
	       parse(CLASSES("[\"good\",7]"), "", 0, -1, 2, out) == -71, "too few, or no names");
	plan.told = 0;
	result(!parse(CLASSES("[\"bad\",\"good\"]"), "", 0, -1, 2, out),
	       "which the configuration overrules");
	plan.told = 1;
}

static void lengths(void)
{
	float out[4];

	result(parse(R(DATA(FLAT)), "", 0, sizeof(R(DATA(FLAT))) - 1, 2, out) == 0,
	       "the length of the JSON may be told where nothing follows it");
	result(parse(R(RAW), want, 16, 1 << 20, 2, out) == -71 && strstr(error.text, "are to be JSON"),
	       "a JSON part longer than the body");
	result(parse(R(RAW), want, 16, strlen(R(RAW)) + 1, 2, out) == -71, "and one that is too long");
	result(parse(R(RAW), want, 16, 0, 2, out) == -71, "and one of nothing");
	result(parse(R(RAW), want, 16, -1, 2, out) == -71, "a tensor, but no length of the JSON");
}

static void large(void)
{
	const unsigned int n = TLML_OIP_BATCH;
	static char head[1 << 20];
	float *out = malloc(n * 2 * sizeof(*out));
	char *at = head;
	unsigned int i;

	at += sprintf(at, "{\"outputs\":[{\"name\":\"p\",\"shape\":[%u,2],\"datatype\":\"FP32\",\"data\":[", n);
	for (i = 0; i < n; i++)
		at += sprintf(at, "%s0.2%u,\n 0.75", i ? "," : "", 50000 + i % 10);
	strcpy(at, "]}]}");
	result(!parse(head, "", 0, -1, n, out) && out[1] == 0.75 && out[2 * n - 1] == 0.75,
	       "256 flows");
	result(parse(head, "", 0, -1, n - 1, out) == -71, "but not one more than were asked about");
	memset(at, ' ', sizeof(head) - (at - head));
	strcpy(head + sizeof(head) - 5, "]}]}");
	result(parse(head, "", 0, -1, n, out) == -71 && strstr(error.text, "more than"),
	       "more JSON than any answer needs");
	memset(head, '[', sizeof(head) / 4);
	head[sizeof(head) / 4] = 0;
	result(parse(head, "", 0, -1, n, out) == -71 && strstr(error.text, "depth"), "a deep one");
	free(out);
}

static void failure(const char *body, const char *is)
{
	char text[16], what[80];

	tlml_oip_failure(body, strlen(body), text, sizeof(text));
	snprintf(what, sizeof(what), "failure: %s", is);
	if (strcmp(text, is))
		printf("# %s\n", text);
	result(!strcmp(text, is), what);
}

int main(void)
{
	const unsigned int n = sizeof(cases) / sizeof(cases[0]);
	char what[100];
	unsigned int i;

	printf("KTAP version 1\n1..%u\n", n + 38);
	for (i = 0; i < n; i++) {
		snprintf(what, sizeof(what), "reply %u: %s", i, cases[i].says ?: "as wanted");
		result(case_is(i), what);
	}
	rows();
	model();
	lengths();
	large();
	failure("{\"error\":\"no model\"}", "no model");
	failure("", "no reason given");
	failure("{\"error\":\"\"}", "no reason given");
	failure("{\"error\":\"no model of the name x\"}", "no model of the");
	failure("{\"error\":\"a\\nb\\u001bc\"}", "a?b?c");
	failure("{\"error\":5}", "{\"error\":5}");
	failure("<html>\n<body>", "<html>?<body>");
	failure("[1]", "[1]");
	return failed != 0;
}
