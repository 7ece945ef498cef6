/* SPDX-License-Identifier: BSD-2-Clause */
/* The file system of pins: found, or mounted where it outlives this process. */
#ifndef TLML_BPFFS_H
#define TLML_BPFFS_H

#include <stdbool.h>

#include "error.h"

/* Before the path of the bpffs: "", or "/proc/PID/root". NULL if this process sees none. */
const char *tlml_bpffs_prefix(void);

/* Mounts one if there is none. *mounted: it was not there before. -errno with a sentence. */
int tlml_bpffs_ensure(bool *mounted, struct tlml_error *e);

#endif
