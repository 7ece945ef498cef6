/* SPDX-License-Identifier: BSD-2-Clause */
/* Seeing to it that a tlmld looks after an interface, and starting what is needed for that. */
#ifndef TLML_START_H
#define TLML_START_H

#include "../../daemon/error.h"

#define TLML_PROGRAM_MAX	512

/* The program beside ours, as it was built or installed with it, else any of that name. */
void tlml_program_find(const char *name, char path[TLML_PROGRAM_MAX]);

struct tlml_start_options {
	char *const *url;	/* large models to be asked; none: tlml-large is started */
	unsigned int urls;
};

/*
 * Before anything is attached: -EBUSY with a sentence if large models are named, and a tlmld that
 * runs already, or that systemd starts, asks others. -errno.
 */
int tlml_start_check(const struct tlml_start_options *o, struct tlml_error *e);

/*
 * Hands an interface that tlml is on to the tlmld of this network namespace. If none runs, systemd
 * starts the unit tlmld.service, where it is installed, or else tlmld runs in the background until
 * it has no interface left, and tlml-large with it; a log of each is beside their sockets. Waits
 * for it, 10 s at most. 0, or -errno with a sentence.
 */
int tlml_start(const char *ifname, const struct tlml_start_options *o, struct tlml_error *e);

#endif
