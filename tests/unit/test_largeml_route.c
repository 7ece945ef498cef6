// SPDX-License-Identifier: BSD-2-Clause
/* Paths: each names what the protocol says, all others nothing. */
#include <string.h>

#include "../../daemon/largeml/route.h"
#include "../prog/tap.h"

static void good(void)
{
	static const struct {
		const char *path;
		enum tlml_route_kind kind;
		int post;
		const char *name, *version;
	} paths[] = {
		{ "/v2", TLML_ROUTE_SERVER, 0, "", "" },
		{ "/v2/", TLML_ROUTE_SERVER, 0, "", "" },
		{ "/v2/health/live", TLML_ROUTE_LIVE, 0, "", "" },
		{ "/v2/health/ready/", TLML_ROUTE_READY, 0, "", "" },
		{ "/v2/models/tlml", TLML_ROUTE_MODEL, 0, "tlml", "" },
		{ "/v2/models/m/", TLML_ROUTE_MODEL, 0, "m", "" },
		{ "/v2/models/a-b_c.9/ready", TLML_ROUTE_MODEL_READY, 0, "a-b_c.9", "" },
		{ "/v2/models/ready/ready", TLML_ROUTE_MODEL_READY, 0, "ready", "" },
		{ "/v2/models/stats/stats", TLML_ROUTE_STATS, 0, "stats", "" },
		{ "/v2/models/m/infer", TLML_ROUTE_INFER, 1, "m", "" },
		{ "/v2/models/m/versions/12", TLML_ROUTE_MODEL, 0, "m", "12" },
		{ "/v2/models/m/versions/12/ready", TLML_ROUTE_MODEL_READY, 0, "m", "12" },
		{ "/v2/models/m/versions/x/stats", TLML_ROUTE_STATS, 0, "m", "x" },
		{ "/v2/models/m/versions/12/infer", TLML_ROUTE_INFER, 1, "m", "12" },
		{ "/v2/repository/index", TLML_ROUTE_INDEX, 1, "", "" },
		{ "/v2/repository/models/m/load", TLML_ROUTE_LOAD, 1, "m", "" },
		{ "/v2/repository/models/m/unload", TLML_ROUTE_UNLOAD, 1, "m", "" },
	};
	struct tlml_route r;
	size_t i;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		tlml_route_parse(paths[i].path, &r);
		CHECK(r.kind == paths[i].kind && r.post == paths[i].post &&
		      !strcmp(r.name, paths[i].name) && !strcmp(r.version, paths[i].version),
		      "%s: %d, '%s', '%s'", paths[i].path, r.kind, r.name, r.version);
	}
}

static void nothing(void)
{
	static const char *const paths[] = {
		"", "/", "v2", "/v", "/v2x", "/v1", "//v2", "/v2//", "/v2/health", "/v2/health/",
		"/v2/health/live/x", "/v2/models", "/v2/models/", "/v2/models//ready",
		"/v2/models/m/nothing", "/v2/models/m/infer/x",
		"/v2/models/m/versions", "/v2/models/m/versions//infer",
		"/v2/models/m/versions/1/2", "/v2/models/m/versions/1234567890123456/ready",
		"/v2/models/../etc", "/v2/models/../../etc/passwd", "/v2/models/.hidden",
		"/v2/models/a b", "/v2/models/\xc3\xa4", "/v2/models/a;b", "/v2/repository",
		"/v2/repository/models/m", "/v2/repository/models/../load",
		"/v2/models/\001", "/v2/models/m/versions/\002/\002",
		"/v2/models/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	};
	struct tlml_route r;
	size_t i;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		tlml_route_parse(paths[i], &r);
		CHECK(r.kind == TLML_ROUTE_NONE && !*r.name, "%s: %d", paths[i], r.kind);
	}
}

static const struct tap_test tests[] = {
	{ "paths of the protocol", good },
	{ "paths of nothing", nothing },
};

int main(void)
{
	return tap_main(tests, sizeof(tests) / sizeof(tests[0]));
}
