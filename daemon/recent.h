/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cases that the large model was asked about lately, so that who says later what a flow was
 * can be understood. A new one takes the place of the oldest.
 */
#ifndef TLML_RECENT_H
#define TLML_RECENT_H

#include <net/if.h>

#include "case.h"

#define TLML_RECENT_MAX		4096

/* Both endpoints of a flow, in either order. Addresses in network order, ports in host order. */
struct tlml_ends {
	__u32 addr[2][4];	/* of IPv4 the first word; the others are 0 */
	__u16 port[2];
	__u8 family, proto;	/* 4 or 6 */
};

struct tlml_recent_case {
	char ifname[IF_NAMESIZE];
	struct tlml_ends ends;
	__u64 asked;		/* when, in us since 1970 */
	__u64 tick;		/* of its record: the same one asked about again has the same */
	__u32 bucket, fp;
	struct tlml_case_inputs inputs;
};

struct tlml_recent;

int tlml_recent_new(struct tlml_recent **r);	/* -ENOMEM */
void tlml_recent_free(struct tlml_recent *r);

/* A case as it is asked about at a time; asked about again, it takes its own place. */
void tlml_recent_note(struct tlml_recent *r, const char *ifname, const struct tlml_case *c,
		      __u64 time, int again);

/* The case of a flow that is nearest to a time, and at most so far from it; NULL if none is. */
const struct tlml_recent_case *tlml_recent_find(const struct tlml_recent *r, const char *ifname,
						const struct tlml_ends *ends, __u64 time,
						__u64 within);

/* The same number for both orders of the endpoints. */
__u64 tlml_ends_hash(const char *ifname, const struct tlml_ends *ends);

#endif
