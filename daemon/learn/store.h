/* SPDX-License-Identifier: BSD-2-Clause */
/* State in a file that is there as a whole or not at all, whenever the power goes. */
#ifndef TLML_LEARN_STORE_H
#define TLML_LEARN_STORE_H

#include <stddef.h>

#include "../error.h"

#define TLML_STORE_KIND	8	/* bytes that begin a file and say what it holds */

/*
 * Replaces path by size bytes of data, checksummed (BLAKE2b); on disk when it returns. The old
 * file stays if that fails: -errno with a sentence. One writer at a time: PATH.new is its draft.
 */
int tlml_store_write(const char *path, const char *kind, const void *data, size_t size,
		     struct tlml_error *e);

/*
 * Reads it back into *data, to be freed. -ENOENT without a sentence if there is none. A file that
 * is damaged, of another kind or has more than most bytes is set aside: -EINVAL.
 */
int tlml_store_read(const char *path, const char *kind, size_t most, void **data, size_t *size,
		    struct tlml_error *e);

/* Finds the data in size bytes of such a file in memory: NULL, or why it cannot be used. */
const char *tlml_store_open(const void *file, size_t size, const char *kind, const void **data,
			    size_t *data_size);

/* Renames path to PATH.bad and returns -EINVAL with a sentence that says why. */
int tlml_store_aside(const char *path, const char *why, struct tlml_error *e);

#endif
