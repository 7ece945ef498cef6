/* SPDX-License-Identifier: BSD-2-Clause */
/* What tlmld tells of itself: as JSON on the control socket. */
#ifndef TLML_OVERVIEW_H
#define TLML_OVERVIEW_H

#include "paths.h"

/*
 * "interfaces" of the status from that one on, as many as a message holds: a new reference, NULL
 * without memory. *more: the first one that is not among them, 0 if none is left.
 */
json_t *tlml_overview_paths(const struct tlml_paths *ps, unsigned int from, unsigned int *more);

#endif
