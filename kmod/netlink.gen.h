/* SPDX-License-Identifier: GPL-2.0 */
/* Do not edit: made by uapi/ynl-gen of uapi/tlml.yaml. What netlink.gen.c and the handlers share. */
#ifndef TLML_NETLINK_GEN_H
#define TLML_NETLINK_GEN_H

#include <net/genetlink.h>

#include "../uapi/tlml_nl.h"

enum {
	TLML_NLGRP_POLICY,
	TLML_NLGRP_MODEL,
	TLML_NLGRP_ALERT,
};

extern const struct nla_policy tlml_class_nl_policy[TLML_A_CLASS_MAX + 1];
extern const struct genl_ops tlml_nl_ops[13];
extern const struct genl_multicast_group tlml_nl_mcgrps[3];

int tlml_nl_bind_doit(struct sk_buff *skb, struct genl_info *info);
int tlml_nl_unbind_doit(struct sk_buff *skb, struct genl_info *info);
int tlml_nl_policy_get_doit(struct sk_buff *skb, struct genl_info *info);
int tlml_nl_policy_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int tlml_nl_policy_set_doit(struct sk_buff *skb, struct genl_info *info);
int tlml_nl_policy_confirm_doit(struct sk_buff *skb, struct genl_info *info);
int tlml_nl_allow_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int tlml_nl_allow_add_doit(struct sk_buff *skb, struct genl_info *info);
int tlml_nl_allow_del_doit(struct sk_buff *skb, struct genl_info *info);
int tlml_nl_allow_flush_doit(struct sk_buff *skb, struct genl_info *info);
int tlml_nl_stats_get_doit(struct sk_buff *skb, struct genl_info *info);
int tlml_nl_model_get_doit(struct sk_buff *skb, struct genl_info *info);
int tlml_nl_caps_get_doit(struct sk_buff *skb, struct genl_info *info);
int tlml_nl_tell_doit(struct sk_buff *skb, struct genl_info *info);

#endif
