/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a server and its model are: three requests, one after the other, and what follows from
 * their responses. Pure.
 */
#ifndef TLML_PROBE_H
#define TLML_PROBE_H

#include "http.h"
#include "large.h"
#include "oip.h"

enum tlml_probe_step { TLML_PROBE_READY, TLML_PROBE_SERVER, TLML_PROBE_MODEL };

struct tlml_probe {
	enum tlml_probe_step step;	/* the request that is next, or under way */
	int binary;
	struct tlml_oip_metadata model;
};

void tlml_probe_begin(struct tlml_probe *p);

/* The head of the request into head; it has no body. */
void tlml_probe_head(const struct tlml_probe *p, const char *host, const char *model, char *head,
		     size_t size);

/*
 * Takes the response: 1 if there is a next request, 0 if that was the last and *plan says how to
 * ask. With a sentence -EAGAIN for a server that is not ready, -EPROTO for one of no use to us.
 */
int tlml_probe_take(struct tlml_probe *p, const struct tlml_http *h,
		    const struct tlml_large_options *o, struct tlml_oip_plan *plan,
		    struct tlml_error *e);

#endif
