/* SPDX-License-Identifier: BSD-2-Clause */
/* The BPF object, embedded in the program: sized, seeded, loaded; not attached to anything. */
#ifndef TLML_OBJECT_H
#define TLML_OBJECT_H

#include <stdbool.h>

#include "../../daemon/maps.h"
#include "module.h"

struct tlml_object_options {
	unsigned int flows;		/* lines; rounded up to a power of two; 0 = 65536 */
	unsigned int sources;		/* lines; 0 = flows / 4 */
	bool clock;			/* start the timer; false: the caller sets ctl->clock */
	bool decide_always;		/* every packet is a decision point (bench) */
	enum tlml_module module;	/* whether the programs call it */
	bool loops;			/* they do as it would, slowly (replay) */
	int ifindex;			/* 0 = none */
	unsigned int mtu;		/* IP bytes of a wire packet; 0 = 1500 */
};

struct tlml_object {
	struct tlml_bpf *skel;
	struct tlml_maps maps;
	int xdp_fd, ingress_fd, egress_fd;	/* programs: XDP, TC ingress (mark), TC egress */
	struct tlml_error unused;	/* why the module is not called although it might, or "" */
};

/*
 * Loads the programs with fresh maps, in monitor mode, without a lease, no model yet (publish
 * one with tlml_maps_publish()). -EPERM, -EINVAL, -ENOMEM ... with a sentence and its remedy.
 */
int tlml_object_load(const struct tlml_object_options *o, struct tlml_object *obj,
		     struct tlml_error *e);

/* Runs one frame through XDP; *action is the XDP_ code. For replay and tests. */
int tlml_object_run(const struct tlml_object *obj, const void *frame, unsigned int len,
		    unsigned int *action);

void tlml_object_close(struct tlml_object *obj);

#endif
