/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of bundles and generations share: a data path in memory, a folder, models. */
#ifndef SHELVES_H
#define SHELVES_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../daemon/generations.h"
#include "../../daemon/model.h"
#include "../golden/mkmodel.h"

static struct tlml_error error;
static int points, failed;

static inline void result(bool ok, const char *what)
{
	printf("%sok %d - %s\n", ok ? "" : "not ", ++points, what);
	if (!ok)
		printf("# %s\n", error.text);
	failed += !ok;
	fflush(stdout);
}

static inline void must(int err)
{
	if (!err)
		return;
	printf("Bail out! %s\n", error.text);
	exit(1);
}

/* A model that says class k, with this number. */
static inline void *model_of(unsigned int k, uint32_t generation, size_t *size)
{
	struct tlml_model_header *h = tlml_mkmodel_constant(k, size);

	h->generation = generation;
	tlml_model_seal(h, *size);
	return h;
}

static inline void *shared(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		exit(1);
	return p;
}

/* The maps without a kernel; shared, so that a child's changes are seen. */
static inline void maps_make(struct tlml_maps *m)
{
	*m = (struct tlml_maps){ .ctl = shared(sizeof(*m->ctl)),
				 .weights = shared(TLML_SLOTS * sizeof(*m->weights)),
				 .wide = shared(TLML_SLOTS * sizeof(*m->wide)) };
}

static inline uint32_t live(const struct tlml_maps *m)
{
	return tlml_maps_current(m)->generation;
}

static inline void remove_tree(const char *path)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", path);
	if (system(command))
		printf("# %s stays\n", path);
}

#endif
