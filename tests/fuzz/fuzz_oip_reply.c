// SPDX-License-Identifier: BSD-2-Clause
/*
 * A reply, and the same bytes as the body of a failure. The first byte is the number of flows, the
 * next two the length of the JSON: 65535 for none told.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "../../daemon/oip.h"

#define CLASSES	4

static void rows(const float *out, unsigned int n)
{
	float sum;

	for (; n--; out += CLASSES) {
		sum = 0;
		for (int k = 0; k < CLASSES; k++) {
			assert(out[k] >= 0 && out[k] <= 1);
			sum += out[k];
		}
		assert(sum > 0.98f && sum < 1.02f);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tlml_oip_plan plan = { .output = "probabilities", .classes = CLASSES, .told = 1 };
	float out[TLML_OIP_BATCH * CLASSES];
	unsigned int n;
	struct tlml_error e;
	char text[32];
	long json_len;

	if (size < 3)
		return 0;
	n = data[0] + 1;
	json_len = data[1] | data[2] << 8;
	data += 3;
	size -= 3;
	if (!tlml_oip_reply_parse(&plan, (const char *)data, size,
				  json_len == 0xffff ? -1 : json_len, n, out, &e))
		rows(out, n);
	tlml_oip_failure((const char *)data, size, text, sizeof(text));
	assert(memchr(text, 0, sizeof(text)));
	for (char *c = text; *c; c++)
		assert(*c >= ' ' && *c <= '~');
	return 0;
}
