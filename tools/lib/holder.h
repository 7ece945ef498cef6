/* SPDX-License-Identifier: BSD-2-Clause */
/* Who is on the XDP hook of an interface. */
#ifndef TLML_HOLDER_H
#define TLML_HOLDER_H

#include <linux/types.h>
#include <stdbool.h>

struct tlml_holder {
	__u32 id;		/* of the program; 0: nobody */
	char name[16];		/* "" where the kernel does not tell us */
	bool link;		/* by a bpf_link, else by netlink */
	bool generic;
	bool dispatcher;	/* libxdp's, which others may join */
};

/* 0, or -errno of asking. */
int tlml_holder_find(int ifindex, struct tlml_holder *h);

/* "XDP program 17 'xdp_pass', attached through netlink": at most size bytes. */
void tlml_holder_describe(const struct tlml_holder *h, char *text, unsigned int size);

/* Tag and name of a program by id; 0 or -errno. tag: 8 bytes, name: 16; either may be NULL. */
int tlml_holder_program(__u32 id, __u8 *tag, char *name);

#endif
