/* SPDX-License-Identifier: BSD-2-Clause */
/* What tlml-load has put onto interfaces, for people and as JSON. */
#ifndef TLML_STATUS_H
#define TLML_STATUS_H

#include "../../daemon/error.h"
#include "out.h"

/*
 * Prints one interface, or with ifname NULL an array "interfaces" of all that tlml is on. 0;
 * -ENOENT with a sentence if it is not there, -EPERM.
 */
int tlml_status(const char *ifname, struct tlml_out *o, struct tlml_error *e);

#endif
