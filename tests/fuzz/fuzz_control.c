// SPDX-License-Identifier: BSD-2-Clause
/* A message to the control socket. What is taken names maps once each, and strings that end. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "../../daemon/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tlml_request r;
	struct tlml_error e;
	unsigned int i, seen = 0;

	if (tlml_request_parse((const char *)data, size, &r, &e)) {
		assert(memchr(e.text, 0, sizeof(e.text)));
		return 0;
	}
	assert(r.verb < TLML_VERBS);
	assert(memchr(r.ifname, 0, sizeof(r.ifname)) && !strchr(r.ifname, '/'));
	assert(r.maps <= TLML_HANDED);
	if (r.verb != TLML_DO_ADD)
		return 0;
	assert(r.ifname[0] && r.dir[0] == '/' && memchr(r.dir, 0, sizeof(r.dir)));
	for (i = 0; i < r.maps; i++) {
		assert(r.map[i] < TLML_HANDED && !(seen & 1u << r.map[i]));
		seen |= 1u << r.map[i];
	}
	return 0;
}
