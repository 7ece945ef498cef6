/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether this process may do what it is about to. */
#ifndef TLML_CAPS_H
#define TLML_CAPS_H

#include <stdbool.h>

#include "../../daemon/error.h"

/* -EPERM with the names of the capabilities that are missing to attach; share: by libxdp. */
int tlml_caps_check(bool share, struct tlml_error *e);

#endif
