/* SPDX-License-Identifier: BSD-2-Clause */
/* Small files that are there as a whole, old or new, whenever the process or the power goes. */
#ifndef TLML_WHOLE_H
#define TLML_WHOLE_H

#include <stddef.h>
#include <sys/types.h>

#include "error.h"

#define TLML_WHOLE_DRAFT	".new"	/* ends the name of a file that is not complete */

/*
 * Replaces the file name in the directory dir by size bytes; on disk when it returns. -errno with
 * a sentence, and the old file stays. One writer at a time.
 */
int tlml_whole_write(int dir, const char *name, mode_t mode, const void *data, size_t size,
		     struct tlml_error *e);

/* Reads all of fd, a regular file of at most most bytes, into *data, to be freed. name is used in
 * sentences only. -EFBIG, -EINVAL if it is no file, -errno. */
int tlml_whole_read_fd(int fd, const char *name, size_t most, void **data, size_t *size,
		       struct tlml_error *e);

/* The same of the file name in dir; -ENOENT if there is none. It follows no link. */
int tlml_whole_read(int dir, const char *name, size_t most, void **data, size_t *size,
		    struct tlml_error *e);

/* Removes a file and has the directory on disk without it; one that is not there is removed. */
int tlml_whole_remove(int dir, const char *name);

/* Writes all of size bytes to fd, however often it takes; 0 or -errno. */
int tlml_whole_put(int fd, const void *data, size_t size);

#endif
