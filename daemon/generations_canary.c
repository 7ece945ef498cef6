// SPDX-License-Identifier: BSD-2-Clause
/* A model on its way: a candidate, then a canary, then live or withdrawn. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "generations_impl.h"

int tlml_generations_tell(struct tlml_generations *g, unsigned int generation, const char *why,
			  struct tlml_error *e)
{
	return tlml_generations_note(g, "candidate", generation, why, NULL, e);
}

int tlml_generations_canary(struct tlml_generations *g, struct tlml_maps *m, const void *blob,
			    size_t size, unsigned int share, const char *why, struct tlml_error *e)
{
	struct tlml_model model;
	struct tlml_error none;
	uint32_t number;
	int err = tlml_generations_may_change(g, e);

	if (!err)
		err = tlml_model_parse(blob, size, "the new model", &model, e);
	if (err)
		return err;
	number = model.header.generation;
	if (number < tlml_generations_next(g, m))
		err = tlml_error_set(e, EINVAL, "the canary says generation %u: the next one is %u",
				     number, tlml_generations_next(g, m));
	if (!err)
		err = tlml_generations_note(g, "canary", number, why,
					    json_pack("{s:i}", "share", (int)share), e);
	if (!err) {
		err = tlml_maps_canary(m, &model, share, e);
		if (err)
			tlml_generations_note(g, "withdrawn", number, e->text, NULL, &none);
	}
	tlml_model_free(&model);
	return err;
}

static int is_canary(const struct tlml_maps *m, const struct tlml_model *model,
		     struct tlml_error *e)
{
	const struct tlml_weights *w = tlml_maps_deciding(m, model->header.generation);
	struct tlml_model found;

	if (w == tlml_maps_current(m) || tlml_maps_identify(m, w, model, &found, e))
		return tlml_error_set(e, ESTALE, "generation %u is no canary any more",
				      model->header.generation);
	tlml_model_free(&found);
	return 0;
}

int tlml_generations_promote(struct tlml_generations *g, struct tlml_maps *m, const void *blob,
			     size_t size, const char *why, struct tlml_error *e)
{
	struct tlml_news news = { .event = "promoted", .why = why, .flip = tlml_maps_promote };
	struct tlml_model model;
	int err = tlml_generations_may_change(g, e);

	if (!err)
		err = tlml_model_parse(blob, size, "the canary", &model, e);
	if (err)
		return err;
	news.origin = model.header.generation;
	err = is_canary(m, &model, e);
	if (!err)
		err = tlml_generations_put(g, m, &model, &news, e);
	tlml_model_free(&model);
	return err;
}

int tlml_generations_withdraw(struct tlml_generations *g, struct tlml_maps *m, const void *blob,
			      size_t size, const char *why, struct tlml_error *e)
{
	uint32_t number = m->weights[m->ctl->canary_slot & (TLML_SLOTS - 1)].generation;

	tlml_maps_withdraw(m);
	if (blob)
		return tlml_generations_set_aside(g, "withdrawn", blob, size, why, e);
	return tlml_generations_note(g, "withdrawn", number, why, NULL, e);
}
