// SPDX-License-Identifier: BSD-2-Clause
/* What is asked about an interface's models. */
#include "models.h"

#include <errno.h>
#include <stdlib.h>

#include "bundle.h"
#include "whole.h"

static json_t *tell(const struct tlml_generations *g, const struct tlml_maps *m, const char *ifname)
{
	return json_pack("{s:s, s:I, s:b, s:o, s:o}", "interface", ifname, "live",
			 (json_int_t)tlml_maps_current(m)->generation, "pinned",
			 tlml_generations_pinned(g), "generations", tlml_generations_list(g, m),
			 "log", tlml_generations_log(g));
}

/* The descriptor is of whoever asks: nothing about it is taken for granted. */
static int push(struct tlml_generations *g, struct tlml_maps *m, const struct tlml_request *r,
		int fd, struct tlml_error *e)
{
	size_t size;
	void *file;
	int err;

	if (fd < 0)
		return tlml_error_set(e, EINVAL, "\"push\" needs one descriptor, of the file");
	err = tlml_whole_read_fd(fd, "the file", TLML_BUNDLE_MAX, &file, &size, e);
	if (err)
		return err;
	err = tlml_generations_push(g, m, file, size, r->unsigned_too, e);
	free(file);
	return err;
}

static int change(struct tlml_generations *g, struct tlml_maps *m, const struct tlml_request *r,
		  int fd, struct tlml_error *e)
{
	switch (r->verb) {
	case TLML_DO_ROLLBACK:
		return tlml_generations_rollback(g, m, r->generation, "the operator said so", e);
	case TLML_DO_PIN:
		return tlml_generations_pin(g, m, r->on, e);
	default:
		return push(g, m, r, fd, e);
	}
}

json_t *tlml_models_do(struct tlml_generations *g, struct tlml_maps *m,
		       const struct tlml_request *r, int fd, struct tlml_error *e)
{
	json_t *reply;

	if (r->verb == TLML_DO_MODELS)
		reply = tell(g, m, r->ifname);
	else if (change(g, m, r, fd, e))
		return NULL;
	else
		reply = json_pack("{s:s, s:I}", "interface", r->ifname, "live",
				  (json_int_t)tlml_maps_current(m)->generation);
	if (!reply)
		tlml_error_set(e, ENOMEM, "no memory for the models of %s", r->ifname);
	return reply;
}
