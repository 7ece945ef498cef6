// SPDX-License-Identifier: BSD-2-Clause
/* The request of a scraper, by Debian's http-parser. */
#include "metrics_request.h"

#include <string.h>

static int on_url(http_parser *p, const char *at, size_t len)
{
	struct tlml_metrics_request *r = p->data;
	const char *query = r->in_query ? at : memchr(at, '?', len);

	if (query) {
		r->in_query = 1;
		len = query - at;
	}
	if (r->len + len <= sizeof(r->path))
		memcpy(r->path + r->len, at, len);
	r->len += len;
	return 0;
}

/* A body may follow, which nobody wants: the parser stops here. */
static int on_headers_complete(http_parser *p)
{
	struct tlml_metrics_request *r = p->data;

	r->complete = 1;
	return -1;
}

static const http_parser_settings settings = {
	.on_url = on_url,
	.on_headers_complete = on_headers_complete,
};

void tlml_metrics_request_init(struct tlml_metrics_request *r)
{
	memset(r, 0, sizeof(*r));
	http_parser_init(&r->parser, HTTP_REQUEST);
	r->parser.data = r;
}

int tlml_metrics_request_feed(struct tlml_metrics_request *r, const char *data, size_t len)
{
	static const char wanted[] = "/metrics";

	http_parser_execute(&r->parser, &settings, data, len);
	r->taken += len;
	if (r->complete) {
		if (r->len != strlen(wanted) || memcmp(r->path, wanted, r->len))
			return 404;
		return r->parser.method == HTTP_GET ? 200 : 405;
	}
	if (HTTP_PARSER_ERRNO(&r->parser) != HPE_OK)
		return 400;
	return r->taken > TLML_METRICS_REQUEST_MAX ? 431 : 0;
}
