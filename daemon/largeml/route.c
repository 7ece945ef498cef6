// SPDX-License-Identifier: BSD-2-Clause
/* Which resource a path names: a table of patterns, where NAME and VERSION stand for any word. */
#include "route.h"

#include <stdio.h>
#include <string.h>

#define NAME	"\001"
#define VERSION	"\002"

static const struct pattern {
	const char *path;
	enum tlml_route_kind kind;
	int post;
} patterns[] = {
	{ "/v2/health/live", TLML_ROUTE_LIVE },
	{ "/v2/health/ready", TLML_ROUTE_READY },
	{ "/v2", TLML_ROUTE_SERVER },
	{ "/v2/models/" NAME, TLML_ROUTE_MODEL },
	{ "/v2/models/" NAME "/ready", TLML_ROUTE_MODEL_READY },
	{ "/v2/models/" NAME "/stats", TLML_ROUTE_STATS },
	{ "/v2/models/" NAME "/infer", TLML_ROUTE_INFER, 1 },
	{ "/v2/models/" NAME "/versions/" VERSION, TLML_ROUTE_MODEL },
	{ "/v2/models/" NAME "/versions/" VERSION "/ready", TLML_ROUTE_MODEL_READY },
	{ "/v2/models/" NAME "/versions/" VERSION "/stats", TLML_ROUTE_STATS },
	{ "/v2/models/" NAME "/versions/" VERSION "/infer", TLML_ROUTE_INFER, 1 },
	{ "/v2/repository/index", TLML_ROUTE_INDEX, 1 },
	{ "/v2/repository/models/" NAME "/load", TLML_ROUTE_LOAD, 1 },
	{ "/v2/repository/models/" NAME "/unload", TLML_ROUTE_UNLOAD, 1 },
};

/* Copies a word of the path; 0 if there is none or it does not fit. */
static size_t word(const char *path, char *to, size_t room)
{
	size_t n = strcspn(path, "/");

	if (!n || n >= room)
		return 0;
	memcpy(to, path, n);
	to[n] = 0;
	return n;
}

static int match(const char *pattern, const char *path, struct tlml_route *r)
{
	size_t n;

	for (; *pattern; pattern++, path += n) {
		n = *pattern == *NAME ? word(path, r->name, sizeof(r->name)) :
		    *pattern == *VERSION ? word(path, r->version, sizeof(r->version)) :
		    *pattern == *path;
		if (!n)
			return 0;
	}
	return !*path || (path[0] == '/' && !path[1]);
}

void tlml_route_parse(const char *path, struct tlml_route *r)
{
	size_t i;

	for (i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		*r = (struct tlml_route){ .kind = patterns[i].kind, .post = patterns[i].post };
		if (match(patterns[i].path, path, r) &&
		    (!*r->name || tlml_load_name_valid(r->name)))
			return;
	}
	*r = (struct tlml_route){ .kind = TLML_ROUTE_NONE };
}
