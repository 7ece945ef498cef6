/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tells who listens to the kernel module's multicast groups what becomes of models, and what one
 * should look at. Where there is no module nobody can listen, and nothing is told.
 */
#ifndef TLML_ANNOUNCE_H
#define TLML_ANNOUNCE_H

#include "nl.h"
#include "paths.h"

/* While privileges are there to be had, if only for a socket. NULL, with a line in the log. */
struct tlml_nl *tlml_announce_open(void);

/* To be called every second: of each interface what is new since. nl may be NULL. */
void tlml_announce(struct tlml_nl *nl, struct tlml_paths *ps);

#endif
