// SPDX-License-Identifier: BSD-2-Clause
/* A path that tlml-large is asked for. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../daemon/largeml/route.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *path = strndup((const char *)data, size);
	struct tlml_route r;

	tlml_route_parse(path, &r);
	assert(memchr(r.name, 0, sizeof(r.name)) && memchr(r.version, 0, sizeof(r.version)));
	assert(!strchr(r.name, '/') && r.name[0] != '.');
	if (r.kind == TLML_ROUTE_INFER || r.kind == TLML_ROUTE_LOAD)
		assert(r.post && r.name[0]);
	free(path);
	return 0;
}
