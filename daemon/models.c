// SPDX-License-Identifier: BSD-2-Clause
/* What the control socket is asked about an interface's models. */
#include "models.h"

#include <errno.h>
#include <stdlib.h>

#include "bundle.h"
#include "learner.h"
#include "log.h"
#include "whole.h"

static json_t *tell(const struct tlml_path *p)
{
	const struct tlml_generations *g = p->generations;

	return json_pack("{s:s, s:I, s:b, s:o, s:o}", "interface", p->ifname, "live",
			 (json_int_t)tlml_maps_current(&p->maps)->generation, "pinned",
			 tlml_generations_pinned(g), "generations",
			 tlml_generations_list(g, &p->maps), "log", tlml_generations_log(g));
}

/* The descriptor is of whoever asks: nothing about it is taken for granted. */
static int push(struct tlml_path *p, const struct tlml_request *r, int fd, struct tlml_error *e)
{
	unsigned int generation;
	size_t size;
	void *file;
	int err;

	if (fd < 0)
		return tlml_error_set(e, EINVAL, "\"push\" needs one descriptor, of the file");
	err = tlml_whole_read_fd(fd, "the file", TLML_BUNDLE_MAX, &file, &size, e);
	if (err)
		return err;
	err = tlml_generations_push(p->generations, &p->maps, file, size, r->unsigned_too,
				    &generation, e);
	free(file);
	return err;
}

static int change(struct tlml_path *p, const struct tlml_request *r, int fd, struct tlml_error *e)
{
	switch (r->verb) {
	case TLML_DO_ROLLBACK:
		return tlml_generations_rollback(p->generations, &p->maps, r->generation,
						 "the operator said so", e);
	case TLML_DO_PIN:
		return tlml_generations_pin(p->generations, &p->maps, r->on, e);
	default:
		return push(p, r, fd, e);
	}
}

json_t *tlml_models_do(struct tlml_paths *ps, const struct tlml_request *r, int fd,
		       struct tlml_error *e)
{
	struct tlml_path *p = tlml_paths_find(ps, r->ifname, e);
	json_t *reply;

	if (!p || tlml_paths_models(ps, p, e))
		return NULL;
	if (r->verb == TLML_DO_MODELS) {
		reply = tell(p);
	} else {
		unsigned int before = tlml_maps_current(&p->maps)->generation, now;

		if (change(p, r, fd, e)) {
			tlml_log(TLML_LOG_WARNING, "%s: %s", p->ifname, e->text);
			return NULL;
		}
		if (p->learner)
			tlml_learner_changed(p->learner);
		now = tlml_maps_current(&p->maps)->generation;
		if (now != before)
			tlml_log(TLML_LOG_NOTICE, "%s: generation %u is live, after %u", p->ifname,
				 now, before);
		else
			tlml_log(TLML_LOG_NOTICE, "%s: generation %u is %s", p->ifname, now,
				 r->on ? "pinned" : "not pinned any more");
		reply = json_pack("{s:s, s:I}", "interface", p->ifname, "live", (json_int_t)now);
	}
	if (!reply)
		tlml_error_set(e, ENOMEM, "no memory for the models of %s", p->ifname);
	return reply;
}
