/* SPDX-License-Identifier: BSD-2-Clause */
/* HTTP/1.1 responses as they arrive, piece by piece, by Debian's http-parser. Untrusted bytes. */
#ifndef TLML_HTTP_H
#define TLML_HTTP_H

#include <http_parser.h>
#include <stddef.h>

#include "error.h"

#define TLML_HTTP_BODY_MAX	(4u << 20)	/* bytes; a longer body is an error */

struct tlml_http {
	http_parser parser;
	unsigned int status;
	long json_len;		/* Inference-Header-Content-Length, -1 if absent */
	long retry_after;	/* seconds, -1 if absent or a date */
	int complete;		/* the response is whole */
	int keep_alive;		/* and the connection may be used again */
	char *body;		/* kept from one response to the next */
	size_t len, room;
	char field[40], value[24];	/* of the header line at hand */
	unsigned int field_len, value_len;
	int in_value;		/* of that line, else in the field */
	int error;		/* -errno of a callback */
};

void tlml_http_init(struct tlml_http *h);
void tlml_http_free(struct tlml_http *h);

/* Before each response. */
void tlml_http_reset(struct tlml_http *h);

/*
 * Takes len bytes; len 0 tells the end of the connection. -EPROTO with a sentence for what is not
 * HTTP, is too long, ends half-way, or goes on after the end; -ENOMEM.
 */
int tlml_http_feed(struct tlml_http *h, const char *data, size_t len, struct tlml_error *e);

#endif
