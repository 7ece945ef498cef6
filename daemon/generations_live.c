// SPDX-License-Identifier: BSD-2-Clause
/* How a model becomes live: one that was learned, one from outside, an older one again. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "generations_impl.h"

int tlml_generations_may_change(const struct tlml_generations *g, struct tlml_error *e)
{
	if (!g->history.pinned)
		return 0;
	return tlml_error_set(e, EPERM, "generation %u is pinned: 'tlmlctl model unpin IFACE' first",
			      g->history.last);
}

int tlml_generations_publish(struct tlml_generations *g, struct tlml_maps *m, const void *blob,
			     size_t size, const char *why, struct tlml_error *e)
{
	struct tlml_news news = { .event = "published", .why = why };
	struct tlml_model model;
	int err = tlml_generations_may_change(g, e);

	if (!err)
		err = tlml_model_parse(blob, size, "the new model", &model, e);
	if (err)
		return err;
	news.origin = model.header.generation;
	if (model.header.generation < tlml_generations_next(g, m))
		err = tlml_error_set(e, EINVAL, "the new model says generation %u: the next one is %u",
				     model.header.generation, tlml_generations_next(g, m));
	else
		err = tlml_generations_put(g, m, &model, &news, e);
	tlml_model_free(&model);
	return err;
}

int tlml_generations_keep(struct tlml_generations *g, const struct tlml_maps *m, const void *blob,
			  size_t size, const char *why, struct tlml_error *e)
{
	struct tlml_news news = { .event = "kept", .why = why };
	struct tlml_model model, live, kept;
	struct tlml_bundle b;
	int err = tlml_model_parse(blob, size, "the live model", &model, e);

	if (err)
		return err;
	news.origin = model.header.generation;
	err = tlml_maps_identify(m, tlml_maps_current(m), &model, &live, e);
	if (!err)
		tlml_model_free(&live);
	if (!err && model.header.generation > g->history.last) {
		err = tlml_generations_put(g, NULL, &model, &news, e);
	} else if (!err) {
		err = tlml_shelf_get(g->dir, &g->keys, model.header.generation, &b, &kept, e);
		if (!err && !memmem(kept.file, kept.file_size, model.blob, model.header.size))
			err = tlml_error_set(e, EEXIST, "another model is kept as generation %u",
					     model.header.generation);
		if (!err || err == -EEXIST)
			tlml_model_free(&kept);
	}
	tlml_model_free(&model);
	return err;
}

int tlml_generations_choose(const struct tlml_generations *g, struct tlml_model *model, bool given,
			    struct tlml_error *e)
{
	uint32_t number = model->header.generation;
	struct tlml_model last;
	struct tlml_bundle b;
	struct tlml_error none;
	bool known, same = false;

	if (!g->history.last)
		return 0;
	known = !tlml_shelf_get(g->dir, &g->keys, g->history.last, &b, &last, &none);
	if (known) {
		tlml_model_renumber(model, g->history.last);
		same = model->file_size == last.file_size &&
		       !memcmp(model->file, last.file, last.file_size);
	}
	if (known && !given && !same) {
		tlml_model_free(model);
		*model = last;
		return 0;
	}
	if (known)
		tlml_model_free(&last);
	if (same)
		return 0;
	if (given && tlml_generations_may_change(g, e))
		return -EPERM;
	tlml_model_renumber(model, number > g->history.last ? number : g->history.last + 1);
	return 0;
}

/* The generation whose weights were live before those of generation live. */
static uint32_t before(const struct tlml_generations *g, uint32_t live)
{
	uint32_t numbers[TLML_SHELF_MOST], origin = live;
	int n = tlml_shelf_list(g->dir, TLML_SHELF_BUNDLES, numbers);
	struct tlml_model model;
	struct tlml_bundle b;
	struct tlml_error e;

	if (!tlml_shelf_get(g->dir, &g->keys, live, &b, &model, &e)) {
		tlml_model_free(&model);
		origin = b.origin;
	}
	for (int i = 0; i < n; i++) {
		if (numbers[i] >= origin ||
		    tlml_shelf_get(g->dir, &g->keys, numbers[i], &b, &model, &e))
			continue;
		tlml_model_free(&model);
		if (b.origin < origin)
			return numbers[i];
	}
	return 0;
}

