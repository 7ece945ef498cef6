/* SPDX-License-Identifier: BSD-2-Clause */
/* What is left of interfaces that are gone, of programs no longer attached, of killed loaders. */
#ifndef TLML_CLEAN_H
#define TLML_CLEAN_H

#include "../../daemon/error.h"

/*
 * Removes it: of one interface of this network namespace, or with ifname NULL of all, also in
 * namespaces that are gone. done() is told each directory and why. 0, also if there was nothing, or
 * -errno with a sentence.
 */
int tlml_clean(const char *ifname, void (*done)(const char *dir, const char *why, void *arg),
	       void *arg, struct tlml_error *e);

/* The same of tlmld and tlml-large, in other network namespaces. */
int tlml_clean_run(void (*done)(const char *dir, const char *why, void *arg), void *arg,
		   struct tlml_error *e);

#endif
