// SPDX-License-Identifier: BSD-2-Clause
/* What Triton, OpenVINO Model Server and KServe send (exchanges/README), from the bytes on. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "../../daemon/http.h"
#include "../../daemon/oip.h"

static const char names[][TLML_NAME_MAX] = { "web", "dns", "scan", "bulk" };
static struct tlml_error error;
static struct tlml_http h;
static int points, failed;

static void result(bool ok, const char *what)
{
	if (!ok)
		printf("# %s\n", error.text);
	printf("%sok %d - %s\n", ok ? "" : "not ", ++points, what);
	failed += !ok;
}

/* Feeds a recorded response in pieces; true if it is whole and has that status. */
static bool play(const char *name, size_t piece, unsigned int status)
{
	char path[128], bytes[4096];
	size_t n, i, len;
	int err = 0;
	FILE *f;

	snprintf(error.text, sizeof(error.text), "it could not be read");
	snprintf(path, sizeof(path), "tests/unit/exchanges/%s.http", name);
	f = fopen(path, "r");
	if (!f)
		return false;
	len = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	tlml_http_reset(&h);
	for (i = 0; i < len && !err; i += n) {
		n = len - i < piece ? len - i : piece;
		err = tlml_http_feed(&h, bytes + i, n, &error);
	}
	return !err && h.complete && h.keep_alive && h.status == status;
}

static void server(const char *name, int want)
{
	int binary = -1;

	result(play(name, 4096, 200) && !tlml_oip_server_parse(h.body, h.len, &binary, &error) &&
	       binary == want, name);
}

static void model(const char *name, const char *version)
{
	struct tlml_oip_metadata m;
	struct tlml_oip_plan p;

	result(play(name, 4096, 200) && !tlml_oip_metadata_parse(h.body, h.len, &m, &error) &&
	       !tlml_oip_fit(&m, names, 4, 1, &p, &error) && p.inputs == 2 &&
	       p.input[0].input == TLML_INPUT_FEATURES && p.input[1].input == TLML_INPUT_PACKETS &&
	       p.input[1].dtype == TLML_DTYPE_UINT8 && !strcmp(p.output, "probabilities") &&
	       !strcmp(m.version, version), name);
}

static bool infer_is(const char *name, size_t piece)
{
	static const float want[12] = { .7f, .1f, .1f, .1f, .25f, .25f, .25f, .25f, 0, 0, 1, 0 };
	struct tlml_oip_plan plan = { .output = "probabilities", .classes = 4 };
	float out[12];
	int i;

	if (!play(name, piece, 200) ||
	    tlml_oip_reply_parse(&plan, h.body, h.len, h.json_len, 3, out, &error))
		return false;
	for (i = 0; i < 12; i++)
		if (out[i] != want[i])
			return false;
	return true;
}

static void infer(const char *name)
{
	result(infer_is(name, 4096) && infer_is(name, 1) && infer_is(name, 7), name);
}

static void failure(const char *name, unsigned int status, const char *says)
{
	char text[128] = "";

	if (play(name, 4096, status))
		tlml_oip_failure(h.body, h.len, text, sizeof(text));
	result(!strcmp(text, says), name);
}

int main(void)
{
	printf("KTAP version 1\n1..21\n");
	tlml_http_init(&h);
	result(play("triton-live", 4096, 200) && !h.len, "triton-live");
	result(play("ovms-live", 4096, 200), "ovms-live");
	result(play("kserve-live", 4096, 200), "kserve-live");
	server("triton-server", 1);
	server("ovms-server", 0);
	server("kserve-server", 0);
	model("triton-model", "2");
	model("ovms-model", "1");
	model("kserve-model", "");
	infer("triton-infer-binary");
	infer("triton-infer-both");
	infer("triton-infer-json");
	infer("ovms-infer-binary");
	infer("ovms-infer-json");
	infer("kserve-infer-json");
	infer("kserve-infer-binary");
	infer("kserve-infer-nested");
	infer("oip-infer-json");
	failure("triton-error", 400, "Request for unknown model: 'tlml' is not found");
	failure("ovms-error", 404, "Model with requested name is not found");
	failure("kserve-error", 404, "Model with name tlml does not exist.");
	tlml_http_free(&h);
	return failed != 0;
}