int tlml_generations_rollback(struct tlml_generations *g, struct tlml_maps *m,
			      unsigned int generation, const char *why, struct tlml_error *e)
{
	uint32_t live = tlml_maps_current(m)->generation;
	struct tlml_news news = { .event = "rolled back", .why = why };
	struct tlml_model model;
	struct tlml_bundle b;
	int err = tlml_generations_may_change(g, e);

	if (err)
		return err;
	if (!generation)
		generation = before(g, live);
	if (!generation)
		return tlml_error_set(e, ENOENT, "no good generation before %u is kept", live);
	if (generation == live)
		return tlml_error_set(e, EINVAL, "generation %u is live already", live);
	err = tlml_shelf_get(g->dir, &g->keys, generation, &b, &model, e);
	if (err)
		return err;
	tlml_model_renumber(&model, tlml_generations_next(g, m));
	news.origin = b.origin;
	news.more = json_pack("{s:I, s:I}", "from", (json_int_t)live, "to", (json_int_t)generation);
	err = tlml_generations_put(g, m, &model, &news, e);
	tlml_model_free(&model);
	return err;
}

/* A bundle: who signed it, and when in the order of what they sign. */
static int open_bundle(struct tlml_generations *g, const void *file, size_t size,
		       struct tlml_bundle *b, struct tlml_model *model, struct tlml_error *e)
{
	const void *blob;
	uint64_t last;
	int err = tlml_keys_trust(&g->keys, e);

	if (!err)
		err = tlml_bundle_open(&g->keys, file, size, "the file", b, &blob, e);
	if (err)
		return err;
	last = tlml_history_counter(&g->history, b->key);
	if (b->counter <= last || b->counter > INT64_MAX)
		return tlml_error_set(e, EINVAL, "the file is not new: its number is %llu, and %llu of that key was accepted before: sign the model anew",
				      (unsigned long long)b->counter, (unsigned long long)last);
	return tlml_model_parse(blob, b->size, "the file", model, e);
}

static int open_pushed(struct tlml_generations *g, const void *file, size_t size,
		       bool unsigned_too, struct tlml_bundle *b, struct tlml_model *model,
		       struct tlml_error *e)
{
	if (tlml_bundle_is(file, size) || !unsigned_too) {
		struct tlml_model_header h;

		if (size >= sizeof(h) && !tlml_bundle_is(file, size)) {
			memcpy(&h, file, sizeof(h));
			if (h.magic == TLML_MODEL_MAGIC)
				return tlml_error_set(e, EKEYREJECTED, "the file is a model without a signature: sign it with 'tlmlctl model sign', or push it with --unsigned");
		}
		return open_bundle(g, file, size, b, model, e);
	}
	return tlml_model_parse(file, size, "the file", model, e);
}

int tlml_generations_push(struct tlml_generations *g, struct tlml_maps *m, const void *file,
			  size_t size, bool unsigned_too, struct tlml_error *e)
{
	struct tlml_news news = { .event = "pushed" };
	struct tlml_bundle b = { 0 };
	struct tlml_model model;
	struct tlml_error none;
	char key[TLML_KEY_TEXT];
	int err = tlml_generations_may_change(g, e);

	if (err)
		return err;
	err = open_pushed(g, file, size, unsigned_too, &b, &model, e);
	if (err) {
		tlml_generations_note(g, "refused", b.generation, e->text, NULL, &none);
		return err;
	}
	if (b.magic) {
		tlml_keys_text(b.key, key);
		news.from = &b;
		news.why = "a signed model was pushed";
		news.more = json_pack("{s:s, s:I, s:I}", "key", key, "counter",
				      (json_int_t)b.counter, "was", (json_int_t)b.generation);
	} else {
		news.why = "a model without a signature was pushed";
		news.more = json_pack("{s:I}", "was", (json_int_t)model.header.generation);
	}
	tlml_model_renumber(&model, tlml_generations_next(g, m));
	news.origin = model.header.generation;
	err = tlml_generations_put(g, m, &model, &news, e);
	tlml_model_free(&model);
	return err;
}
