/* SPDX-License-Identifier: GPL-2.0 */
/* The generic netlink family: what the module begins and ends, and what its handlers share. */
#ifndef TLML_NETLINK_H
#define TLML_NETLINK_H

#include <net/genetlink.h>

struct tlml_bind;
struct tlml_ns;

int tlml_netlink_init(void);
void tlml_netlink_exit(void);

extern struct genl_family tlml_nl_family;

/* A reply to info, or with NULL a notification, begun with cmd and room for size bytes. */
struct sk_buff *tlml_nl_new(struct genl_info *info, u8 cmd, size_t size, void **hdr);

/* Replies to info with cmd and what put tells of the interface that attr names, in size bytes. */
int tlml_nl_tell(struct genl_info *info, int attr, u8 cmd, size_t size,
		 int (*put)(struct sk_buff *skb, const struct tlml_bind *b));

/* -EINVAL, with a message, as attr is missing from nest (NULL: from the request itself). */
int tlml_nl_missing(struct netlink_ext_ack *extack, struct nlattr *nest, int attr);

/* Tell who listens; the lock of the namespace is held. */
void tlml_nl_policy_notify(struct net *net, struct tlml_bind *b);
void tlml_nl_unbind_notify(struct net *net, u32 ifindex);

/* With the lock held, all that there is to tell of a policy. -EMSGSIZE. */
int tlml_nl_policy_put(struct sk_buff *skb, const struct tlml_bind *b);

#endif
