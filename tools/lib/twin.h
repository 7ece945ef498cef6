/* SPDX-License-Identifier: BSD-2-Clause */
/* The programs of the embedded object once more, over maps that are there already. */
#ifndef TLML_TWIN_H
#define TLML_TWIN_H

#include <stdbool.h>

#include "../../daemon/error.h"

struct tlml_bpf;

/*
 * Opens the object with the pinned maps of dir; xdp_only leaves all other programs out. To be
 * loaded by the caller, or by libxdp; tlml_bpf__destroy() it. -errno with a sentence.
 */
int tlml_twin_open(const char *dir, bool xdp_only, struct tlml_bpf **skel, struct tlml_error *e);

#endif
