// SPDX-License-Identifier: BSD-2-Clause
/* A line of an IDS: an alert has two addresses, ports and texts that end. */
#include <arpa/inet.h>
#include <assert.h>
#include <string.h>

#include "../../tools/lib/eve.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tlml_eve_map map;
	struct tlml_eve_alert a;
	struct tlml_error e;
	struct in6_addr addr;
	int is;

	if (!map.n) {
		assert(!tlml_eve_map_add(&map, "[a-m]*=low", &e));
		assert(!tlml_eve_map_add(&map, "1*=number", &e));
	}
	is = tlml_eve_parse((const char *)data, size, &a, &e);
	assert(is == 1 || !is || *e.text);
	if (is != 1)
		return 0;
	assert(inet_pton(strchr(a.src, ':') ? AF_INET6 : AF_INET, a.src, &addr) == 1);
	assert(inet_pton(strchr(a.dst, ':') ? AF_INET6 : AF_INET, a.dst, &addr) == 1);
	assert(a.sport <= 65535 && a.dport <= 65535 && a.proto && a.proto < 256);
	assert(memchr(a.signature, 0, sizeof(a.signature)));
	assert(memchr(a.category, 0, sizeof(a.category)));
	tlml_eve_class(&map, &a);
	return 0;
}
