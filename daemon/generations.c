// SPDX-License-Identifier: BSD-2-Clause
/*
 * The models of one interface on disk. To publish is: the bundle, whole, on disk; then the log that
 * knows of it; then the data path. A bundle that the log does not know was never live, and goes.
 */
#include "generations_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "netns.h"
#include "run.h"
#include "whole.h"

void tlml_generations_root(char *path, unsigned int size)
{
	char run[128];

	tlml_run_dir(run, sizeof(run));
	if (tlml_netns_cookie())
		snprintf(path, size, "%s/state", run);
	else
		snprintf(path, size, TLML_STATE_ROOT);
}

/* As where the pins are: an interface may be called like a parent directory. */
void tlml_generations_dir(const char *state, const char *ifname, char *path)
{
	int at = snprintf(path, TLML_GENERATIONS_DIR, "%s/", state);

	snprintf(path + at, TLML_GENERATIONS_DIR - at, "%s", ifname);
	for (char *c = path + at; *c; c++)
		if (*c == '.')
			*c = ':';
}

int tlml_generations_commit(struct tlml_generations *g, struct tlml_history *next,
			    struct tlml_error *e)
{
	int err = tlml_history_write(g->dir, next, e);

	if (err) {
		tlml_history_free(next);
		return err;
	}
	tlml_history_free(&g->history);
	g->history = *next;
	return 0;
}

int tlml_generations_note(struct tlml_generations *g, const char *event, uint32_t generation,
			  const char *why, json_t *more, struct tlml_error *e)
{
	struct tlml_history next;
	int err = tlml_history_copy(&g->history, &next, e);

	if (err) {
		json_decref(more);
		return err;
	}
	err = tlml_history_add(&next, event, generation, why, more, e);
	if (!err)
		return tlml_generations_commit(g, &next, e);
	tlml_history_free(&next);
	return err;
}

/* Without a log, what the bundles say: the last generation, and the counters of own ones. */
static int rebuild(struct tlml_generations *g, const char *why, struct tlml_error *e)
{
	uint32_t numbers[TLML_SHELF_MOST];
	int n = tlml_shelf_list(g->dir, TLML_SHELF_BUNDLES, numbers), err;

	err = tlml_history_new(&g->history, e);
	for (int i = 0; i < n && !err; i++) {
		struct tlml_error bad;
		struct tlml_bundle b;
		struct tlml_model model;

		if (tlml_shelf_get(g->dir, &g->keys, numbers[i], &b, &model, &bad))
			continue;
		tlml_model_free(&model);
		if (b.generation > g->history.last)
			g->history.last = b.generation;
		if (b.counter > tlml_history_counter(&g->history, b.key))
			err = tlml_history_set_counter(&g->history, b.key, b.counter, e);
	}
	if (!err && (why || n > 0))
		err = tlml_generations_note(g, "recovered", g->history.last,
					    why ? why : "there was no log", NULL, e);
	return err;
}

static int load(struct tlml_generations *g, struct tlml_error *e)
{
	struct tlml_error why;
	int err = tlml_history_read(g->dir, &g->history, e);

	if (err == -EINVAL) {
		snprintf(why.text, sizeof(why.text), "%.100s, and set aside as " TLML_HISTORY_FILE ".bad",
			 e->text);
		if (renameat(g->dir, TLML_HISTORY_FILE, g->dir, TLML_HISTORY_FILE ".bad"))
			return tlml_error_set(e, errno, "cannot set aside " TLML_HISTORY_FILE ": %s",
					      strerror(errno));
		return rebuild(g, why.text, e);
	}
	if (err == -ENOENT)
		return rebuild(g, NULL, e);
	if (err)
		return err;
	tlml_shelf_sweep(g->dir, TLML_SHELF_BUNDLES, g->history.last);
	tlml_shelf_sweep(g->dir, TLML_SHELF_REFUSED, g->history.next - 1);
	return 0;
}

int tlml_generations_open(const char *dir, struct tlml_generations **to, struct tlml_error *e)
{
	struct tlml_generations *g = calloc(1, sizeof(*g));
	const char *slash = strrchr(dir, '/');
	struct tlml_error why;
	char state[256];
	int err;

	if (!g)
		return tlml_error_set(e, ENOMEM, "no memory for the models of %s", dir);
	g->dir = g->keys.dir = -1;
	snprintf(state, sizeof(state), "%.*s", slash ? (int)(slash - dir) : 1, slash ? dir : ".");
	err = tlml_keys_open(state, &g->keys, e);
	if (!err && mkdir(dir, 0700) && errno != EEXIST)
		err = tlml_error_set(e, errno, "cannot make the directory %s: %s", dir, strerror(errno));
	if (!err) {
		g->dir = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (g->dir < 0)
			err = tlml_error_set(e, errno, "cannot open %s: %s", dir, strerror(errno));
		else if (flock(g->dir, LOCK_EX | LOCK_NB))
			err = tlml_error_set(e, EBUSY, "%s is in use by another program of tlml: try again", dir);
	}
	if (!err) {
		err = load(g, &why);
		if (err)
			tlml_error_set(e, -err, "%s: %s", dir, why.text);
	}
	if (err)
		tlml_generations_close(g);
	else
		*to = g;
	return err;
}

void tlml_generations_close(struct tlml_generations *g)
{
	if (!g)
		return;
	tlml_history_free(&g->history);
	tlml_keys_close(&g->keys);
	if (g->dir >= 0)
		close(g->dir);
	free(g);
}

