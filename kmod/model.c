// SPDX-License-Identifier: GPL-2.0
/* The live model of an interface, as far as the packed weights tell. */
#include "bind.h"
#include "netlink.gen.h"
#include "netlink.h"

static int put_class(struct sk_buff *skb, const struct tlml_weights *w, u32 i)
{
	struct nlattr *nest = nla_nest_start(skb, TLML_A_MODEL_CLASS);
	char name[TLML_NAME_MAX];

	tlml_bind_class_name(w, i, name);
	if (!nest || nla_put_string(skb, TLML_A_MODEL_CLASS_NAME, name) ||
	    nla_put_u32(skb, TLML_A_MODEL_CLASS_ATTACK, READ_ONCE(w->info[i].attack)) ||
	    nla_put_u32(skb, TLML_A_MODEL_CLASS_MARGIN_ACT, READ_ONCE(w->info[i].margin_act)) ||
	    nla_put_u32(skb, TLML_A_MODEL_CLASS_MARGIN_HARD, READ_ONCE(w->info[i].margin_hard)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_canary(struct sk_buff *skb, const struct tlml_bind *b)
{
	u32 slot = READ_ONCE(b->ctl->canary_slot) & (TLML_SLOTS - 1);
	u32 share = READ_ONCE(b->ctl->canary_share);

	if (!share)
		return 0;
	return nla_put_u32(skb, TLML_A_MODEL_CANARY, READ_ONCE(b->weights[slot].generation)) ||
	       nla_put_u32(skb, TLML_A_MODEL_CANARY_SHARE, share);
}

static int put_model(struct sk_buff *skb, const struct tlml_bind *b)
{
	const struct tlml_weights *w = tlml_bind_weights(b);
	u32 i, n = tlml_bind_classes(w);

	if (nla_put_u32(skb, TLML_A_MODEL_IFINDEX, b->ifindex) ||
	    nla_put_u32(skb, TLML_A_MODEL_GENERATION, READ_ONCE(w->generation)) ||
	    nla_put_u32(skb, TLML_A_MODEL_SLOT, w - b->weights) ||
	    nla_put_u32(skb, TLML_A_MODEL_POINTS, READ_ONCE(w->points)) ||
	    nla_put_u32(skb, TLML_A_MODEL_HIDDEN1, READ_ONCE(w->hidden1_blocks) * 16) ||
	    nla_put_u32(skb, TLML_A_MODEL_HIDDEN2, READ_ONCE(w->hidden2_blocks) * 4) ||
	    nla_put_u32(skb, TLML_A_MODEL_DECODE, READ_ONCE(w->decode)) || put_canary(skb, b))
		return -EMSGSIZE;
	for (i = 0; i < n; i++)
		if (put_class(skb, w, i))
			return -EMSGSIZE;
	for (i = 0; i < TLML_SLOTS; i++)
		if (nla_put_u32(skb, TLML_A_MODEL_HELD, READ_ONCE(b->weights[i].generation)))
			return -EMSGSIZE;
	return 0;
}

int tlml_nl_model_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return tlml_nl_tell(info, TLML_A_MODEL_IFINDEX, TLML_CMD_MODEL_GET, NLMSG_DEFAULT_SIZE,
			    put_model);
}
