/* SPDX-License-Identifier: BSD-2-Clause */
/* What tlml-load does to an interface. Each is whole or not at all, and one at a time. */
#ifndef TLML_LOAD_H
#define TLML_LOAD_H

#include "attach.h"
#include "module.h"

#define TLML_LOAD_BUILT_IN	"default"

struct tlml_load_options {
	const char *ifname;
	/* Files. model NULL: what was live last, else the built-in one, as TLML_LOAD_BUILT_IN. */
	const char *model, *policy;
	unsigned int flows, sources;	/* 0: the defaults */
	enum tlml_module module;	/* whether the programs are to call it */
	struct tlml_attach_options attach;
};

/* What there is to tell beside success. */
struct tlml_load_result {
	bool mounted;			/* a bpffs that was not there */
	struct tlml_error unkept;	/* why tlmld will not know the model, or "" */
	struct tlml_attach_notes notes;
};

/* 0, or -errno with a sentence, and then nothing has changed. */
int tlml_load_attach(const struct tlml_load_options *o, struct tlml_load_result *r,
		     struct tlml_error *e);

/*
 * New programs over the maps that are there, of which module tells the kind, and the model that is
 * named; without one, that of the live one's file that fits them. -EBUSY if none of it does.
 */
int tlml_load_replace(const struct tlml_load_options *o, struct tlml_load_result *r,
		      struct tlml_error *e);
/* Whether tlml is on it, and at work. */
bool tlml_load_attached(const char *ifname);

int tlml_load_detach(const char *ifname, struct tlml_error *e);

#endif
