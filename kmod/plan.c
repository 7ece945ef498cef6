// SPDX-License-Identifier: GPL-2.0
/* Changes of policy: the rules are those of daemon/plan.c. */
#include "plan.h"

#include <linux/ktime.h>

#include "netlink.gen.h"
#include "netlink.h"

#define refuse(extack, attr, msg) ({					\
	NL_SET_ERR_MSG_ATTR(extack, attr, msg);				\
	-EINVAL;							\
})

u64 tlml_plan_now(void)
{
	return ktime_get_ns() >> TLML_TICK_SHIFT;
}

static void take(struct nlattr *attr, u32 *to)
{
	if (attr)
		*to = nla_get_u32(attr);
}

static int take_rate(struct nlattr *rate, struct nlattr *burst, u32 *r, u32 *b,
		     struct netlink_ext_ack *extack)
{
	if (burst && !rate)
		return refuse(extack, burst, "a burst goes with its rate");
	if (rate)
		*r = *b = nla_get_u32(rate);
	take(burst, b);
	return 0;
}

static int plan_mode(struct tlml_ctl *next, struct nlattr **tb, struct netlink_ext_ack *extack)
{
	struct nlattr *mode = tb[TLML_A_POLICY_MODE], *confirm = tb[TLML_A_POLICY_CONFIRM];

	if (confirm && !mode)
		return refuse(extack, confirm, "a time to confirm goes with mode enforce");
	if (!mode)
		return 0;
	next->mode = nla_get_u32(mode);
	if (confirm && next->mode != TLML_MODE_ENFORCE)
		return refuse(extack, confirm, "this mode acts on nothing, so there is nothing to confirm");
	/* In other modes it stays: a packet that still saw enforce must not see it confirmed. */
	if (next->mode == TLML_MODE_ENFORCE)
		next->confirm_until = confirm ?
			tlml_plan_now() + TLML_TICKS(nla_get_u32(confirm)) : 0;
	return 0;
}

static int plan_anomaly(struct tlml_ctl *next, struct nlattr **tb, struct netlink_ext_ack *extack)
{
	struct nlattr *low = tb[TLML_A_POLICY_ANOMALY_LOW], *high = tb[TLML_A_POLICY_ANOMALY_HIGH];

	if (!low && !high)
		return 0;
	if (!low || !high)
		return refuse(extack, low ?: high, "the low and the high mark of anomalies go together");
	if (nla_get_u32(low) > nla_get_u32(high))
		return refuse(extack, low, "the low mark of anomalies is above the high one");
	next->anomaly_low = nla_get_u32(low);
	next->anomaly_high = nla_get_u32(high);
	return 0;
}

static int plan_ask(struct tlml_ctl *next, struct nlattr **tb, struct netlink_ext_ack *extack)
{
	static const int rates[TLML_BUDGETS] = {	/* the burst comes behind */
		[TLML_BUDGET_ALL] = TLML_A_POLICY_ASK_RATE,
		[TLML_BUDGET_CLASS] = TLML_A_POLICY_ASK_CLASS_RATE,
		[TLML_BUDGET_PREFIX] = TLML_A_POLICY_ASK_PREFIX_RATE,
	};
	struct nlattr *from = tb[TLML_A_POLICY_ASK_FROM];
	int i, err = 0;

	BUILD_BUG_ON(TLML_A_POLICY_ASK_BURST != TLML_A_POLICY_ASK_RATE + 1 ||
		     TLML_A_POLICY_ASK_CLASS_BURST != TLML_A_POLICY_ASK_CLASS_RATE + 1 ||
		     TLML_A_POLICY_ASK_PREFIX_BURST != TLML_A_POLICY_ASK_PREFIX_RATE + 1);

	if (from && nla_get_u32(from) & (nla_get_u32(from) - 1))
		return refuse(extack, from, "nothing is decided at this packet: give a power of two");
	if (from)
		next->ask_points = -nla_get_u32(from);		/* bit k stands for packet 2^k */
	for (i = 0; i < TLML_BUDGETS && !err; i++)
		err = take_rate(tb[rates[i]], tb[rates[i] + 1], &next->ask[i].rate,
				&next->ask[i].burst, extack);
	return err;
}

static int class_find(const struct tlml_weights *w, struct nlattr *name,
		      struct netlink_ext_ack *extack)
{
	char have[TLML_NAME_MAX];
	u32 i, n = tlml_bind_classes(w);

	if (!n)
		return refuse(extack, name, "no model is loaded, so there are no classes");
	for (i = 0; i < n; i++) {
		tlml_bind_class_name(w, i, have);
		if (!nla_strcmp(name, have))
			return i;
	}
	return refuse(extack, name, "the live model has no class of this name");
}

/* What an action needs, and what is another's. */
static int class_action(struct tlml_policy *to, struct nlattr **tb, struct nlattr *nest,
			struct netlink_ext_ack *extack)
{
	struct nlattr *mark = tb[TLML_A_CLASS_MARK], *dscp = tb[TLML_A_CLASS_DSCP];
	struct nlattr *rate = tb[TLML_A_CLASS_RATE], *burst = tb[TLML_A_CLASS_BURST];
	struct nlattr *action = tb[TLML_A_CLASS_ACTION];
	u32 which = action ? nla_get_u32(action) : TLML_ACTION_PASS;

	if ((mark || dscp) && which != TLML_ACTION_MARK)
		return refuse(extack, mark ?: dscp, "this goes with action mark");
	if ((rate || burst) && which != TLML_ACTION_LIMIT)
		return refuse(extack, rate ?: burst, "this goes with action limit");
	if (!action)
		return 0;
	if (which == TLML_ACTION_MARK && !mark)
		return tlml_nl_missing(extack, nest, TLML_A_CLASS_MARK);
	if (which == TLML_ACTION_LIMIT && !rate)
		return tlml_nl_missing(extack, nest, TLML_A_CLASS_RATE);
	if (which == TLML_ACTION_MARK) {
		to->mark = nla_get_u32(mark);
		to->dscp = dscp ? nla_get_u32(dscp) + 1 : 0;
	}
	to->action = which;
	return take_rate(rate, burst, &to->rate, &to->burst, extack);
}

