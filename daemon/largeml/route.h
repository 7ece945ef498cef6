/* SPDX-License-Identifier: BSD-2-Clause */
/* Which resource a path names. Pure, on untrusted text. */
#ifndef TLML_LARGEML_ROUTE_H
#define TLML_LARGEML_ROUTE_H

#include "load.h"

enum tlml_route_kind {
	TLML_ROUTE_NONE,
	TLML_ROUTE_LIVE,	/* GET /v2/health/live */
	TLML_ROUTE_READY,	/* GET /v2/health/ready */
	TLML_ROUTE_SERVER,	/* GET /v2 */
	TLML_ROUTE_MODEL,	/* GET /v2/models/NAME[/versions/V], and so the next three: */
	TLML_ROUTE_MODEL_READY,	/* GET .../ready */
	TLML_ROUTE_STATS,	/* GET .../stats */
	TLML_ROUTE_INFER,	/* POST .../infer */
	TLML_ROUTE_INDEX,	/* POST /v2/repository/index */
	TLML_ROUTE_LOAD,	/* POST /v2/repository/models/NAME/load */
	TLML_ROUTE_UNLOAD,	/* POST /v2/repository/models/NAME/unload */
};

struct tlml_route {
	enum tlml_route_kind kind;
	int post;			/* asked by POST, else by GET */
	char name[TLML_MODEL_NAME];	/* a valid name, or "" */
	char version[16];		/* "": any */
};

/* path: decoded, without a query. A final slash does not matter. */
void tlml_route_parse(const char *path, struct tlml_route *r);

#endif
