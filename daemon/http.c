// SPDX-License-Identifier: BSD-2-Clause
/* HTTP/1.1 responses as they arrive, piece by piece, by Debian's http-parser. Untrusted bytes. */
#include "http.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ROOM_MIN	4096

/* Digits and nothing else, at most max, else -1. The parser leaves blanks at the end. */
static long number(const char *text, long max)
{
	char *end;
	long v;

	if (*text < '0' || *text > '9')
		return -1;
	errno = 0;
	v = strtol(text, &end, 10);
	end += strspn(end, " \t");
	return *end || errno || v > max ? -1 : v;
}

/* A header line is whole. What did not fit its buffer is none that tlml knows. */
static int take_header(struct tlml_http *h)
{
	int known = h->field_len < sizeof(h->field);
	long v;

	h->field[known ? h->field_len : 0] = 0;
	h->value[h->value_len < sizeof(h->value) ? h->value_len : 0] = 0;
	h->field_len = h->value_len = 0;
	if (!strcasecmp(h->field, "Retry-After")) {
		h->retry_after = number(h->value, 86400);
	} else if (!strcasecmp(h->field, "Inference-Header-Content-Length")) {
		v = number(h->value, TLML_HTTP_BODY_MAX);
		if (v < 0 || (h->json_len >= 0 && h->json_len != v)) {
			h->error = -EBADMSG;
			return -1;
		}
		h->json_len = v;
	}
	return 0;
}

static int on_header_field(http_parser *p, const char *at, size_t len)
{
	struct tlml_http *h = p->data;

	if (h->in_value && take_header(h))
		return -1;
	h->in_value = 0;
	if (h->field_len + len < sizeof(h->field))
		memcpy(h->field + h->field_len, at, len);
	h->field_len += len;
	return 0;
}

static int on_header_value(http_parser *p, const char *at, size_t len)
{
	struct tlml_http *h = p->data;

	if (h->status)		/* trailers are not for us */
		return 0;
	h->in_value = 1;
	if (h->value_len + len < sizeof(h->value))
		memcpy(h->value + h->value_len, at, len);
	h->value_len += len;
	return 0;
}

static int on_headers_complete(http_parser *p)
{
	struct tlml_http *h = p->data;

	if (h->in_value && take_header(h))
		return -1;
	h->in_value = 0;
	if (p->status_code < 100 || p->status_code > 599) {
		h->error = -EPROTO;
		return -1;
	}
	if (p->content_length != (uint64_t)-1 && p->content_length > TLML_HTTP_BODY_MAX) {
		h->error = -EMSGSIZE;
		return -1;
	}
	h->status = p->status_code;
	return 0;
}

static int on_body(http_parser *p, const char *at, size_t len)
{
	struct tlml_http *h = p->data;
	size_t room = h->room ? h->room : ROOM_MIN;
	char *body;

	if (len > TLML_HTTP_BODY_MAX - h->len) {
		h->error = -EMSGSIZE;
		return -1;
	}
	while (room < h->len + len)
		room *= 2;
	if (room != h->room) {
		body = realloc(h->body, room);
		if (!body) {
			h->error = -ENOMEM;
			return -1;
		}
		h->body = body;
		h->room = room;
	}
	memcpy(h->body + h->len, at, len);
	h->len += len;
	return 0;
}

static int on_message_complete(http_parser *p)
{
	struct tlml_http *h = p->data;

	if (h->status / 100 == 1) {	/* the response itself is still to come */
		h->status = 0;
		h->json_len = h->retry_after = -1;
		return 0;
	}
	h->complete = 1;
	h->keep_alive = http_should_keep_alive(p);
	http_parser_pause(p, 1);
	return 0;
}

void tlml_http_init(struct tlml_http *h)
{
	memset(h, 0, sizeof(*h));
	tlml_http_reset(h);
}

void tlml_http_free(struct tlml_http *h)
{
	free(h->body);
	h->body = NULL;
	h->len = h->room = 0;
}

void tlml_http_reset(struct tlml_http *h)
{
	http_parser_init(&h->parser, HTTP_RESPONSE);
	h->parser.data = h;
	h->status = h->field_len = h->value_len = 0;
	h->json_len = h->retry_after = -1;
	h->complete = h->keep_alive = h->in_value = h->error = 0;
	h->len = 0;
}

static int failure(struct tlml_http *h, struct tlml_error *e)
{
	enum http_errno err = HTTP_PARSER_ERRNO(&h->parser);

	switch (h->error) {
	case -ENOMEM:
		return tlml_error_set(e, ENOMEM, "no memory for a response of %zu bytes", h->len);
	case -EMSGSIZE:
		return tlml_error_set(e, EPROTO, "a response of more than %u bytes",
				      TLML_HTTP_BODY_MAX);
	case -EBADMSG:
		return tlml_error_set(e, EPROTO,
				      "the header field Inference-Header-Content-Length is no length");
	case -EPROTO:
		return tlml_error_set(e, EPROTO, "a response with the status %u",
				      h->parser.status_code);
	}
	if (err == HPE_INVALID_EOF_STATE)
		return tlml_error_set(e, EPROTO, "the connection was closed half-way in a response");
	return tlml_error_set(e, EPROTO, "not an HTTP response: %s", http_errno_description(err));
}

int tlml_http_feed(struct tlml_http *h, const char *data, size_t len, struct tlml_error *e)
{
	static const http_parser_settings settings = {
		.on_header_field = on_header_field,
		.on_header_value = on_header_value,
		.on_headers_complete = on_headers_complete,
		.on_body = on_body,
		.on_message_complete = on_message_complete,
	};
	size_t n = 0;

	if (!h->complete) {
		n = http_parser_execute(&h->parser, &settings, data, len);
		if (h->error || (HTTP_PARSER_ERRNO(&h->parser) != HPE_OK && !h->complete))
			return failure(h, e);
		if (h->parser.upgrade)
			return tlml_error_set(e, EPROTO, "a switch to another protocol, not asked for");
		if (!len && !h->complete)
			return tlml_error_set(e, EPROTO,
					      "the connection was closed without a response");
	}
	if (n < len)
		return tlml_error_set(e, EPROTO, "%zu bytes after the end of a response", len - n);
	return 0;
}
