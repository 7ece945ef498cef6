// SPDX-License-Identifier: BSD-2-Clause
/* What is known of an interface's models: what is kept, what became of others, what is pinned. */
#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "generations_impl.h"

int tlml_generations_pin(struct tlml_generations *g, const struct tlml_maps *m, bool on,
			 struct tlml_error *e)
{
	const char *event = on ? "pinned" : "unpinned";
	struct tlml_history next;
	int err;

	if (on == !!g->history.pinned)
		return 0;
	err = tlml_history_copy(&g->history, &next, e);
	if (err)
		return err;
	next.pinned = on;
	err = tlml_history_add(&next, event, tlml_maps_current(m)->generation, "as told", NULL, e);
	if (!err)
		return tlml_generations_commit(g, &next, e);
	tlml_history_free(&next);
	return err;
}

int tlml_generations_pinned(const struct tlml_generations *g)
{
	return g->history.pinned;
}

json_t *tlml_generations_log(const struct tlml_generations *g)
{
	return json_deep_copy(g->history.entries);
}

uint32_t tlml_generations_entries(const struct tlml_generations *g)
{
	return g->history.next;
}

static bool same_classes(const struct tlml_model *model, const struct tlml_weights *w)
{
	if (model->header.classes != w->classes)
		return false;
	for (unsigned int i = 0; i < w->classes && i < TLML_CLASSES_MAX; i++)
		if (strncmp(model->classes[i].name, w->info[i].name, TLML_NAME_MAX))
			return false;
	return true;
}

unsigned int tlml_generations_ahead(const struct tlml_generations *g, const struct tlml_maps *m)
{
	const struct tlml_weights *live = tlml_maps_current(m);
	uint32_t numbers[TLML_SHELF_MOST], found = 0;
	int n = tlml_shelf_list(g->dir, TLML_SHELF_BUNDLES, numbers);

	for (int i = 0; i < n && !found && numbers[i] > live->generation; i++) {
		struct tlml_bundle b;
		struct tlml_model model;
		struct tlml_error e;

		if (tlml_shelf_get(g->dir, &g->keys, numbers[i], &b, &model, &e))
			continue;
		if (same_classes(&model, live))
			found = numbers[i];
		tlml_model_free(&model);
	}
	return found;
}

static json_t *item(const struct tlml_generations *g, uint32_t generation, uint32_t live)
{
	struct tlml_bundle b;
	struct tlml_model model;
	struct tlml_error e;
	char hash[65], parent[65];

	if (tlml_shelf_get(g->dir, &g->keys, generation, &b, &model, &e)) {
		tlml_error_clean(e.text);
		return json_pack("{s:I, s:s}", "generation", (json_int_t)generation,
				 "damaged", e.text);
	}
	sodium_bin2hex(hash, sizeof(hash), model.header.hash, sizeof(model.header.hash));
	sodium_bin2hex(parent, sizeof(parent), b.parent, sizeof(b.parent));
	tlml_model_free(&model);
	return json_pack("{s:I, s:I, s:I, s:I, s:s, s:s, s:b}", "generation",
			 (json_int_t)generation, "origin", (json_int_t)b.origin, "counter",
			 (json_int_t)b.counter, "created", (json_int_t)b.created, "hash", hash,
			 "parent", parent, "live", generation == live);
}

json_t *tlml_generations_list(const struct tlml_generations *g, const struct tlml_maps *m)
{
	uint32_t numbers[TLML_SHELF_MOST], live = tlml_maps_current(m)->generation;
	int n = tlml_shelf_list(g->dir, TLML_SHELF_BUNDLES, numbers);
	json_t *list = json_array();

	for (int i = 0; i < n && i < TLML_GENERATIONS_KEPT; i++)
		json_array_append_new(list, item(g, numbers[i], live));
	return list;
}

int tlml_generations_read(const struct tlml_generations *g, unsigned int generation,
			  struct tlml_model *m, struct tlml_error *e)
{
	struct tlml_bundle b;

	return tlml_shelf_get(g->dir, &g->keys, generation, &b, m, e);
}

unsigned int tlml_generations_origin(const struct tlml_generations *g, unsigned int generation)
{
	struct tlml_bundle b;
	struct tlml_model model;
	struct tlml_error none;

	if (tlml_shelf_get(g->dir, &g->keys, generation, &b, &model, &none))
		return generation;
	tlml_model_free(&model);
	return b.origin;
}
