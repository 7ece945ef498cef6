/* SPDX-License-Identifier: BSD-2-Clause */
/* From an errno of attaching and what is known of the interface to a sentence with a remedy. */
#ifndef TLML_EXPLAIN_H
#define TLML_EXPLAIN_H

#include "netdev.h"

/*
 * Why XDP did not go onto dev. err: the positive errno; native: it was to run in the driver;
 * kernel: the kernel's own words or "". Returns -err.
 */
int tlml_explain_xdp(const struct tlml_netdev *dev, int err, bool native, const char *kernel,
		     struct tlml_error *e);

/* Why a TC program did not; hook says which. Returns -err. */
int tlml_explain_tc(const struct tlml_netdev *dev, int err, const char *hook, const char *kernel,
		    struct tlml_error *e);

#endif
