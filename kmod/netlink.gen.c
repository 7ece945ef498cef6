// SPDX-License-Identifier: GPL-2.0
/* Do not edit: made by uapi/ynl-gen of uapi/tlml.yaml. Policies and operations. */

#include "netlink.gen.h"

static struct netlink_range_validation tlml_confirm_range = {
	.min = 1,
	.max = 86400,
};

static struct netlink_range_validation tlml_lease_range = {
	.max = 31622400,
};

static struct netlink_range_validation tlml_ask_from_range = {
	.min = 1,
	.max = 32768,
};

static struct netlink_range_validation tlml_ask_rate_range = {
	.max = 16777215,
};

static struct netlink_range_validation tlml_ask_burst_range = {
	.max = 16777215,
};

static struct netlink_range_validation tlml_ask_class_rate_range = {
	.max = 16777215,
};

static struct netlink_range_validation tlml_ask_class_burst_range = {
	.max = 16777215,
};

static struct netlink_range_validation tlml_ask_prefix_rate_range = {
	.max = 16777215,
};

static struct netlink_range_validation tlml_ask_prefix_burst_range = {
	.max = 16777215,
};

static struct netlink_range_validation tlml_report_rate_range = {
	.max = 16777215,
};

static struct netlink_range_validation tlml_report_burst_range = {
	.max = 16777215,
};

static struct netlink_range_validation tlml_rate_range = {
	.min = 1,
	.max = 16777215,
};

static struct netlink_range_validation tlml_burst_range = {
	.min = 1,
	.max = 16777215,
};

const struct nla_policy tlml_class_nl_policy[TLML_A_CLASS_MAX + 1] = {
	[TLML_A_CLASS_NAME] = { .type = NLA_NUL_STRING, .len = 15, },
	[TLML_A_CLASS_ACTION] = NLA_POLICY_MAX(NLA_U32, 3),
	[TLML_A_CLASS_MARGIN_ACT] = NLA_POLICY_MAX(NLA_U32, 255),
	[TLML_A_CLASS_MARGIN_HARD] = NLA_POLICY_MAX(NLA_U32, 255),
	[TLML_A_CLASS_MARK] = { .type = NLA_U32, },
	[TLML_A_CLASS_DSCP] = NLA_POLICY_MAX(NLA_U32, 63),
	[TLML_A_CLASS_RATE] = NLA_POLICY_FULL_RANGE(NLA_U32, &tlml_rate_range),
	[TLML_A_CLASS_BURST] = NLA_POLICY_FULL_RANGE(NLA_U32, &tlml_burst_range),
};

