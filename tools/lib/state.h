/* SPDX-License-Identifier: BSD-2-Clause */
/* What is on an interface, as its pins and the kernel tell. */
#ifndef TLML_STATE_H
#define TLML_STATE_H

#include <linux/types.h>
#include <net/if.h>
#include <stdbool.h>
#include <time.h>

#include "tc.h"

struct tlml_state_program {
	__u32 id;		/* 0: none */
	__u8 tag[8];
};

struct tlml_state {
	bool pinned;		/* there is a directory */
	bool on;		/* and its XDP program still sees packets */
	bool shared, generic;
	int ifindex;		/* 0: the interface is gone */
	enum tlml_tc_how ingress_how, egress_how;
	struct tlml_state_program xdp, ingress, egress;
	time_t since;
};

/* Of the pins in dir, which are for ifname. */
void tlml_state_read(const char *ifname, const char *dir, struct tlml_state *s);

#endif
