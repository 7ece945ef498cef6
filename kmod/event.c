// SPDX-License-Identifier: GPL-2.0
/*
 * Events that user space has told to who listens. tlmld, which learns and rolls back, is nobody
 * with no capability: it shows that it may speak for an interface by its control map, which only
 * who was given it can write to.
 */
#include <linux/ctype.h>

#include "bind.h"
#include "netlink.gen.h"
#include "netlink.h"

#define TEXT_MAX	256	/* with its final 0 */

static int may_tell(const struct tlml_bind *b, struct nlattr *ctl, struct netlink_ext_ack *extack)
{
	struct bpf_map *map = tlml_bind_map_get(ctl, FMODE_CAN_READ | FMODE_CAN_WRITE, extack);
	bool same;

	if (IS_ERR(map))
		return PTR_ERR(map);
	same = map == b->maps[TLML_BIND_CTL];
	bpf_map_put(map);
	if (same)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, ctl, "this is not the control map that is bound to the interface");
	return -EPERM;
}

static int put_event(struct sk_buff *skb, const struct tlml_bind *b, struct nlattr **tb)
{
	char text[TEXT_MAX], *c;
	u32 event = nla_get_u32(tb[TLML_A_EVENT_EVENT]);

	if (nla_put_u32(skb, TLML_A_EVENT_IFINDEX, b->ifindex) ||
	    nla_put_u32(skb, TLML_A_EVENT_EVENT, event))
		return -EMSGSIZE;
	if (tb[TLML_A_EVENT_GENERATION] &&
	    nla_put_u32(skb, TLML_A_EVENT_GENERATION, nla_get_u32(tb[TLML_A_EVENT_GENERATION])))
		return -EMSGSIZE;
	if (tb[TLML_A_EVENT_TEXT]) {
		nla_strscpy(text, tb[TLML_A_EVENT_TEXT], sizeof(text));
		for (c = text; *c; c++)
			if (!isascii(*c) || !isprint(*c))
				*c = '?';
		if (nla_put_string(skb, TLML_A_EVENT_TEXT, text))
			return -EMSGSIZE;
	}
	if (event != TLML_TOLD_ALERT || !b->lost)
		return 0;
	return nla_put_u32(skb, TLML_A_EVENT_LOST, b->lost);
}

static int tell(struct tlml_bind *b, struct genl_info *info)
{
	bool alert = nla_get_u32(info->attrs[TLML_A_EVENT_EVENT]) == TLML_TOLD_ALERT;
	struct sk_buff *msg;
	void *hdr;

	if (alert && !__ratelimit(&b->alerts)) {
		b->lost++;
		NL_SET_ERR_MSG(info->extack, "too many alerts of this interface: this one is not told");
		return -EAGAIN;
	}
	msg = tlml_nl_new(NULL, alert ? TLML_CMD_ALERT_NTF : TLML_CMD_MODEL_NTF, NLMSG_DEFAULT_SIZE,
			  &hdr);
	if (!msg)
		return -ENOMEM;
	if (put_event(msg, b, info->attrs)) {
		nlmsg_free(msg);
		return -EMSGSIZE;
	}
	genlmsg_end(msg, hdr);
	genlmsg_multicast_netns(&tlml_nl_family, genl_info_net(info), msg, 0,
				alert ? TLML_NLGRP_ALERT : TLML_NLGRP_MODEL, GFP_KERNEL);
	if (alert)
		b->lost = 0;
	return 0;
}

int tlml_nl_tell_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr **tb = info->attrs;
	struct tlml_bind *b;
	int err;

	if (!tb[TLML_A_EVENT_CTL])
		return tlml_nl_missing(info->extack, NULL, TLML_A_EVENT_CTL);
	if (!tb[TLML_A_EVENT_EVENT])
		return tlml_nl_missing(info->extack, NULL, TLML_A_EVENT_EVENT);
	b = tlml_bind_lock(info, TLML_A_EVENT_IFINDEX);
	if (IS_ERR(b))
		return PTR_ERR(b);
	err = may_tell(b, tb[TLML_A_EVENT_CTL], info->extack);
	if (!err)
		err = tell(b, info);
	tlml_bind_unlock(info);
	return err;
}
