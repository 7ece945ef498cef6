// SPDX-License-Identifier: BSD-2-Clause
/* A file of one model, or of several for gateways with the module and without. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model_impl.h"

/* Whether a model may come after another one in a file. */
static int check_next(const struct tlml_model *was, const struct tlml_model *is,
		      const char *name, struct tlml_error *e)
{
	const char *why = NULL;

	if (is->header.generation != was->header.generation)
		why = "another generation";
	else if (is->header.classes != was->header.classes)
		why = "other classes";
	else if (is->header.wide < was->header.wide ||
		 tlml_model_products(is) <= tlml_model_products(was))
		why = "no bigger net";
	for (unsigned int c = 0; !why && c < is->header.classes; c++)
		if (strcmp(is->classes[c].name, was->classes[c].name) ||
		    is->classes[c].attack != was->classes[c].attack)
			why = "other classes";
	if (!why)
		return 0;
	return tlml_error_set(e, EINVAL,
			      "%s has %s than the one before it: join models of one training, the smallest first",
			      name, why);
}

/* The n-th model of a file, which begins left bytes before its end. */
static int parse_nth(const uint8_t *at, size_t left, const char *name, unsigned int n,
		     struct tlml_model *all, struct tlml_error *e)
{
	char which[160];
	int err;

	if (!n)
		return tlml_model_parse_one(at, left, name, all, e);
	if (n == TLML_FILE_MODELS)
		return tlml_error_set(e, EINVAL, "%s: more than %d models: leave some out", name,
				      TLML_FILE_MODELS);
	snprintf(which, sizeof(which), "%.128s: model %u in it", name, n + 1);
	err = tlml_model_parse_one(at, left, which, &all[n], e);
	if (!err && check_next(&all[n - 1], &all[n], which, e)) {
		tlml_model_free(&all[n]);
		err = -EINVAL;
	}
	return err;
}

/*
 * All models of size bytes are checked; m is the biggest one with the module, or without. How many
 * there are, or -errno.
 */
static int choose(const uint8_t *file, size_t size, const char *name, bool module,
		  struct tlml_model *m, struct tlml_error *e)
{
	struct tlml_model all[TLML_FILE_MODELS];
	int n = 0, best = -1, err = 0;
	size_t at = 0;

	memset(m, 0, sizeof(*m));
	do {
		err = parse_nth(file + at, size - at, name, n, all, e);
		if (err)
			break;
		best = all[n].header.wide && !module ? best : n;
		at += all[n++].header.size;
	} while (at < size);
	for (int i = 0; i < n; i++) {
		if (!err && i == best)
			*m = all[i];
		else
			tlml_model_free(&all[i]);
	}
	return err ? err : n;
}

int tlml_model_parse(const void *data, size_t size, const char *name, struct tlml_model *m,
		     struct tlml_error *e)
{
	int n = choose(data, size, name, true, m, e);

	if (n < 2)
		return n < 0 ? n : 0;
	m->file_size = size;
	m->file = malloc(size);
	if (!m->file) {
		tlml_model_free(m);
		return tlml_error_set(e, ENOMEM, "%s: no memory for %zu bytes", name, size);
	}
	memcpy(m->file, data, size);
	return 0;
}

int tlml_model_fit(const struct tlml_model *m, bool module, struct tlml_model *fit,
		   struct tlml_error *e)
{
	int n = choose(m->file, m->file_size, "the model", module, fit, e);

	if (n < 0 || fit->blob)
		return n < 0 ? n : 0;
	return tlml_error_set(e, EINVAL,
			      "its net of %u-%u needs the kernel module, which the programs here do not call: load the module, then 'tlml-load --replace IFACE', or add a smaller model to the file (tlml-train(8))",
			      m->hidden[0].outputs, m->hidden[1].outputs);
}

void tlml_model_renumber(struct tlml_model *m, uint32_t generation)
{
	struct tlml_model_header h;
	uint8_t *p = m->file;

	for (size_t left = m->file_size; left; left -= h.size, p += h.size) {
		memcpy(&h, p, sizeof(h));
		h.generation = generation;
		memcpy(p, &h, sizeof(h));
		tlml_model_seal(p, h.size);
	}
	if (m->file != m->blob) {
		((struct tlml_model_header *)m->blob)->generation = generation;
		tlml_model_seal(m->blob, m->header.size);
	}
	memcpy(&m->header, m->blob, sizeof(m->header));
}

int tlml_model_read(const char *path, struct tlml_model *m, struct tlml_error *e)
{
	size_t have = 0, limit = TLML_MODEL_MAX + 1;
	int fd, err = 0;
	uint8_t *buf;

	memset(m, 0, sizeof(*m));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return tlml_error_set(e, errno, "%s: cannot open the model: %s: check the path", path,
				      strerror(errno));
	buf = malloc(limit);
	if (!buf)
		err = tlml_error_set(e, ENOMEM, "%s: no memory to read it", path);
	while (!err && have < limit) {
		ssize_t got = read(fd, buf + have, limit - have);

		if (got < 0 && errno != EINTR)
			err = tlml_error_set(e, errno, "%s: cannot read the model: %s: check the path",
					     path, strerror(errno));
		if (!got)
			break;
		have += got > 0 ? got : 0;
	}
	if (!err && have == limit)
		err = tlml_error_set(e, EINVAL,
				     "%s: more than %u bytes, so not a tlml model: name a file that tlml-train wrote",
				     path, TLML_MODEL_MAX);
	if (!err)
		err = tlml_model_parse(buf, have, path, m, e);
	free(buf);
	close(fd);
	return err;
}
