// SPDX-License-Identifier: GPL-2.0
/* The policy of an interface: told, set, confirmed. */
#include <linux/math64.h>
#include <linux/slab.h>
#include <net/sock.h>

#include "../uapi/tlml_flow.h"
#include "bind.h"
#include "compat.h"
#include "netlink.gen.h"
#include "netlink.h"
#include "plan.h"

/* From now to a tick, or from a tick to now, in milliseconds. */
static s64 ms(u64 ticks)
{
	return div_s64((s64)(ticks << TLML_TICK_SHIFT), NSEC_PER_MSEC);
}

static int put_class(struct sk_buff *skb, const struct tlml_bind *b, u32 i)
{
	const struct tlml_policy *p = &b->ctl->policy[i];
	u32 dscp = READ_ONCE(p->dscp);
	char name[TLML_NAME_MAX];
	struct nlattr *nest = nla_nest_start(skb, TLML_A_POLICY_CLASS);

	if (!nest)
		return -EMSGSIZE;
	tlml_bind_class_name(tlml_bind_weights(b), i, name);
	if (nla_put_string(skb, TLML_A_CLASS_NAME, name) ||
	    nla_put_u32(skb, TLML_A_CLASS_ACTION, READ_ONCE(p->action)) ||
	    nla_put_u32(skb, TLML_A_CLASS_MARGIN_ACT, READ_ONCE(p->margin_act)) ||
	    nla_put_u32(skb, TLML_A_CLASS_MARGIN_HARD, READ_ONCE(p->margin_hard)) ||
	    nla_put_u32(skb, TLML_A_CLASS_MARK, READ_ONCE(p->mark)) ||
	    (dscp && nla_put_u32(skb, TLML_A_CLASS_DSCP, dscp - 1)) ||
	    nla_put_u32(skb, TLML_A_CLASS_RATE, READ_ONCE(p->rate)) ||
	    nla_put_u32(skb, TLML_A_CLASS_BURST, READ_ONCE(p->burst)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_ask(struct sk_buff *skb, const struct tlml_ctl *ctl)
{
	const struct tlml_rate *all = &ctl->ask[TLML_BUDGET_ALL];
	const struct tlml_rate *class = &ctl->ask[TLML_BUDGET_CLASS];
	const struct tlml_rate *prefix = &ctl->ask[TLML_BUDGET_PREFIX];
	u32 points = READ_ONCE(ctl->ask_points);

	return nla_put_u32(skb, TLML_A_POLICY_ASK_FROM, points & -points) ||
	       nla_put_u32(skb, TLML_A_POLICY_ASK_RATE, READ_ONCE(all->rate)) ||
	       nla_put_u32(skb, TLML_A_POLICY_ASK_BURST, READ_ONCE(all->burst)) ||
	       nla_put_u32(skb, TLML_A_POLICY_ASK_CLASS_RATE, READ_ONCE(class->rate)) ||
	       nla_put_u32(skb, TLML_A_POLICY_ASK_CLASS_BURST, READ_ONCE(class->burst)) ||
	       nla_put_u32(skb, TLML_A_POLICY_ASK_PREFIX_RATE, READ_ONCE(prefix->rate)) ||
	       nla_put_u32(skb, TLML_A_POLICY_ASK_PREFIX_BURST, READ_ONCE(prefix->burst)) ||
	       nla_put_u32(skb, TLML_A_POLICY_PAYLOAD, READ_ONCE(ctl->payload));
}

static int put_times(struct sk_buff *skb, const struct tlml_ctl *ctl)
{
	u64 now = tlml_plan_now(), confirm = READ_ONCE(ctl->confirm_until);
	u64 lease = READ_ONCE(ctl->lease_until), clock = READ_ONCE(ctl->clock);

	return (confirm && nla_put_s64(skb, TLML_A_POLICY_CONFIRM_LEFT, ms(confirm - now),
				       TLML_A_POLICY_PAD)) ||
	       (lease != TLML_FOREVER && nla_put_s64(skb, TLML_A_POLICY_LEASE_LEFT, ms(lease - now),
						     TLML_A_POLICY_PAD)) ||
	       nla_put_u64_64bit(skb, TLML_A_POLICY_CLOCK_AGE, now > clock ? ms(now - clock) : 0,
				 TLML_A_POLICY_PAD) ||
	       nla_put_u32(skb, TLML_A_POLICY_CLOCK_STATE, READ_ONCE(ctl->clock_state));
}

int tlml_nl_policy_put(struct sk_buff *skb, const struct tlml_bind *b)
{
	const struct tlml_ctl *ctl = b->ctl;
	u32 i, n = tlml_bind_classes(tlml_bind_weights(b));

	if (nla_put_u32(skb, TLML_A_POLICY_IFINDEX, b->ifindex) ||
	    nla_put_u32(skb, TLML_A_POLICY_CTL_ID, b->maps[TLML_BIND_CTL]->id) ||
	    nla_put_u32(skb, TLML_A_POLICY_MODE, READ_ONCE(ctl->mode)) ||
	    nla_put_u32(skb, TLML_A_POLICY_ANOMALY_LOW, READ_ONCE(ctl->anomaly_low)) ||
	    nla_put_u32(skb, TLML_A_POLICY_ANOMALY_HIGH, READ_ONCE(ctl->anomaly_high)) ||
	    nla_put_u32(skb, TLML_A_POLICY_AUDIT, READ_ONCE(ctl->audit)) ||
	    nla_put_u32(skb, TLML_A_POLICY_REPORT_RATE, READ_ONCE(ctl->report_rate)) ||
	    nla_put_u32(skb, TLML_A_POLICY_REPORT_BURST, READ_ONCE(ctl->report_burst)) ||
	    nla_put_u32(skb, TLML_A_POLICY_TRACE, READ_ONCE(ctl->trace)) ||
	    nla_put_u32(skb, TLML_A_POLICY_FLOW_LINES,
			(READ_ONCE(ctl->flow_mask) + 1) * TLML_WAYS) ||
	    nla_put_u32(skb, TLML_A_POLICY_SOURCE_LINES,
			(READ_ONCE(ctl->source_mask) + 1) * TLML_WAYS) ||
	    put_times(skb, ctl) || put_ask(skb, ctl))
		return -EMSGSIZE;
	for (i = 0; i < n; i++)
		if (put_class(skb, b, i))
			return -EMSGSIZE;
	return 0;
}

int tlml_nl_policy_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return tlml_nl_tell(info, TLML_A_POLICY_IFINDEX, TLML_CMD_POLICY_GET, NLMSG_DEFAULT_SIZE,
			    tlml_nl_policy_put);
}

static int dump_one(struct sk_buff *skb, struct netlink_callback *cb, const struct tlml_bind *b)
{
	void *hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				&tlml_nl_family, NLM_F_MULTI, TLML_CMD_POLICY_GET);

	if (!hdr)
		return -EMSGSIZE;
	genl_dump_check_consistent(cb, hdr);
	if (tlml_nl_policy_put(skb, b)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

/* args[0]: how many were told of. */
int tlml_nl_policy_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct nlattr *attr = tlml_dump_attrs(cb)[TLML_A_POLICY_IFINDEX];
	struct tlml_ns *tn = tlml_ns_of(sock_net(skb->sk));
	struct tlml_bind *b;
	long i = 0;
	int err = 0;

	if (attr) {
		NL_SET_ERR_MSG_ATTR(cb->extack, attr, "a dump tells of all interfaces: leave this out");
		return -EINVAL;
	}
	mutex_lock(&tn->lock);
	cb->seq = tn->changes;
	list_for_each_entry(b, &tn->binds, node) {
		if (i++ < cb->args[0])
			continue;
		err = dump_one(skb, cb, b);
		if (err)
			break;
		cb->args[0] = i;
	}
	mutex_unlock(&tn->lock);
	return skb->len ?: err;
}

int tlml_nl_policy_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct tlml_plan *p = kmalloc(sizeof(*p), GFP_KERNEL);
	struct net *net = genl_info_net(info);
	struct tlml_bind *b;
	int err;

	if (!p)
		return -ENOMEM;
	b = tlml_bind_lock(info, TLML_A_POLICY_IFINDEX);
	if (IS_ERR(b)) {
		kfree(p);
		return PTR_ERR(b);
	}
	err = tlml_plan_fill(p, b, info);
	if (!err) {
		tlml_plan_apply(p, b->ctl);
		tlml_ns_changed(tlml_ns_of(net));
		tlml_nl_policy_notify(net, b);
	}
	tlml_bind_unlock(info);
	kfree(p);
	return err;
}

static int confirm(struct tlml_ctl *ctl, struct netlink_ext_ack *extack)
{
	u64 until = READ_ONCE(ctl->confirm_until);

	if (READ_ONCE(ctl->mode) != TLML_MODE_ENFORCE) {
		NL_SET_ERR_MSG(extack, "nothing to confirm: the mode is not enforce");
		return -EINVAL;
	}
	if (!until) {
		NL_SET_ERR_MSG(extack, "nothing to confirm: mode enforce is confirmed already");
		return -EINVAL;
	}
	if (tlml_plan_now() > until) {
		NL_SET_ERR_MSG(extack, "too late: the mode fell back to monitor by itself");
		return -ETIME;
	}
	smp_store_release(&ctl->confirm_until, 0);
	return 0;
}

int tlml_nl_policy_confirm_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct tlml_bind *b = tlml_bind_lock(info, TLML_A_POLICY_IFINDEX);
	struct net *net = genl_info_net(info);
	int err;

	if (IS_ERR(b))
		return PTR_ERR(b);
	err = confirm(b->ctl, info->extack);
	if (!err) {
		tlml_ns_changed(tlml_ns_of(net));
		tlml_nl_policy_notify(net, b);
	}
	tlml_bind_unlock(info);
	return err;
}
