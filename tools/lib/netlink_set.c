// SPDX-License-Identifier: BSD-2-Clause
/* A line of policy as requests to the module: what the plan of it would change is asked for. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <stdlib.h>
#include <string.h>

#include "../../daemon/plan.h"
#include "netlink.h"

#define V4_BITS		96	/* of ::ffff:0:0/96 */

/* Seconds until a tick, rounded up: the module adds them to its own now. */
static __u32 seconds_to(__u64 tick)
{
	__u64 now = tlml_maps_now(), second = TLML_TICKS(1);

	return tick > now ? (tick - now + second - 1) / second : 1;
}

static int put_if(struct nl_msg *m, int type, __u32 was, __u32 next)
{
	return was != next ? nla_put_u32(m, type, next) : 0;
}

/* The burst is the attribute behind its rate's. */
static int put_rate(struct nl_msg *m, int type, const struct tlml_rate *was,
		    const struct tlml_rate *next)
{
	if (was->rate == next->rate && was->burst == next->burst)
		return 0;
	return nla_put_u32(m, type, next->rate) || nla_put_u32(m, type + 1, next->burst);
}

static int put_action(struct nl_msg *m, const struct tlml_policy *next)
{
	int bad = nla_put_u32(m, TLML_A_CLASS_ACTION, next->action);

	if (next->action == TLML_ACTION_MARK)
		bad |= nla_put_u32(m, TLML_A_CLASS_MARK, next->mark) ||
		       (next->dscp && nla_put_u32(m, TLML_A_CLASS_DSCP, next->dscp - 1));
	if (next->action == TLML_ACTION_LIMIT)
		bad |= nla_put_u32(m, TLML_A_CLASS_RATE, next->rate) ||
		       nla_put_u32(m, TLML_A_CLASS_BURST, next->burst);
	return bad;
}

static int put_class(struct nl_msg *m, const char *name, const struct tlml_policy *was,
		     const struct tlml_policy *next)
{
	int margins = was->margin_act != next->margin_act || was->margin_hard != next->margin_hard;
	int action = was->action != next->action || was->mark != next->mark ||
		     was->dscp != next->dscp || was->rate != next->rate ||
		     was->burst != next->burst;
	struct nlattr *nest;

	if (!margins && !action)
		return 0;
	nest = nla_nest_start(m, TLML_A_POLICY_CLASS);
	if (!nest || nla_put_string(m, TLML_A_CLASS_NAME, name) ||
	    (action && put_action(m, next)) ||
	    put_if(m, TLML_A_CLASS_MARGIN_ACT, was->margin_act, next->margin_act) ||
	    put_if(m, TLML_A_CLASS_MARGIN_HARD, was->margin_hard, next->margin_hard))
		return -1;
	nla_nest_end(m, nest);
	return 0;
}

static int put_mode(struct nl_msg *m, const struct tlml_ctl *was, const struct tlml_ctl *next)
{
	if (was->mode == next->mode && was->confirm_until == next->confirm_until)
		return 0;
	return nla_put_u32(m, TLML_A_POLICY_MODE, next->mode) ||
	       (next->mode == TLML_MODE_ENFORCE && next->confirm_until &&
		nla_put_u32(m, TLML_A_POLICY_CONFIRM, seconds_to(next->confirm_until)));
}

static int put_marks(struct nl_msg *m, const struct tlml_ctl *was, const struct tlml_ctl *next)
{
	if (was->anomaly_low == next->anomaly_low && was->anomaly_high == next->anomaly_high)
		return 0;
	return nla_put_u32(m, TLML_A_POLICY_ANOMALY_LOW, next->anomaly_low) ||
	       nla_put_u32(m, TLML_A_POLICY_ANOMALY_HIGH, next->anomaly_high);
}

static int put_lease(struct nl_msg *m, const struct tlml_ctl *was, const struct tlml_ctl *next)
{
	if (was->lease_until == next->lease_until)
		return 0;
	return nla_put_u32(m, TLML_A_POLICY_LEASE, next->lease_until == TLML_FOREVER ? 0 :
						   seconds_to(next->lease_until));
}

