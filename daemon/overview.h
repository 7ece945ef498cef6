/* SPDX-License-Identifier: BSD-2-Clause */
/* What tlmld tells of itself: as JSON on the control socket. */
#ifndef TLML_OVERVIEW_H
#define TLML_OVERVIEW_H

#include "paths.h"

/* "interfaces" of the status: a new reference, NULL without memory. */
json_t *tlml_overview_paths(const struct tlml_paths *ps);

#endif
