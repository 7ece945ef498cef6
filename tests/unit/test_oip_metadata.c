// SPDX-License-Identifier: BSD-2-Clause
/* What servers say of themselves and of their models: what is read, what fits, what does not. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "../../daemon/oip.h"

static struct tlml_error error;
static int points, failed;

static void result(bool ok, const char *what)
{
	printf("%sok %d - %s\n", ok ? "" : "not ", ++points, what);
	failed += !ok;
}

static const struct {
	const char *json;
	int binary;		/* -1: refused */
} servers[] = {
	{ "{\"name\":\"x\",\"version\":\"1\",\"extensions\":[\"a\",\"binary_tensor_data\"]}", 1 },
	{ "{\"extensions\":[\"binary_tensor_data_not\"]}", 0 },
	{ "{\"name\":\"x\"}", 0 },
	{ "{\"extensions\":null}", 0 },
	{ "{\"extensions\":[1,null,{}]}", 0 },
	{ "{\"extensions\":\"binary_tensor_data\"}", 0 },
	{ "[\"binary_tensor_data\"]", -1 },
	{ "", -1 },
	{ "<html>", -1 },
	{ "{} {}", -1 },
	{ "{\"name\":1,\"name\":2}", -1 },
};

static void server(void)
{
	char what[120];
	unsigned int i;
	int binary, err;

	for (i = 0; i < sizeof(servers) / sizeof(servers[0]); i++) {
		binary = -1;
		err = tlml_oip_server_parse(servers[i].json, strlen(servers[i].json), &binary,
					    &error);
		snprintf(what, sizeof(what), "server %.90s", servers[i].json);
		result(err == (servers[i].binary < 0 ? -71 : 0) && binary == servers[i].binary,
		       what);
	}
}

#define T(name, type, shape)	"{\"name\":\"" name "\",\"datatype\":\"" type "\",\"shape\":" \
				shape "}"
#define FEATURES		T("features", "UINT8", "[-1,32]")
#define PROBABILITIES		T("probabilities", "FP32", "[-1,3]")
#define CLASSED(list)		"{\"name\":\"p\",\"datatype\":\"FP32\",\"shape\":[-1,3]," \
				"\"parameters\":{\"classes\":" list "}}"
#define MODEL(in, out)		"{\"inputs\":[" in "],\"outputs\":[" out "]}"

static const struct { const char *json, *says; } unread[] = {
	{ "[]", "not an object" },
	{ "{", "not JSON" },
	{ "{\"x\x1b[2J\":1}", "not JSON (byte" },
	{ "{\x1b[2J}", "near '?'" },
	{ "{\"inputs\":[],\"inputs\":[]}", "duplicate" },
	{ "{}", "lists no inputs" },
	{ MODEL("", PROBABILITIES), "lists no inputs" },
	{ MODEL(FEATURES, ""), "lists no outputs" },
	{ "{\"inputs\":{},\"outputs\":[]}", "lists no inputs" },
	{ MODEL("1", PROBABILITIES), "inputs[0] has no name" },
	{ MODEL(T("", "FP32", "[-1,32]"), PROBABILITIES), "inputs[0] has no name" },
	{ MODEL(T("a\\\"b", "FP32", "[-1,32]"), PROBABILITIES), "inputs[0] has no name" },
	{ MODEL(T("a\\u001b", "FP32", "[-1,32]"), PROBABILITIES), "inputs[0] has no name" },
	{ MODEL(T("0123456789012345678901234567890123456789012345678901234567890123", "FP32",
		  "[-1,32]"), PROBABILITIES), "no name of 1 to 63" },
	{ MODEL("{\"name\":\"a\",\"shape\":[1]}", PROBABILITIES), "(a) has no datatype" },
	{ MODEL(FEATURES, T("b", "FP32", "3")), "outputs[0] (b) has no shape" },
	{ MODEL(FEATURES, T("b", "FP32", "[-1,0]")), "(b) has no shape" },
	{ MODEL(FEATURES, T("b", "FP32", "[-2,3]")), "(b) has no shape" },
	{ MODEL(FEATURES, T("b", "FP32", "[-1,3.0]")), "(b) has no shape" },
	{ MODEL(FEATURES, T("b", "FP32", "[-1,99999999999999999999]")), "not JSON" },
	{ MODEL("1,1,1,1,1,1,1,1,1", ""), "9 inputs, more than 8" },
	{ MODEL(FEATURES, CLASSED("\"web\"")), "no list of 2 to 16" },
	{ MODEL(FEATURES, CLASSED("[\"web\"]")), "no list of 2 to 16" },
	{ MODEL(FEATURES, CLASSED("[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]")), "2 to 16" },
	{ MODEL(FEATURES, CLASSED("[\"web\",2]")), "classes[1] is no word" },
	{ MODEL(FEATURES, CLASSED("[\"web\",\"\"]")), "classes[1] is no word" },
	{ MODEL(FEATURES, CLASSED("[\"web\",\"a b\"]")), "classes[1] is no word" },
	{ MODEL(FEATURES, CLASSED("[\"web\",\"0123456789012345\"]")), "of 1 to 15" },
	{ MODEL(FEATURES, CLASSED("[\"web\",\"scan\",\"web\"]")), "classes 0 and 2" },
};

