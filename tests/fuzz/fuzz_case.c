// SPDX-License-Identifier: BSD-2-Clause
/* A record of the ring and the later packets after it. Whatever is taken is in range. */
#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "../../daemon/case.h"

static void check(const struct tlml_case *c)
{
	enum tlml_input i;
	unsigned int k;
	float f[96];
	__u8 b[96];

	assert(c->packets >= 1 && c->packets <= TLML_CASE_PACKETS);
	assert(c->packet[c->packets - 1].dir != TLML_DIR_NONE);
	for (k = 0; k < TLML_CASE_PACKETS; k++) {
		assert(c->packet[k].size <= 62 && c->packet[k].gap <= 127);
		assert(c->packet[k].dir <= TLML_DIR_BACK);
		assert(k < c->packets || c->packet[k].dir == TLML_DIR_NONE);
	}
	for (i = 0; i < TLML_INPUTS; i++) {
		tlml_case_floats(c, i, f);
		if (i != TLML_INPUT_FLOW)
			tlml_case_bytes(c, i, b);
		for (k = 0; k < tlml_inputs[i].values; k++) {
			assert(isfinite(f[k]) && f[k] >= 0);
			assert(i == TLML_INPUT_FLOW || (f[k] == b[k] && f[k] <= 127));
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t first = size < sizeof(struct tlml_record) ? size : sizeof(struct tlml_record);
	struct tlml_more m;
	struct tlml_case c;

	if (tlml_case_begin(&c, data, first))
		return 0;
	check(&c);
	data += first;
	for (size -= first; size >= sizeof(m); size -= sizeof(m)) {
		memcpy(&m, data, sizeof(m));
		data += sizeof(m);
		tlml_case_more(&c, &m);
		check(&c);
	}
	return 0;
}
