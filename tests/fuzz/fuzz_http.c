// SPDX-License-Identifier: BSD-2-Clause
/* A response in pieces: the first byte is their size. */
#include <assert.h>
#include <stdint.h>

#include "../../daemon/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tlml_error e;
	struct tlml_http h;
	size_t piece, n;
	int err = 0;

	if (!size)
		return 0;
	piece = *data++ ?: size;
	size--;
	tlml_http_init(&h);
	for (; size && !err; data += n, size -= n) {
		n = piece < size ? piece : size;
		err = tlml_http_feed(&h, (const char *)data, n, &e);
	}
	if (!err && !h.complete)
		err = tlml_http_feed(&h, "", 0, &e);
	assert(h.len <= TLML_HTTP_BODY_MAX && h.len <= h.room);
	assert(h.json_len <= (long)TLML_HTTP_BODY_MAX);
	if (!err)
		assert(h.complete && h.status >= 200 && h.status <= 599);
	tlml_http_free(&h);
	return 0;
}