static void bad(void)
{
	struct tlml_oip_metadata m;
	char what[160];
	unsigned int i;
	int err;

	for (i = 0; i < sizeof(unread) / sizeof(unread[0]); i++) {
		memset(&error, 0, sizeof(error));
		err = tlml_oip_metadata_parse(unread[i].json, strlen(unread[i].json), &m, &error);
		if (err != -71 || !strstr(error.text, unread[i].says))
			printf("# %d %s\n", err, error.text);
		snprintf(what, sizeof(what), "refused: metadata %u: %s", i, unread[i].says);
		result(err == -71 && strstr(error.text, unread[i].says) && !strchr(error.text, 033),
		       what);
	}
}

static void good(void)
{
	static const char all[] =
		"{\"name\":\"tlml\",\"versions\":[\"1\",\"2\"],\"platform\":\"p\",\"rt_info\":{\"a\":[]},"
		"\"inputs\":[{\"shape\":[-1,32],\"datatype\":\"UINT8\",\"name\":\"features\",\"x\":{}},"
		T("packets", "FP32", "[-1,32,3]") "],"
		"\"outputs\":[{\"name\":\"p\",\"datatype\":\"FP32\",\"shape\":[-1,2],"
		"\"parameters\":{\"classes\":[\"web\",\"0123456789abcde\"]}},"
		T("deep", "FP32", "[1,2,3,4,5]") "," T("label", "INT64", "[]") "]}";
	static const char plain[] = "{\"versions\":null,\"inputs\":[" FEATURES "],\"outputs\":["
		"{\"name\":\"p\",\"datatype\":\"FP32\",\"shape\":[-1,3],\"parameters\":null}]}";
	struct tlml_oip_metadata m;

	result(!tlml_oip_metadata_parse(all, strlen(all), &m, &error), "metadata with all there is");
	result(m.inputs == 2 && !strcmp(m.input[0].name, "features") &&
	       m.input[0].dtype == TLML_DTYPE_UINT8 && m.input[0].dims == 2 &&
	       m.input[0].shape[0] == -1 && m.input[0].shape[1] == 32 &&
	       m.input[1].dtype == TLML_DTYPE_FP32 && m.input[1].dims == 3, "its inputs");
	result(m.outputs == 3 && m.output[0].dims == 2 && !m.output[1].dims && !m.output[2].dims &&
	       m.output[2].dtype == TLML_DTYPE_OTHER, "its outputs, also those of no use");
	result(m.classes == 2 && !strcmp(m.klass[0], "web") &&
	       !strcmp(m.klass[1], "0123456789abcde") && !strcmp(m.version, "2"),
	       "its classes and version");
	result(!tlml_oip_metadata_parse(plain, strlen(plain), &m, &error) && !m.classes &&
	       !m.version[0], "null is as good as absent");
}

static const char names3[][TLML_NAME_MAX] = { "one", "two", "three" };

