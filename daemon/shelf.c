// SPDX-License-Identifier: BSD-2-Clause
/* The files of an interface's models in their directory. */
#include "shelf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "whole.h"

static const char *const forms[] = {
	[TLML_SHELF_BUNDLES] = "generation-%010" PRIu32 ".tlms",
	[TLML_SHELF_REFUSED] = "refused-%010" PRIu32 ".tlml",
};

void tlml_shelf_name(enum tlml_shelf_kind kind, uint32_t number, char name[TLML_SHELF_NAME])
{
	snprintf(name, TLML_SHELF_NAME, forms[kind], number);
}

/* The number in a name of this very form, or 0. */
static uint32_t number_of(enum tlml_shelf_kind kind, const char *entry)
{
	const char *digits = strchr(entry, '-');
	uint32_t number = digits ? strtoul(digits + 1, NULL, 10) : 0;
	char name[TLML_SHELF_NAME];

	tlml_shelf_name(kind, number, name);
	return strcmp(name, entry) ? 0 : number;
}

static DIR *look(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d && fd >= 0)
		close(fd);
	return d;
}

static int down(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? 1 : x > y ? -1 : 0;
}

int tlml_shelf_list(int dir, enum tlml_shelf_kind kind, uint32_t numbers[TLML_SHELF_MOST])
{
	DIR *d = look(dir);
	struct dirent *entry;
	int n = 0;

	if (!d)
		return -errno;
	while (n < TLML_SHELF_MOST && (entry = readdir(d))) {
		numbers[n] = number_of(kind, entry->d_name);
		n += !!numbers[n];
	}
	closedir(d);
	qsort(numbers, n, sizeof(*numbers), down);
	return n;
}

int tlml_shelf_get(int dir, const struct tlml_keys *k, uint32_t generation, struct tlml_bundle *b,
		   struct tlml_model *m, struct tlml_error *e)
{
	char name[TLML_SHELF_NAME];
	const void *blob;
	size_t size;
	void *file;
	int err;

	tlml_shelf_name(TLML_SHELF_BUNDLES, generation, name);
	err = tlml_whole_read(dir, name, TLML_BUNDLE_MAX, &file, &size, e);
	if (err)
		return err == -ENOENT ?
		       tlml_error_set(e, ENOENT, "generation %u is not kept: see 'tlmlctl model log'",
				      generation) : err;
	err = tlml_bundle_open(k, file, size, name, b, &blob, e);
	if (!err && b->generation != generation)
		err = tlml_error_set(e, EINVAL, "%s holds generation %u", name, b->generation);
	if (!err)
		err = tlml_model_parse(blob, b->size, name, m, e);
	free(file);
	return err;
}

void tlml_shelf_prune(int dir, enum tlml_shelf_kind kind, unsigned int keep)
{
	uint32_t numbers[TLML_SHELF_MOST];
	int n = tlml_shelf_list(dir, kind, numbers);
	char name[TLML_SHELF_NAME];

	for (int i = keep; i < n; i++) {
		tlml_shelf_name(kind, numbers[i], name);
		tlml_whole_remove(dir, name);
	}
}

void tlml_shelf_sweep(int dir, enum tlml_shelf_kind kind, uint32_t last)
{
	static const size_t draft = sizeof(TLML_WHOLE_DRAFT) - 1;
	DIR *d = look(dir);
	struct dirent *entry;

	while (d && (entry = readdir(d))) {
		size_t len = strlen(entry->d_name);

		if ((len > draft && !strcmp(entry->d_name + len - draft, TLML_WHOLE_DRAFT)) ||
		    number_of(kind, entry->d_name) > last)
			tlml_whole_remove(dir, entry->d_name);
	}
	if (d)
		closedir(d);
}
