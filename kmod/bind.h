/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which maps are an interface's, by network namespace. The maps are the truth about it; this
 * holds references to them until the interface or its namespace goes, and nothing else.
 */
#ifndef TLML_BIND_H
#define TLML_BIND_H

#include <linux/bpf.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/ratelimit.h>
#include <net/genetlink.h>

#include "../uapi/tlml_ctl.h"
#include "../uapi/tlml_stats.h"
#include "../uapi/tlml_weights.h"

enum tlml_bind_map {
	TLML_BIND_CTL,
	TLML_BIND_WEIGHTS,
	TLML_BIND_STATS,
	TLML_BIND_ALLOW,
	TLML_BIND_MAPS,
};

/* Values of array maps stay where they are, and user space writes them at any time. */
struct tlml_bind {
	struct list_head node;
	u32 ifindex;
	struct bpf_map *maps[TLML_BIND_MAPS];
	struct tlml_ctl *ctl;
	const struct tlml_weights *weights;	/* [TLML_SLOTS] */
	struct ratelimit_state alerts;
	u32 lost;				/* alerts since the last one that was told */
};

struct tlml_ns {
	struct mutex lock;			/* of all below; inside of RTNL */
	struct list_head binds;
	u32 bound;				/* how many */
	u32 changes;				/* made by netlink; never 0 */
};

struct tlml_ns *tlml_ns_of(const struct net *net);

/* Something was changed: dumps under way tell that they are not of one piece. */
void tlml_ns_changed(struct tlml_ns *tn);

/* With the lock held; NULL if there is none. */
struct tlml_bind *tlml_bind_find(struct tlml_ns *tn, u32 ifindex);

/*
 * Takes the lock and finds the one that attribute attr of the request names; tlml_bind_unlock()
 * after it. An ERR_PTR(), with the lock not held and the request refused with a message.
 */
struct tlml_bind *tlml_bind_lock(struct genl_info *info, int attr);
void tlml_bind_unlock(struct genl_info *info);

/*
 * A reference to the map that a descriptor attribute means, if it is open for the given modes
 * (FMODE_CAN_READ, FMODE_CAN_WRITE); an ERR_PTR() with a message.
 */
struct bpf_map *tlml_bind_map_get(struct nlattr *attr, fmode_t modes,
				  struct netlink_ext_ack *extack);

/* The weights that decide now; whatever they hold may change at any time. */
const struct tlml_weights *tlml_bind_weights(const struct tlml_bind *b);

/* Classes of the live model, 0 without one; the name of one, ended by a 0, into name. */
u32 tlml_bind_classes(const struct tlml_weights *w);
void tlml_bind_class_name(const struct tlml_weights *w, u32 class, char name[TLML_NAME_MAX]);

int tlml_bind_init(void);
void tlml_bind_exit(void);

#endif