static const struct {
	const char *json;
	unsigned int n;
	const char *output, *first;	/* what is asked for, and the name of class 0 */
	const char *says;		/* or why not */
} fits[] = {
	{ MODEL(FEATURES, PROBABILITIES), 3, "probabilities", "one" },
	{ MODEL(FEATURES, CLASSED("[\"a\",\"b\",\"c\"]")), 0, "p", "a" },
	{ MODEL(FEATURES, CLASSED("[\"a\",\"b\"]")), 3, "p", "one" },
	{ MODEL(FEATURES, CLASSED("[\"a\",\"b\"]")), 0, .says = "FP32 of shape [-1, 2]" },
	{ MODEL(FEATURES, PROBABILITIES), 0, .says = "does not tell the names" },
	{ MODEL(FEATURES, T("logits", "FP32", "[-1,3]") "," PROBABILITIES), 3, "probabilities", "one" },
	{ MODEL(FEATURES, T("label", "INT64", "[-1]") "," T("x", "FP32", "[-1,3]")), 3, "x", "one" },
	{ MODEL(FEATURES, T("a", "FP32", "[-1,3]") "," T("b", "FP32", "[-1,3]")), 3, "a", "one" },
	{ MODEL(FEATURES, T("x", "FP32", "[-1,-1]")), 3, "x", "one" },
	{ MODEL(FEATURES, T("x", "FP32", "[-1,4]")), 3, .says = "[-1, 3]" },
	{ MODEL(FEATURES, T("x", "FP64", "[-1,3]")), 3, .says = "[-1, 3]" },
	{ MODEL(FEATURES, T("x", "FP32", "[1,3]")), 3, .says = "[-1, 3]" },
	{ MODEL(FEATURES, T("x", "FP32", "[-1,3,1]")), 3, .says = "[-1, 3]" },
	{ MODEL(T("features", "FP32", "[-1,-1]"), PROBABILITIES), 3, "probabilities", "one" },
	{ MODEL(T("packets", "UINT8", "[-1,32,3]") "," T("flow", "FP32", "[-1,8]") "," FEATURES,
		PROBABILITIES), 3, "probabilities", "one" },
	{ MODEL(T("image", "FP32", "[-1,3,224,224]"), PROBABILITIES), 3, .says = "input 'image'" },
	{ MODEL(FEATURES "," FEATURES, PROBABILITIES), 3, .says = "'features' twice" },
	{ MODEL(T("features", "INT8", "[-1,32]"), PROBABILITIES), 3, .says = "type UINT8 or FP32" },
	{ MODEL(T("flow", "UINT8", "[-1,8]"), PROBABILITIES), 3, .says = "'flow' is to be of type FP32" },
	{ MODEL(T("features", "UINT8", "[-1,33]"), PROBABILITIES), 3,
	  .says = "[-1, 33]; tlml sends [-1, 32]" },
	{ MODEL(T("features", "UINT8", "[8,32]"), PROBABILITIES), 3, .says = "shape [8, 32]" },
	{ MODEL(T("features", "UINT8", "[32]"), PROBABILITIES), 3, .says = "shape [32]" },
	{ MODEL(T("features", "UINT8", "[-1,32,1,1,1]"), PROBABILITIES), 3, .says = "shape [...]" },
	{ MODEL(T("packets", "UINT8", "[-1,96]"), PROBABILITIES), 3, .says = "sends [-1, 32, 3]" },
	{ MODEL(T("packets", "FP32", "[-1,9223372036854775807,9223372036854775807,"
		  "9223372036854775807]"), PROBABILITIES), 3, .says = "9223372036854775807]; tlml" },
};

static bool fit_is(unsigned int i)
{
	struct tlml_oip_metadata m;
	struct tlml_oip_plan p;
	int err;

	memset(&error, 0, sizeof(error));
	if (tlml_oip_metadata_parse(fits[i].json, strlen(fits[i].json), &m, &error))
		return false;
	err = tlml_oip_fit(&m, names3, fits[i].n, 1, &p, &error);
	if (fits[i].says)
		return err == -71 && strstr(error.text, fits[i].says);
	return !err && p.binary == 1 && p.inputs == m.inputs && p.classes == 3 &&
	       !strcmp(p.output, fits[i].output) && !strcmp(p.klass[0], fits[i].first);
}

int main(void)
{
	const unsigned int n = sizeof(fits) / sizeof(fits[0]);
	char what[100];
	unsigned int i;
	bool ok;

	printf("KTAP version 1\n1..%zu\n", sizeof(servers) / sizeof(servers[0]) +
	       sizeof(unread) / sizeof(unread[0]) + 5 + n);
	server();
	bad();
	good();
	for (i = 0; i < n; i++) {
		ok = fit_is(i);
		if (!ok)
			printf("# %s: %s\n", fits[i].json, error.text);
		snprintf(what, sizeof(what), "model %u: %s", i,
			 fits[i].says ? fits[i].says : "fits");
		result(ok, what);
	}
	return failed != 0;
}