unsigned int tlml_generations_next(const struct tlml_generations *g, const struct tlml_maps *m)
{
	unsigned int live = tlml_maps_current(m)->generation, last = g->history.last;
	/* What was a canary decided about flows, which may still be told of. */
	unsigned int canary = m->weights[m->ctl->canary_slot & (TLML_SLOTS - 1)].generation;

	last = last > live ? last : live;
	return (last > canary ? last : canary) + 1;
}

/* Signs and stores model, of which only the blob and its header are needed. */
static int store(struct tlml_generations *g, const struct tlml_model *model, uint32_t origin,
		 struct tlml_bundle *b, struct tlml_error *e)
{
	size_t size = model->file_size;
	char name[TLML_SHELF_NAME];
	struct tlml_bundle before;
	struct tlml_model parent;
	struct tlml_error none;
	void *file;
	int err;

	*b = (struct tlml_bundle){ .created = time(NULL), .origin = origin };
	if (g->history.last &&
	    !tlml_shelf_get(g->dir, &g->keys, g->history.last, &before, &parent, &none)) {
		memcpy(b->parent, parent.header.hash, sizeof(b->parent));
		tlml_model_free(&parent);
	}
	err = tlml_keys_count(&g->keys, tlml_history_counter(&g->history, g->keys.own), &b->counter,
			      e);
	if (!err)
		err = tlml_bundle_sign(&g->keys, b, model->file, size, &file, e);
	if (err)
		return err;
	tlml_shelf_name(TLML_SHELF_BUNDLES, b->generation, name);
	size += sizeof(*b) + TLML_SIGNATURE_BYTES;
	err = tlml_whole_write(g->dir, name, 0600, file, size, e);
	free(file);
	return err;
}

/* The log as it will be when the bundle b, which is stored, is the last one. */
static int foresee(struct tlml_generations *g, const struct tlml_bundle *b,
		   const struct tlml_news *n, struct tlml_history *next, struct tlml_error *e)
{
	int err = tlml_history_copy(&g->history, next, e);

	if (err) {
		json_decref(n->more);
		return err;
	}
	err = tlml_history_add(next, n->event, b->generation, n->why, n->more, e);
	next->last = b->generation;
	if (!err)
		err = tlml_history_set_counter(next, b->key, b->counter, e);
	if (!err && n->from)
		err = tlml_history_set_counter(next, n->from->key, n->from->counter, e);
	if (err)
		tlml_history_free(next);
	return err;
}

/* As if there had been no b, but for an entry that says why. */
static void take_back(struct tlml_generations *g, struct tlml_history *was,
		      const struct tlml_bundle *b, const char *name, const char *why)
{
	struct tlml_error e;

	if (tlml_history_add(was, "refused", b->generation, why, NULL, &e))
		tlml_history_free(was);
	else if (!tlml_generations_commit(g, was, &e))
		tlml_whole_remove(g->dir, name);
	/* Else the log says too much, but the next one has another number. */
}

int tlml_generations_put(struct tlml_generations *g, struct tlml_maps *m,
			 const struct tlml_model *model, const struct tlml_news *n,
			 struct tlml_error *e)
{
	struct tlml_history next, was = { 0 };
	char name[TLML_SHELF_NAME];
	struct tlml_bundle b;
	int err = store(g, model, n->origin, &b, e);

	if (err) {
		json_decref(n->more);
		return err;
	}
	tlml_shelf_name(TLML_SHELF_BUNDLES, b.generation, name);
	err = foresee(g, &b, n, &next, e);
	if (!err)
		err = tlml_history_copy(&g->history, &was, e);
	if (!err)
		err = tlml_generations_commit(g, &next, e);
	if (err) {
		tlml_history_free(&was);
		tlml_whole_remove(g->dir, name);
		return err;
	}
	if (m)
		err = n->flip ? n->flip(m, e) : tlml_maps_publish(m, model, e);
	if (err) {
		take_back(g, &was, &b, name, e->text);
		return err;
	}
	tlml_history_free(&was);
	tlml_shelf_prune(g->dir, TLML_SHELF_BUNDLES, TLML_GENERATIONS_KEPT);
	return 0;
}

int tlml_generations_set_aside(struct tlml_generations *g, const char *event, const void *blob,
			       size_t size, const char *why, struct tlml_error *e)
{
	uint32_t number = g->history.next;
	struct tlml_model_header h = { 0 };
	char name[TLML_SHELF_NAME];
	int err;

	if (size > TLML_MODEL_MAX)
		return tlml_error_set(e, EINVAL, "%zu bytes are no model", size);
	if (size >= sizeof(h))
		memcpy(&h, blob, sizeof(h));
	tlml_shelf_name(TLML_SHELF_REFUSED, number, name);
	err = tlml_whole_write(g->dir, name, 0600, blob, size, e);
	if (err)
		return err;
	err = tlml_generations_note(g, event, h.generation, why, json_pack("{s:s}", "file", name), e);
	if (err)
		tlml_whole_remove(g->dir, name);
	else
		tlml_shelf_prune(g->dir, TLML_SHELF_REFUSED, TLML_GENERATIONS_KEPT);
	return err;
}

int tlml_generations_refuse(struct tlml_generations *g, const void *blob, size_t size,
			    const char *why, struct tlml_error *e)
{
	return tlml_generations_set_aside(g, "refused", blob, size, why, e);
}