static int put_all(struct nl_msg *m, const struct tlml_plan *p)
{
	const struct tlml_ctl *was = &p->was, *next = &p->next;
	struct tlml_rate had = { was->report_rate, was->report_burst };
	struct tlml_rate has = { next->report_rate, next->report_burst };
	int bad = put_mode(m, was, next) || put_marks(m, was, next) || put_lease(m, was, next);
	unsigned int i;

	bad = bad || put_if(m, TLML_A_POLICY_AUDIT, was->audit, next->audit) ||
	      put_if(m, TLML_A_POLICY_PAYLOAD, was->payload, next->payload) ||
	      put_if(m, TLML_A_POLICY_TRACE, was->trace, next->trace) ||
	      put_if(m, TLML_A_POLICY_ASK_FROM, was->ask_points & -was->ask_points,
		     next->ask_points & -next->ask_points) ||
	      put_rate(m, TLML_A_POLICY_ASK_RATE, &was->ask[TLML_BUDGET_ALL],
		       &next->ask[TLML_BUDGET_ALL]) ||
	      put_rate(m, TLML_A_POLICY_ASK_CLASS_RATE, &was->ask[TLML_BUDGET_CLASS],
		       &next->ask[TLML_BUDGET_CLASS]) ||
	      put_rate(m, TLML_A_POLICY_ASK_PREFIX_RATE, &was->ask[TLML_BUDGET_PREFIX],
		       &next->ask[TLML_BUDGET_PREFIX]) ||
	      put_rate(m, TLML_A_POLICY_REPORT_RATE, &had, &has);
	for (i = 0; !bad && i < TLML_CLASSES_MAX; i++)
		bad = put_class(m, p->model->info[i].name, &was->policy[i], &next->policy[i]);
	return bad;
}

static int set(struct tlml_nl *nl, const struct tlml_plan *p, struct tlml_error *e)
{
	struct nl_msg *m;

	if (!memcmp(&p->was, &p->next, sizeof(p->was)))
		return 0;
	m = tlml_nl_request(nl, TLML_CMD_POLICY_SET, 0, p->was.ifindex);
	if (m && put_all(m, p)) {
		nlmsg_free(m);
		m = NULL;
	}
	return tlml_nl_ask(nl, m, NULL, NULL, e);
}

static int change(struct tlml_nl *nl, unsigned int ifindex, const struct tlml_allow_change *c,
		  struct tlml_error *e)
{
	static const int cmds[] = {
		[TLML_ALLOW_ADD] = TLML_CMD_ALLOW_ADD,
		[TLML_ALLOW_DEL] = TLML_CMD_ALLOW_DEL,
		[TLML_ALLOW_CLEAR] = TLML_CMD_ALLOW_FLUSH,
	};
	struct nl_msg *m = tlml_nl_request(nl, cmds[c->verb], 0, ifindex);

	if (m && c->verb != TLML_ALLOW_CLEAR &&
	    (nla_put(m, TLML_A_ALLOW_ADDR, sizeof(c->key.addr), c->key.addr) ||
	     nla_put_u32(m, TLML_A_ALLOW_LEN, c->key.prefixlen))) {
		nlmsg_free(m);
		m = NULL;
	}
	return tlml_nl_ask(nl, m, NULL, NULL, e);
}

int tlml_netlink_set(struct tlml_nl *nl, const struct tlml_maps *m, int argc, char **argv,
		     struct tlml_error *e)
{
	struct tlml_plan p = { .was = *m->ctl, .next = *m->ctl, .model = tlml_maps_current(m) };
	int err = tlml_plan_add(&p, argc, argv, e);

	/* The module judges whether it is in time. */
	if (!err && !strcmp(argv[0], "confirm"))
		err = tlml_nl_ask(nl, tlml_nl_request(nl, TLML_CMD_POLICY_CONFIRM, 0,
						      p.was.ifindex), NULL, NULL, e);
	else if (!err && p.allow_n)
		err = change(nl, p.was.ifindex, &p.allow[0], e);
	else if (!err)
		err = set(nl, &p, e);
	free(p.allow);
	return err;
}

struct list {
	struct tlml_allow_key *keys;
	size_t n;
};

static int take_prefix(struct genlmsghdr *reply, void *arg)
{
	struct nlattr *tb[TLML_A_ALLOW_MAX + 1], *addr;
	struct tlml_allow_key *more;
	struct list *l = arg;
	int v4;

	if (tlml_nl_attrs(reply, tb, TLML_A_ALLOW_MAX))
		return -EPROTO;
	addr = tb[TLML_A_ALLOW_ADDR];
	if (!addr || !tb[TLML_A_ALLOW_LEN] || (nla_len(addr) != 4 && nla_len(addr) != 16))
		return -EPROTO;
	more = realloc(l->keys, (l->n + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	l->keys = more;
	more += l->n++;
	v4 = nla_len(addr) == 4;
	*more = (struct tlml_allow_key){
		.prefixlen = nla_get_u32(tb[TLML_A_ALLOW_LEN]) + (v4 ? V4_BITS : 0),
		.addr[2] = v4 ? htonl(0xffff) : 0,
	};
	memcpy((char *)more->addr + 16 - nla_len(addr), nla_data(addr), nla_len(addr));
	return 0;
}

int tlml_netlink_allowed(struct tlml_nl *nl, unsigned int ifindex, struct tlml_allow_key **keys,
			 size_t *n, struct tlml_error *e)
{
	struct list l = { NULL, 0 };
	int err = tlml_nl_ask(nl, tlml_nl_request(nl, TLML_CMD_ALLOW_GET, NLM_F_DUMP, ifindex),
			      take_prefix, &l, e);

	if (err) {
		free(l.keys);
		return err;
	}
	*keys = l.keys;
	*n = l.n;
	return 0;
}
