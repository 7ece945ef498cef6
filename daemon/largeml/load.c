// SPDX-License-Identifier: BSD-2-Clause
/* Loading of models. A file is read whole before anybody looks into it: it may change meanwhile. */
#include "load.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trial.h"

#define FILE_MAX	(1ll << 30)
#define NAME_CHARS	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."

static const struct kind {
	const char *suffix;
	const struct tlml_engine *engine;
} kinds[] = {	/* the first one found counts */
	{ ".ubj", &tlml_engine_xgb },
	{ ".json", &tlml_engine_xgb },
	{ ".onnx", &tlml_engine_onnx },
};

#define KINDS	(sizeof(kinds) / sizeof(kinds[0]))

int tlml_load_name_valid(const char *name)
{
	size_t len = strlen(name);

	return len && len < TLML_MODEL_NAME && *name != '.' && strspn(name, NAME_CHARS) == len;
}

static int read_whole(int fd, char *bytes, size_t size)
{
	size_t at = 0;
	ssize_t n;

	while (at < size) {
		n = read(fd, bytes + at, size - at);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (!n)
			return -ESTALE;		/* somebody is writing it */
		at += n > 0 ? n : 0;
	}
	return 0;
}

static int file_read(int fd, struct tlml_served *m, char **bytes, struct tlml_error *e)
{
	int err;

	if (fstat(fd, &m->file))
		return tlml_error_set(e, errno, "%s: %s", m->from, strerror(errno));
	if (!S_ISREG(m->file.st_mode) || m->file.st_size < 1 || m->file.st_size > FILE_MAX)
		return tlml_error_set(e, EINVAL, "%s: a model is a file of 1 byte to 1 GiB", m->from);
	*bytes = malloc(m->file.st_size);
	if (!*bytes)
		return tlml_error_set(e, ENOMEM, "%s: no memory for it", m->from);
	err = read_whole(fd, *bytes, m->file.st_size);
	if (!err)
		return 0;
	free(*bytes);
	return tlml_error_set(e, -err, "%s: %s", m->from, strerror(-err));
}

static int same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Opens the file of a name; -1 if there is none. */
static int file_open(const struct tlml_shelf *s, const char *name, struct tlml_served *m)
{
	unsigned int k;
	int fd;

	for (k = 0; s->dir && k < KINDS; k++) {
		if (snprintf(m->from, sizeof(m->from), "%s/%s%s", s->dir, name, kinds[k].suffix) >=
		    (int)sizeof(m->from))
			continue;
		m->engine = kinds[k].engine;
		fd = open(m->from, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (fd >= 0 || errno != ENOENT)
			return fd;
	}
	errno = ENOENT;
	return -1;
}

static int engine_open(struct tlml_served *m, const void *bytes, size_t size,
		       unsigned int workers, struct tlml_error *e)
{
	int err;

	err = m->engine->open(bytes, size, workers, &m->plan, &m->state, e);
	if (err) {
		m->state = NULL;
		return err;
	}
	strcpy(m->plan.output, TLML_OUTPUT);
	return tlml_trial_run(m->engine, m->state, workers, m->plan.classes, e);
}

static int load_file(const struct tlml_shelf *s, int fd, struct tlml_served *m,
		     struct tlml_error *e)
{
	struct tlml_error why;
	char *bytes = NULL;
	int err;

	err = file_read(fd, m, &bytes, e);
	if (err)
		return err;
	err = tlml_trial(m->engine, bytes, m->file.st_size, &why);
	if (!err)
		err = engine_open(m, bytes, m->file.st_size, s->workers, &why);
	free(bytes);
	return err ? tlml_error_set(e, -err, "%s: %.400s", m->from, why.text) : 0;
}

static int load_default(const struct tlml_shelf *s, struct tlml_served *m, struct tlml_error *e)
{
	if (s->null_classes) {
		strcpy(m->from, "--null");
		m->engine = &tlml_engine_null;
		return engine_open(m, s->null_classes, strlen(s->null_classes), s->workers, e);
	}
	strcpy(m->from, "built in");
	m->engine = &tlml_engine_xgb;
	return engine_open(m, s->builtin, s->builtin_size, s->workers, e);
}

static int load(const struct tlml_shelf *s, const char *name, const struct stat *have,
		struct tlml_served *m, int *unchanged, struct tlml_error *e)
{
	struct stat now;
	int fd, err;

	fd = file_open(s, name, m);
	if (fd < 0 && errno != ENOENT)
		return tlml_error_set(e, errno, "%s: %s", m->from, strerror(errno));
	if (fd < 0 && strcmp(name, TLML_MODEL_DEFAULT))
		return tlml_error_set(e, ENOENT, "there is no file for a model %s%s%s", name,
				      s->dir ? " in " : ": no directory of models was given",
				      s->dir ? s->dir : "");
	memset(&now, 0, sizeof(now));
	if (fd >= 0)
		fstat(fd, &now);
	*unchanged = have && same_file(have, &now);
	err = *unchanged ? 0 : fd < 0 ? load_default(s, m, e) : load_file(s, fd, m, e);
	if (fd >= 0)
		close(fd);
	return err;
}

int tlml_load(const struct tlml_shelf *s, const char *name, const struct stat *have,
	      struct tlml_served **served, struct tlml_error *e)
{
	struct tlml_served *m = calloc(1, sizeof(*m));
	int err, unchanged = 0;

	*served = NULL;
	if (!m)
		return tlml_error_set(e, ENOMEM, "no memory for model %s", name);
	strcpy(m->name, name);
	err = load(s, name, have, m, &unchanged, e);
	if (err)
		tlml_error_clean(e->text);
	if (err || unchanged)
		tlml_load_free(m);
	else
		*served = m;
	return err;
}

void tlml_load_free(struct tlml_served *m)
{
	if (m->state)
		m->engine->close(m->state);
	free(m);
}

/* The name that a file gives to a model, if it does. */
static int name_of(const char *file, char *name)
{
	const char *dot = strrchr(file, '.');
	unsigned int k;

	for (k = 0; dot && k < KINDS; k++) {
		if (strcmp(dot, kinds[k].suffix) || dot - file >= TLML_MODEL_NAME)
			continue;
		memcpy(name, file, dot - file);
		name[dot - file] = 0;
		return tlml_load_name_valid(name);
	}
	return 0;
}

int tlml_load_names(const struct tlml_shelf *s, char names[][TLML_MODEL_NAME], unsigned int *n,
		    struct tlml_error *e)
{
	char name[TLML_MODEL_NAME];
	struct dirent *entry;
	unsigned int i;
	DIR *d;

	strcpy(names[0], TLML_MODEL_DEFAULT);
	*n = 1;
	if (!s->dir)
		return 0;
	d = opendir(s->dir);
	if (!d)
		return tlml_error_set(e, errno, "cannot list the models in %s: %s", s->dir,
				      strerror(errno));
	while ((entry = readdir(d))) {
		if (!name_of(entry->d_name, name))
			continue;
		for (i = 0; i < *n && strcmp(names[i], name); i++)
			;
		if (i < *n)
			continue;
		if (*n == TLML_MODELS_MAX) {
			closedir(d);
			return tlml_error_set(e, E2BIG, "%s has more than %u models: use several processes",
					      s->dir, TLML_MODELS_MAX);
		}
		strcpy(names[(*n)++], name);
	}
	closedir(d);
	return 0;
}
