// SPDX-License-Identifier: BSD-2-Clause
/* The models that are served. Only the order that the loading thread works on is not ours alone. */
#include "models.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../log.h"

/* What the loading thread is to do, and has done. */
struct order {
	const struct tlml_shelf *shelf;
	int all;			/* whatever changed, else the one name */
	unsigned int n;
	struct item {
		char name[TLML_MODEL_NAME];
		struct stat have;	/* the file as it was loaded last */
		int known;		/* there is such a file */
		struct tlml_served *served;
		struct tlml_error error;
		int err;
	} item[TLML_MODELS_MAX];
	int err;			/* of the whole order */
	struct tlml_error error;
	void (*done)(void *arg, int err, const struct tlml_error *e);
	void *arg;
	int fd;
};

struct tlml_models {
	const struct tlml_shelf *shelf;
	struct tlml_models_entry entry[TLML_MODELS_MAX];
	unsigned int n;
	int fd, loading;
	pthread_t thread;
	struct order order;
};

static struct tlml_models_entry *find(struct tlml_models *m, const char *name)
{
	unsigned int i;

	for (i = 0; i < m->n; i++)
		if (!strcmp(m->entry[i].name, name))
			return &m->entry[i];
	return NULL;
}

/* The entry of a name: its own, a new one, or, if all are taken, that of one not served. */
static struct tlml_models_entry *find_or_add(struct tlml_models *m, const char *name)
{
	struct tlml_models_entry *entry = find(m, name);
	unsigned int i = m->n;

	if (entry)
		return entry;
	if (i == TLML_MODELS_MAX)
		for (i = 0; i < TLML_MODELS_MAX && m->entry[i].served; i++)
			;
	if (i == TLML_MODELS_MAX)
		return NULL;
	m->n += i == m->n;
	entry = &m->entry[i];
	memset(entry, 0, sizeof(*entry));
	strcpy(entry->name, name);
	return entry;
}

/* Names that files have, and what is known of each. */
static void order_list(struct tlml_models *m, struct order *o)
{
	char names[TLML_MODELS_MAX][TLML_MODEL_NAME];
	struct tlml_models_entry *entry;
	unsigned int i;

	o->err = tlml_load_names(o->shelf, names, &o->n, &o->error);
	for (i = 0; !o->err && i < o->n; i++) {
		memset(&o->item[i], 0, sizeof(o->item[i]));
		strcpy(o->item[i].name, names[i]);
		entry = find(m, names[i]);
		o->item[i].known = entry && entry->served && !*entry->why.text;
		if (o->item[i].known)
			o->item[i].have = entry->served->file;
	}
	if (o->err)
		o->n = 0;
}

static void order_work(struct order *o)
{
	struct item *it;

	for (it = o->item; it < o->item + o->n; it++)
		it->err = tlml_load(o->shelf, it->name, it->known ? &it->have : NULL, &it->served,
				    &it->error);
}

static void *thread_run(void *arg)
{
	struct order *o = arg;
	uint64_t one = 1;

	order_work(o);
	if (write(o->fd, &one, sizeof(one)) < 0)
		return NULL;	/* the counter is full: it is readable, which is all it is for */
	return NULL;
}

static void entry_clear(struct tlml_models_entry *entry, const char *why)
{
	if (entry->served)
		tlml_models_put(entry->served);
	entry->served = NULL;
	tlml_error_set(&entry->why, ENOENT, "%s", why);
	tlml_log(TLML_LOG_NOTICE, "model %s is no longer served: %s", entry->name, why);
}

/* One more name for a full table is the only thing that can go wrong here. */
static void take(struct tlml_models *m, struct item *it)
{
	/* A name that nobody has is no reason to remember it. */
	struct tlml_models_entry *entry = it->err == -ENOENT ? find(m, it->name) :
					  find_or_add(m, it->name);

	if (!entry && it->served) {
		tlml_load_free(it->served);
		it->err = tlml_error_set(&it->error, E2BIG, "%u models are served already",
					 TLML_MODELS_MAX);
	}
	if (it->err) {
		tlml_log(TLML_LOG_WARNING, "model %s %s: %s", it->name, entry && entry->served ?
			 "stays as it is" : "is not served", it->error.text);
		if (entry)
			entry->why = it->error;
		return;
	}
	entry->why.text[0] = 0;
	if (!it->served)	/* its file is as it was */
		return;
	if (entry->served)
		tlml_models_put(entry->served);
	entry->served = it->served;
	entry->served->refs = 1;
	entry->served->version = ++entry->version;
	tlml_log(TLML_LOG_NOTICE, "model %s, version %u: %s, %s, %u classes", entry->name,
		 entry->version, entry->served->from, entry->served->engine->platform,
		 entry->served->plan.classes);
}