static int plan_class(struct tlml_ctl *next, const struct tlml_weights *w, struct nlattr *nest,
		      struct netlink_ext_ack *extack)
{
	struct nlattr *tb[TLML_A_CLASS_MAX + 1];
	struct tlml_policy *to;
	int err = nla_parse_nested(tb, TLML_A_CLASS_MAX, nest, tlml_class_nl_policy, extack), i;

	if (err)
		return err;
	if (!tb[TLML_A_CLASS_NAME])
		return tlml_nl_missing(extack, nest, TLML_A_CLASS_NAME);
	if (nla_total_size(nla_len(tb[TLML_A_CLASS_NAME])) >= nla_len(nest))
		return refuse(extack, nest, "there is nothing to set of this class");
	i = class_find(w, tb[TLML_A_CLASS_NAME], extack);
	if (i < 0)
		return i;
	to = &next->policy[i];
	if (tb[TLML_A_CLASS_MARGIN_ACT])
		to->margin_act = nla_get_u32(tb[TLML_A_CLASS_MARGIN_ACT]);
	if (tb[TLML_A_CLASS_MARGIN_HARD])
		to->margin_hard = nla_get_u32(tb[TLML_A_CLASS_MARGIN_HARD]);
	return class_action(to, tb, nest, extack);
}

static int plan_classes(struct tlml_ctl *next, const struct tlml_bind *b, struct genl_info *info)
{
	const struct tlml_weights *w = tlml_bind_weights(b);
	struct nlattr *attr;
	int rem, err;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(attr) != TLML_A_POLICY_CLASS)
			continue;
		err = plan_class(next, w, attr, info->extack);
		if (err)
			return err;
	}
	return 0;
}

int tlml_plan_fill(struct tlml_plan *p, const struct tlml_bind *b, struct genl_info *info)
{
	struct netlink_ext_ack *extack = info->extack;
	struct nlattr **tb = info->attrs;
	struct tlml_ctl *next = &p->next;
	int err;

	if (nlmsg_attrlen(info->nlhdr, GENL_HDRLEN) <= nla_total_size(sizeof(u32)))
		return refuse(extack, tb[TLML_A_POLICY_IFINDEX], "there is nothing to set");
	memcpy(&p->was, b->ctl, sizeof(p->was));
	*next = p->was;
	err = plan_mode(next, tb, extack);
	if (!err)
		err = plan_anomaly(next, tb, extack);
	if (!err)
		err = plan_ask(next, tb, extack);
	if (!err)
		err = take_rate(tb[TLML_A_POLICY_REPORT_RATE], tb[TLML_A_POLICY_REPORT_BURST],
				&next->report_rate, &next->report_burst, extack);
	if (!err)
		err = plan_classes(next, b, info);
	if (err)
		return err;
	take(tb[TLML_A_POLICY_AUDIT], &next->audit);
	take(tb[TLML_A_POLICY_PAYLOAD], &next->payload);
	take(tb[TLML_A_POLICY_TRACE], &next->trace);
	if (tb[TLML_A_POLICY_LEASE]) {
		u32 seconds = nla_get_u32(tb[TLML_A_POLICY_LEASE]);

		next->lease_until = seconds ? tlml_plan_now() + TLML_TICKS(seconds) : TLML_FOREVER;
	}
	return 0;
}

#define STORE(to, was, next, field)						\
	do {									\
		if ((next)->field != (was)->field)				\
			smp_store_release(&(to)->field, (next)->field);		\
	} while (0)

static void store_policy(struct tlml_policy *to, const struct tlml_policy *was,
			 const struct tlml_policy *next)
{
	STORE(to, was, next, mark);
	STORE(to, was, next, dscp);
	STORE(to, was, next, rate);
	STORE(to, was, next, burst);
	STORE(to, was, next, margin_act);
	STORE(to, was, next, margin_hard);
	STORE(to, was, next, action);		/* when it has what it needs */
}

void tlml_plan_apply(const struct tlml_plan *p, struct tlml_ctl *ctl)
{
	const struct tlml_ctl *was = &p->was, *next = &p->next;
	int i;

	if (next->mode != TLML_MODE_ENFORCE)		/* stop acting first */
		STORE(ctl, was, next, mode);
	for (i = 0; i < TLML_CLASSES_MAX; i++)
		store_policy(&ctl->policy[i], &was->policy[i], &next->policy[i]);
	STORE(ctl, was, next, anomaly_low);
	STORE(ctl, was, next, anomaly_high);
	STORE(ctl, was, next, audit);
	for (i = 0; i < TLML_BUDGETS; i++) {
		STORE(ctl, was, next, ask[i].burst);
		STORE(ctl, was, next, ask[i].rate);
	}
	STORE(ctl, was, next, ask_points);
	STORE(ctl, was, next, payload);
	STORE(ctl, was, next, report_rate);
	STORE(ctl, was, next, report_burst);
	STORE(ctl, was, next, trace);
	/* Whoever keeps the data path alive in tlmld's place knows nothing of its canary. */
	if (next->lease_until != was->lease_until)
		smp_store_release(&ctl->canary_share, 0);
	STORE(ctl, was, next, lease_until);
	STORE(ctl, was, next, confirm_until);		/* never enforce without its deadline */
	if (next->mode == TLML_MODE_ENFORCE)
		STORE(ctl, was, next, mode);
}
