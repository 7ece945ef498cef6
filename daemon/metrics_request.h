/* SPDX-License-Identifier: BSD-2-Clause */
/* The request of a scraper: GET /metrics, whatever else comes with it. Untrusted bytes, pure. */
#ifndef TLML_METRICS_REQUEST_H
#define TLML_METRICS_REQUEST_H

#include <http_parser.h>
#include <stddef.h>

#define TLML_METRICS_REQUEST_MAX	8192	/* bytes */

struct tlml_metrics_request {
	http_parser parser;
	char path[64];		/* without the query; a longer one is none of ours */
	size_t len, taken;	/* of the path, and of all */
	int in_query, complete;
};

void tlml_metrics_request_init(struct tlml_metrics_request *r);

/* Takes len bytes: 0 if more are due, else the status to answer with, 200 or a refusal. */
int tlml_metrics_request_feed(struct tlml_metrics_request *r, const char *data, size_t len);

#endif