static const struct nla_policy tlml_bind_nl_policy[TLML_A_BIND_MAX + 1] = {
	[TLML_A_BIND_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[TLML_A_BIND_CTL] = { .type = NLA_U32, },
	[TLML_A_BIND_WEIGHTS] = { .type = NLA_U32, },
	[TLML_A_BIND_STATS] = { .type = NLA_U32, },
	[TLML_A_BIND_ALLOW] = { .type = NLA_U32, },
	[TLML_A_BIND_REPLACE] = { .type = NLA_FLAG, },
};

static const struct nla_policy tlml_unbind_nl_policy[TLML_A_BIND_MAX + 1] = {
	[TLML_A_BIND_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
};

static const struct nla_policy tlml_policy_get_nl_policy[TLML_A_POLICY_MAX + 1] = {
	[TLML_A_POLICY_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
};

static const struct nla_policy tlml_policy_set_nl_policy[TLML_A_POLICY_MAX + 1] = {
	[TLML_A_POLICY_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[TLML_A_POLICY_MODE] = NLA_POLICY_MAX(NLA_U32, 2),
	[TLML_A_POLICY_CONFIRM] = NLA_POLICY_FULL_RANGE(NLA_U32, &tlml_confirm_range),
	[TLML_A_POLICY_LEASE] = NLA_POLICY_FULL_RANGE(NLA_U32, &tlml_lease_range),
	[TLML_A_POLICY_ANOMALY_LOW] = NLA_POLICY_MAX(NLA_U32, 128),
	[TLML_A_POLICY_ANOMALY_HIGH] = NLA_POLICY_MAX(NLA_U32, 128),
	[TLML_A_POLICY_AUDIT] = NLA_POLICY_MAX(NLA_U32, 31),
	[TLML_A_POLICY_ASK_FROM] = NLA_POLICY_FULL_RANGE(NLA_U32, &tlml_ask_from_range),
	[TLML_A_POLICY_ASK_RATE] = NLA_POLICY_FULL_RANGE(NLA_U32, &tlml_ask_rate_range),
	[TLML_A_POLICY_ASK_BURST] = NLA_POLICY_FULL_RANGE(NLA_U32, &tlml_ask_burst_range),
	[TLML_A_POLICY_ASK_CLASS_RATE] = NLA_POLICY_FULL_RANGE(NLA_U32, &tlml_ask_class_rate_range),
	[TLML_A_POLICY_ASK_CLASS_BURST] = NLA_POLICY_FULL_RANGE(NLA_U32, &tlml_ask_class_burst_range),
	[TLML_A_POLICY_ASK_PREFIX_RATE] = NLA_POLICY_FULL_RANGE(NLA_U32, &tlml_ask_prefix_rate_range),
	[TLML_A_POLICY_ASK_PREFIX_BURST] = NLA_POLICY_FULL_RANGE(NLA_U32, &tlml_ask_prefix_burst_range),
	[TLML_A_POLICY_PAYLOAD] = NLA_POLICY_MAX(NLA_U32, 64),
	[TLML_A_POLICY_REPORT_RATE] = NLA_POLICY_FULL_RANGE(NLA_U32, &tlml_report_rate_range),
	[TLML_A_POLICY_REPORT_BURST] = NLA_POLICY_FULL_RANGE(NLA_U32, &tlml_report_burst_range),
	[TLML_A_POLICY_TRACE] = NLA_POLICY_MAX(NLA_U32, 1),
	[TLML_A_POLICY_CLASS] = NLA_POLICY_NESTED(tlml_class_nl_policy),
};

static const struct nla_policy tlml_policy_confirm_nl_policy[TLML_A_POLICY_MAX + 1] = {
	[TLML_A_POLICY_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
};

static const struct nla_policy tlml_allow_get_nl_policy[TLML_A_ALLOW_MAX + 1] = {
	[TLML_A_ALLOW_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
};

static const struct nla_policy tlml_allow_add_nl_policy[TLML_A_ALLOW_MAX + 1] = {
	[TLML_A_ALLOW_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[TLML_A_ALLOW_ADDR] = NLA_POLICY_RANGE(NLA_BINARY, 4, 16),
	[TLML_A_ALLOW_LEN] = NLA_POLICY_MAX(NLA_U32, 128),
};

static const struct nla_policy tlml_allow_del_nl_policy[TLML_A_ALLOW_MAX + 1] = {
	[TLML_A_ALLOW_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[TLML_A_ALLOW_ADDR] = NLA_POLICY_RANGE(NLA_BINARY, 4, 16),
	[TLML_A_ALLOW_LEN] = NLA_POLICY_MAX(NLA_U32, 128),
};

static const struct nla_policy tlml_allow_flush_nl_policy[TLML_A_ALLOW_MAX + 1] = {
	[TLML_A_ALLOW_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
};

static const struct nla_policy tlml_stats_get_nl_policy[TLML_A_STATS_MAX + 1] = {
	[TLML_A_STATS_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
};

static const struct nla_policy tlml_model_get_nl_policy[TLML_A_MODEL_MAX + 1] = {
	[TLML_A_MODEL_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
};

static const struct nla_policy tlml_caps_get_nl_policy[TLML_A_CAPS_MAX + 1] = {
};

static const struct nla_policy tlml_tell_nl_policy[TLML_A_EVENT_MAX + 1] = {
	[TLML_A_EVENT_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[TLML_A_EVENT_CTL] = { .type = NLA_U32, },
	[TLML_A_EVENT_EVENT] = NLA_POLICY_MAX(NLA_U32, 3),
	[TLML_A_EVENT_GENERATION] = { .type = NLA_U32, },
	[TLML_A_EVENT_TEXT] = { .type = NLA_NUL_STRING, .len = 255, },
};

const struct genl_ops tlml_nl_ops[] = {
	{
		.cmd = TLML_CMD_BIND,
		.doit = tlml_nl_bind_doit,
		.policy = tlml_bind_nl_policy,
		.maxattr = TLML_A_BIND_MAX,
		.flags = GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd = TLML_CMD_UNBIND,
		.doit = tlml_nl_unbind_doit,
		.policy = tlml_unbind_nl_policy,
		.maxattr = TLML_A_BIND_MAX,
		.flags = GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd = TLML_CMD_POLICY_GET,
		.doit = tlml_nl_policy_get_doit,
		.dumpit = tlml_nl_policy_get_dumpit,
		.policy = tlml_policy_get_nl_policy,
		.maxattr = TLML_A_POLICY_MAX,
		.flags = GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd = TLML_CMD_POLICY_SET,
		.doit = tlml_nl_policy_set_doit,
		.policy = tlml_policy_set_nl_policy,
		.maxattr = TLML_A_POLICY_MAX,
		.flags = GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd = TLML_CMD_POLICY_CONFIRM,
		.doit = tlml_nl_policy_confirm_doit,
		.policy = tlml_policy_confirm_nl_policy,
		.maxattr = TLML_A_POLICY_MAX,
		.flags = GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd = TLML_CMD_ALLOW_GET,
		.dumpit = tlml_nl_allow_get_dumpit,
		.policy = tlml_allow_get_nl_policy,
		.maxattr = TLML_A_ALLOW_MAX,
		.flags = GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd = TLML_CMD_ALLOW_ADD,
		.doit = tlml_nl_allow_add_doit,
		.policy = tlml_allow_add_nl_policy,
		.maxattr = TLML_A_ALLOW_MAX,
		.flags = GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd = TLML_CMD_ALLOW_DEL,
		.doit = tlml_nl_allow_del_doit,
		.policy = tlml_allow_del_nl_policy,
		.maxattr = TLML_A_ALLOW_MAX,
		.flags = GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd = TLML_CMD_ALLOW_FLUSH,
		.doit = tlml_nl_allow_flush_doit,
		.policy = tlml_allow_flush_nl_policy,
		.maxattr = TLML_A_ALLOW_MAX,
		.flags = GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd = TLML_CMD_STATS_GET,
		.doit = tlml_nl_stats_get_doit,
		.policy = tlml_stats_get_nl_policy,
		.maxattr = TLML_A_STATS_MAX,
		.flags = GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd = TLML_CMD_MODEL_GET,
		.doit = tlml_nl_model_get_doit,
		.policy = tlml_model_get_nl_policy,
		.maxattr = TLML_A_MODEL_MAX,
		.flags = GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd = TLML_CMD_CAPS_GET,
		.doit = tlml_nl_caps_get_doit,
		.policy = tlml_caps_get_nl_policy,
		.maxattr = TLML_A_CAPS_MAX,
	},
	{
		.cmd = TLML_CMD_TELL,
		.doit = tlml_nl_tell_doit,
		.policy = tlml_tell_nl_policy,
		.maxattr = TLML_A_EVENT_MAX,
	},
};

const struct genl_multicast_group tlml_nl_mcgrps[] = {
	[TLML_NLGRP_POLICY] = {
		.name = TLML_MCGRP_POLICY,
		.flags = GENL_MCAST_CAP_NET_ADMIN,
	},
	[TLML_NLGRP_MODEL] = {
		.name = TLML_MCGRP_MODEL,
		.flags = GENL_MCAST_CAP_NET_ADMIN,
	},
	[TLML_NLGRP_ALERT] = {
		.name = TLML_MCGRP_ALERT,
		.flags = GENL_MCAST_CAP_NET_ADMIN,
	},
};
