// SPDX-License-Identifier: BSD-2-Clause
/* What a server and its model are. */
#include "probe.h"

#include <errno.h>
#include <stdio.h>

void tlml_probe_begin(struct tlml_probe *p)
{
	p->step = TLML_PROBE_READY;
	p->binary = 0;
}

void tlml_probe_head(const struct tlml_probe *p, const char *host, const char *model, char *head,
		     size_t size)
{
	static const char *const path[] = {
		[TLML_PROBE_READY] = "/v2/health/ready",
		[TLML_PROBE_SERVER] = "/v2",
		[TLML_PROBE_MODEL] = "/v2/models/",
	};

	snprintf(head, size, "GET %s%s HTTP/1.1\r\nHost: %s\r\n\r\n", path[p->step],
		 p->step == TLML_PROBE_MODEL ? model : "", host);
}

/* Readiness is told by the status alone; the body differs from server to server. */
static int take_ready(const struct tlml_http *h, struct tlml_error *e)
{
	if (h->status == 200)
		return 1;
	if (h->status == 404)
		return tlml_error_set(e, EPROTO, "it answers, but knows no /v2/health/ready: is it a server of the Open Inference Protocol v2?");
	return tlml_error_set(e, EAGAIN, "the server is not ready (status %u)", h->status);
}

static int take_model(struct tlml_probe *p, const struct tlml_http *h,
		      const struct tlml_large_options *o, struct tlml_oip_plan *plan,
		      struct tlml_error *e)
{
	char text[160];
	int err;

	if (h->status / 100 == 5) {
		tlml_oip_failure(h->body, h->len, text, sizeof(text));
		return tlml_error_set(e, EAGAIN, "no word about the model '%s' (status %u): %s",
				      o->model, h->status, text);
	}
	if (h->status != 200) {
		tlml_oip_failure(h->body, h->len, text, sizeof(text));
		return tlml_error_set(e, EPROTO, "the server has no model '%s' (status %u): %s",
				      o->model, h->status, text);
	}
	err = tlml_oip_metadata_parse(h->body, h->len, &p->model, e);
	if (err)
		return err;
	return tlml_oip_fit(&p->model, o->klass, o->classes, p->binary, plan, e);
}

int tlml_probe_take(struct tlml_probe *p, const struct tlml_http *h,
		    const struct tlml_large_options *o, struct tlml_oip_plan *plan,
		    struct tlml_error *e)
{
	int err = 1;

	switch (p->step) {
	case TLML_PROBE_READY:
		err = take_ready(h, e);
		break;
	case TLML_PROBE_SERVER:	/* who does not say speaks JSON */
		if (h->status == 200)
			err = tlml_oip_server_parse(h->body, h->len, &p->binary, e);
		err = err < 0 ? err : 1;
		break;
	case TLML_PROBE_MODEL:
		return take_model(p, h, o, plan, e);
	}
	p->step++;
	return err;
}