/* Models whose file is gone go, too. */
static void drop_absent(struct tlml_models *m, const struct order *o)
{
	unsigned int i, k;

	for (i = 0; i < m->n; i++) {
		for (k = 0; k < o->n && strcmp(m->entry[i].name, o->item[k].name); k++)
			;
		if (k == o->n && m->entry[i].served)
			entry_clear(&m->entry[i], "its file is gone");
	}
}

static void order_apply(struct tlml_models *m, struct order *o)
{
	struct item *it;

	if (o->err)
		tlml_log(TLML_LOG_WARNING, "models stay as they are: %s", o->error.text);
	else if (o->all)
		drop_absent(m, o);
	for (it = o->item; it < o->item + o->n; it++) {
		take(m, it);
		if (it->err && !o->err) {
			o->err = it->err;
			o->error = it->error;
		}
	}
}

/* The default first, without which there is nothing to fall back on; then what files say. */
static int load_first(struct tlml_models *m, struct tlml_error *e)
{
	struct tlml_shelf bare = *m->shelf;
	struct order *o = &m->order;
	int err;

	bare.dir = NULL;
	*o = (struct order){ .n = 1, .item[0].name = TLML_MODEL_DEFAULT };
	err = tlml_load(&bare, TLML_MODEL_DEFAULT, NULL, &o->item[0].served, e);
	if (err)
		return err;
	order_apply(m, o);
	if (!m->shelf->dir)
		return 0;
	*o = (struct order){ .shelf = m->shelf, .all = 1 };
	order_list(m, o);
	if (o->err) {
		*e = o->error;
		return o->err;
	}
	order_work(o);
	order_apply(m, o);
	return 0;
}

int tlml_models_new(const struct tlml_shelf *shelf, struct tlml_models **models,
		    struct tlml_error *e)
{
	struct tlml_models *m = calloc(1, sizeof(*m));
	int err;

	if (!m)
		return tlml_error_set(e, ENOMEM, "no memory for models");
	m->shelf = shelf;
	m->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	err = m->fd < 0 ? tlml_error_set(e, errno, "cannot make an eventfd: %s", strerror(errno)) :
	      load_first(m, e);
	if (err)
		tlml_models_free(m);
	else
		*models = m;
	return err;
}

void tlml_models_free(struct tlml_models *m)
{
	unsigned int i;

	if (m->loading) {
		pthread_join(m->thread, NULL);
		for (i = 0; i < m->order.n; i++)
			if (m->order.item[i].served)
				tlml_load_free(m->order.item[i].served);
	}
	for (i = 0; i < m->n; i++)
		if (m->entry[i].served)
			tlml_models_put(m->entry[i].served);
	if (m->fd >= 0)
		close(m->fd);
	free(m);
}

struct tlml_served *tlml_models_get(struct tlml_models *m, const char *name, const char *version)
{
	struct tlml_models_entry *entry = find(m, name);
	char text[16];

	if (!entry || !entry->served)
		return NULL;
	snprintf(text, sizeof(text), "%u", entry->version);
	if (version && strcmp(version, text))
		return NULL;
	entry->served->refs++;
	return entry->served;
}

void tlml_models_put(struct tlml_served *served)
{
	if (!--served->refs)
		tlml_load_free(served);
}

int tlml_models_load(struct tlml_models *m, const char *name,
		     void (*done)(void *arg, int err, const struct tlml_error *e), void *arg)
{
	struct order *o = &m->order;
	sigset_t all, was;
	int err;

	if (m->loading)
		return -EBUSY;
	*o = (struct order){
		.shelf = m->shelf, .all = !name, .done = done, .arg = arg, .fd = m->fd,
	};
	if (name) {
		o->n = 1;
		snprintf(o->item[0].name, sizeof(o->item[0].name), "%s", name);
	} else {
		order_list(m, o);
	}
	/* Signals are for the thread that runs the event loop. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &was);
	err = pthread_create(&m->thread, NULL, thread_run, o);
	pthread_sigmask(SIG_SETMASK, &was, NULL);
	m->loading = !err;
	return -err;
}

int tlml_models_loading(const struct tlml_models *m)
{
	return m->loading;
}

int tlml_models_fd(const struct tlml_models *m)
{
	return m->fd;
}

void tlml_models_finish(struct tlml_models *m)
{
	struct order *o = &m->order;
	uint64_t n;

	if (read(m->fd, &n, sizeof(n)) < 0 || !m->loading)
		return;
	pthread_join(m->thread, NULL);
	m->loading = 0;
	order_apply(m, o);
	if (o->done)
		o->done(o->arg, o->err, &o->error);
}

int tlml_models_unload(struct tlml_models *m, const char *name)
{
	struct tlml_models_entry *entry = find(m, name);

	if (!entry || !entry->served)
		return -ENOENT;
	entry_clear(entry, "unloaded");
	return 0;
}

const struct tlml_models_entry *tlml_models_entry(const struct tlml_models *m, unsigned int i)
{
	return i < m->n ? &m->entry[i] : NULL;
}
