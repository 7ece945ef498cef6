// SPDX-License-Identifier: GPL-2.0
/*
 * The generic netlink family, and what it tells of the module itself. Handlers are declared by
 * netlink.gen.h and are where their noun is: bind.c, policy.c, allow.c, stats.c, model.c, event.c.
 */
#include "netlink.h"

#include <linux/module.h>

#include "../uapi/tlml_kfunc.h"
#include "bind.h"
#include "compat.h"
#include "netlink.gen.h"
#include "simd.h"

struct sk_buff *tlml_nl_new(struct genl_info *info, u8 cmd, size_t size, void **hdr)
{
	struct sk_buff *msg = genlmsg_new(size, GFP_KERNEL);

	if (!msg)
		return NULL;
	*hdr = genlmsg_put(msg, info ? info->snd_portid : 0, info ? info->snd_seq : 0,
			   &tlml_nl_family, 0, cmd);
	if (*hdr)
		return msg;
	nlmsg_free(msg);
	return NULL;
}

int tlml_nl_tell(struct genl_info *info, int attr, u8 cmd, size_t size,
		 int (*put)(struct sk_buff *skb, const struct tlml_bind *b))
{
	struct tlml_bind *b = tlml_bind_lock(info, attr);
	struct sk_buff *msg;
	int err = -ENOMEM;
	void *hdr;

	if (IS_ERR(b))
		return PTR_ERR(b);
	msg = tlml_nl_new(info, cmd, size, &hdr);
	if (msg)
		err = put(msg, b);
	tlml_bind_unlock(info);
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

int tlml_nl_missing(struct netlink_ext_ack *extack, struct nlattr *nest, int attr)
{
	NL_SET_ERR_ATTR_MISS(extack, nest, attr);
	NL_SET_ERR_MSG(extack, "an attribute is missing that this needs");
	return -EINVAL;
}

void tlml_nl_policy_notify(struct net *net, struct tlml_bind *b)
{
	struct sk_buff *msg;
	void *hdr;

	if (!genl_has_listeners(&tlml_nl_family, net, TLML_NLGRP_POLICY))
		return;
	msg = tlml_nl_new(NULL, TLML_CMD_POLICY_NTF, NLMSG_DEFAULT_SIZE, &hdr);
	if (msg && !tlml_nl_policy_put(msg, b)) {
		genlmsg_end(msg, hdr);
		genlmsg_multicast_netns(&tlml_nl_family, net, msg, 0, TLML_NLGRP_POLICY,
					GFP_KERNEL);
		return;
	}
	nlmsg_free(msg);
	genl_set_err(&tlml_nl_family, net, 0, TLML_NLGRP_POLICY, -ENOBUFS);
}

void tlml_nl_unbind_notify(struct net *net, u32 ifindex)
{
	struct sk_buff *msg;
	void *hdr;

	if (!genl_has_listeners(&tlml_nl_family, net, TLML_NLGRP_POLICY))
		return;
	msg = tlml_nl_new(NULL, TLML_CMD_UNBIND_NTF, NLMSG_DEFAULT_SIZE, &hdr);
	if (msg && !nla_put_u32(msg, TLML_A_BIND_IFINDEX, ifindex)) {
		genlmsg_end(msg, hdr);
		genlmsg_multicast_netns(&tlml_nl_family, net, msg, 0, TLML_NLGRP_POLICY,
					GFP_KERNEL);
		return;
	}
	nlmsg_free(msg);
	genl_set_err(&tlml_nl_family, net, 0, TLML_NLGRP_POLICY, -ENOBUFS);
}

static bool has_btf(void)
{
#ifdef CONFIG_DEBUG_INFO_BTF_MODULES
	return THIS_MODULE->btf_data_size;
#else
	return false;
#endif
}

int tlml_nl_caps_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct tlml_ns *tn = tlml_ns_of(genl_info_net(info));
	struct tlml_simd_calls calls;
	struct sk_buff *msg;
	void *hdr;

	tlml_simd_count(&calls);
	msg = tlml_nl_new(info, TLML_CMD_CAPS_GET, NLMSG_DEFAULT_SIZE, &hdr);
	if (!msg)
		return -ENOMEM;
	if (nla_put_u32(msg, TLML_A_CAPS_ABI, TLML_ABI) ||
	    nla_put_string(msg, TLML_A_CAPS_ISA, tlml_simd_name()) ||
	    nla_put_u32(msg, TLML_A_CAPS_KFUNCS, has_btf()) ||
	    nla_put_u64_64bit(msg, TLML_A_CAPS_CALLS_SIMD, calls.simd, TLML_A_CAPS_PAD) ||
	    nla_put_u64_64bit(msg, TLML_A_CAPS_CALLS_SCALAR, calls.scalar, TLML_A_CAPS_PAD) ||
	    nla_put_u32(msg, TLML_A_CAPS_INPUTS_MAX, TLML_WIDE_INPUTS_MAX) ||
	    nla_put_u32(msg, TLML_A_CAPS_HIDDEN1_MAX, TLML_WIDE_HIDDEN1_MAX) ||
	    nla_put_u32(msg, TLML_A_CAPS_HIDDEN2_MAX, TLML_WIDE_HIDDEN2_MAX) ||
	    nla_put_u32(msg, TLML_A_CAPS_CLASSES_MAX, TLML_CLASSES_MAX) ||
	    nla_put_u32(msg, TLML_A_CAPS_BOUND, READ_ONCE(tn->bound))) {
		nlmsg_free(msg);
		return -EMSGSIZE;
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

struct genl_family tlml_nl_family __ro_after_init = {
	.name = TLML_FAMILY_NAME,
	.version = TLML_FAMILY_VERSION,
	.netnsok = true,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.ops = tlml_nl_ops,
	.n_ops = ARRAY_SIZE(tlml_nl_ops),
	.mcgrps = tlml_nl_mcgrps,
	.n_mcgrps = ARRAY_SIZE(tlml_nl_mcgrps),
};

int tlml_netlink_init(void)
{
	int err = tlml_bind_init();

	if (err)
		return err;
	err = genl_register_family(&tlml_nl_family);
	if (err)
		tlml_bind_exit();
	return err;
}

void tlml_netlink_exit(void)
{
	genl_unregister_family(&tlml_nl_family);
	tlml_bind_exit();
}

/* No alias of the family: who asks whether the module is there must not load it anew. */
TLML_IMPORT_BPF();
