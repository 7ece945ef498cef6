/* SPDX-License-Identifier: BSD-2-Clause */
/* An interface by way of the kernel module, in the terms of who reads and changes its maps. */
#ifndef TLML_NETLINK_H
#define TLML_NETLINK_H

#include <stddef.h>

#include "../../daemon/allow.h"
#include "../../daemon/nl.h"

/*
 * Whether the module has the interface's maps: 1, with the number of its control map in *ctl_id
 * (may be NULL); 0; or -errno with a sentence.
 */
int tlml_netlink_bound(struct tlml_nl *nl, unsigned int ifindex, unsigned int *ctl_id,
		       struct tlml_error *e);

/* The interfaces that are bound, to be freed: how many, or -errno with a sentence. */
int tlml_netlink_list(struct tlml_nl *nl, unsigned int **ifindexes, struct tlml_error *e);

/*
 * Binds the pinned maps of an interface in place of others, or lets go of them. -ENOENT with a
 * sentence if tlml is not on it, or not bound.
 */
int tlml_netlink_bind(struct tlml_nl *nl, const char *ifname, struct tlml_error *e);
int tlml_netlink_unbind(struct tlml_nl *nl, unsigned int ifindex, struct tlml_error *e);

/* Binds, or unbinds, if the module is there; if it is not, that is no error. */
int tlml_netlink_serve(const char *ifname, int on, struct tlml_error *e);

/*
 * Fills m->ctl and m->weights with copies of what the module tells: policy, deadlines, and of the
 * weights all but the numbers. What else m holds stays; tlml_maps_close() as ever.
 */
int tlml_netlink_view(struct tlml_nl *nl, unsigned int ifindex, struct tlml_maps *m,
		      struct tlml_error *e);

/*
 * What a message tells of a policy: all of ctl that it knows, and the names of classes. How many
 * classes there are, or -EPROTO.
 */
int tlml_netlink_policy(struct genlmsghdr *told, struct tlml_ctl *ctl,
			struct tlml_class_info names[TLML_CLASSES_MAX]);

/* Counters but for the histogram for drift, as tlml_maps_stats(). */
int tlml_netlink_stats(struct tlml_nl *nl, unsigned int ifindex, struct tlml_stats *sum,
		       struct tlml_error *e);

/* As tlml_allow_list(). */
int tlml_netlink_allowed(struct tlml_nl *nl, unsigned int ifindex, struct tlml_allow_key **keys,
			 size_t *n, struct tlml_error *e);

/* One line of policy (policy.h), judged against the view m, and then by the module. */
int tlml_netlink_set(struct tlml_nl *nl, const struct tlml_maps *m, int argc, char **argv,
		     struct tlml_error *e);

#endif
