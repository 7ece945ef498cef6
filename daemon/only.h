/* SPDX-License-Identifier: BSD-2-Clause */
/* The run directory while one tlmld is in it: a lock that ends with the process. */
#ifndef TLML_ONLY_H
#define TLML_ONLY_H

#include "error.h"

#define TLML_ONLY_FILE	"tlmld.pid"

/*
 * Locks the directory for this process, by a file with its number in it. A descriptor to be kept,
 * or with a sentence -EBUSY if there is another one, -errno. Waits up to 5 s for one that ends.
 */
int tlml_only_lock(const char *dir, struct tlml_error *e);

/* Removes the file. */
void tlml_only_unlock(const char *dir, int lock);

#endif
