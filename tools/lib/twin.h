/* SPDX-License-Identifier: BSD-2-Clause */
/* The programs of the embedded object once more, over maps that are there already. */
#ifndef TLML_TWIN_H
#define TLML_TWIN_H

#include "module.h"

/*
 * Opens the object that calls the module, or the other one, with the pinned maps of dir, and with
 * one program only if that is not NULL. To be loaded by the caller, or by libxdp;
 * tlml_bpf__destroy() it. -errno with a sentence.
 */
int tlml_twin_open(const char *dir, bool module, const char *only, struct tlml_bpf **skel,
		   struct tlml_error *e);

#endif
