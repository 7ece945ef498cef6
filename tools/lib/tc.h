/* SPDX-License-Identifier: BSD-2-Clause */
/* A program on TC ingress or egress: by tcx where the kernel has it, else by a clsact qdisc. */
#ifndef TLML_TC_H
#define TLML_TC_H

#include <linux/types.h>

#include "netdev.h"

enum tlml_tc_side { TLML_TC_INGRESS, TLML_TC_EGRESS };

/* How it is attached, as the pins in dir tell. */
enum tlml_tc_how { TLML_TC_NONE, TLML_TC_TCX, TLML_TC_CLSACT };

/* Attaches, and pins what holds it into dir. -errno with a sentence; nothing is left then. */
int tlml_tc_attach(const struct tlml_netdev *dev, enum tlml_tc_side side, int prog_fd,
		   const char *dir, struct tlml_error *e);

/* Puts another program into its place, without a packet in between that sees none. */
int tlml_tc_replace(int ifindex, enum tlml_tc_side side, int prog_fd, const char *dir,
		    struct tlml_error *e);

/* Detaches what dir says, if anything, and the qdisc if that was ours and nobody else uses it. */
void tlml_tc_detach(int ifindex, enum tlml_tc_side side, const char *dir);

/* And the program's id (0: none) into *id. */
enum tlml_tc_how tlml_tc_how(const char *dir, enum tlml_tc_side side, __u32 *id);

#endif
