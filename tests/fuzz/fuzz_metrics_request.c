// SPDX-License-Identifier: BSD-2-Clause
/* A scraper's request in pieces: the first byte is their size. */
#include <assert.h>
#include <stdint.h>

#include "../../daemon/metrics_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tlml_metrics_request r;
	size_t piece, n;
	int status = 0;

	if (!size)
		return 0;
	piece = *data++ ?: size;
	size--;
	tlml_metrics_request_init(&r);
	for (; size && !status; data += n, size -= n) {
		n = piece < size ? piece : size;
		status = tlml_metrics_request_feed(&r, (const char *)data, n);
		assert(r.taken <= TLML_METRICS_REQUEST_MAX + n);
	}
	assert(!status || status == 200 || status == 400 || status == 404 || status == 405 ||
	       status == 431);
	assert(status != 200 || (r.complete && r.parser.method == HTTP_GET));
	return 0;
}
