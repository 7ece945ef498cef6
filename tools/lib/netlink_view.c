// SPDX-License-Identifier: BSD-2-Clause
/* What the module tells of an interface, put where its maps would have it. */
#include <errno.h>
#include <linux/genetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "netlink.h"

#define NS_PER_MS	1000000

static struct nlmsghdr *message(struct genlmsghdr *reply)
{
	return (struct nlmsghdr *)((char *)reply - NLMSG_HDRLEN);
}

static __u32 u32_of(struct nlattr *a)
{
	return a && nla_len(a) >= (int)sizeof(__u32) ? nla_get_u32(a) : 0;
}

static __u64 u64_of(struct nlattr *a)
{
	return a && nla_len(a) >= (int)sizeof(__u64) ? nla_get_u64(a) : 0;
}

/* A tick that is some milliseconds from now, or is over since. */
static __u64 tick_of(struct nlattr *ms)
{
	return tlml_maps_now() + (__s64)u64_of(ms) * NS_PER_MS / (1 << TLML_TICK_SHIFT);
}

static void take_name(char *name, struct nlattr *a)
{
	if (a)
		nla_strlcpy(name, a, TLML_NAME_MAX);
}

static void take_class(struct tlml_policy *p, struct tlml_class_info *info, struct nlattr *nest)
{
	struct nlattr *tb[TLML_A_CLASS_MAX + 1];

	if (nla_parse_nested(tb, TLML_A_CLASS_MAX, nest, NULL) < 0)
		return;
	take_name(info->name, tb[TLML_A_CLASS_NAME]);
	*p = (struct tlml_policy){
		.action = u32_of(tb[TLML_A_CLASS_ACTION]),
		.margin_act = u32_of(tb[TLML_A_CLASS_MARGIN_ACT]),
		.margin_hard = u32_of(tb[TLML_A_CLASS_MARGIN_HARD]),
		.mark = u32_of(tb[TLML_A_CLASS_MARK]),
		.dscp = tb[TLML_A_CLASS_DSCP] ? u32_of(tb[TLML_A_CLASS_DSCP]) + 1 : 0,
		.rate = u32_of(tb[TLML_A_CLASS_RATE]),
		.burst = u32_of(tb[TLML_A_CLASS_BURST]),
	};
}

static void take_times(struct tlml_ctl *ctl, struct nlattr **tb)
{
	ctl->confirm_until = tb[TLML_A_POLICY_CONFIRM_LEFT] ?
			     tick_of(tb[TLML_A_POLICY_CONFIRM_LEFT]) : 0;
	ctl->lease_until = tb[TLML_A_POLICY_LEASE_LEFT] ? tick_of(tb[TLML_A_POLICY_LEASE_LEFT]) :
							  TLML_FOREVER;
	ctl->clock = tlml_maps_now() -
		     u64_of(tb[TLML_A_POLICY_CLOCK_AGE]) * NS_PER_MS / (1 << TLML_TICK_SHIFT);
	ctl->clock_state = u32_of(tb[TLML_A_POLICY_CLOCK_STATE]);
}

int tlml_netlink_policy(struct genlmsghdr *reply, struct tlml_ctl *ctl,
			struct tlml_class_info names[TLML_CLASSES_MAX])
{
	struct nlattr *tb[TLML_A_POLICY_MAX + 1], *a;
	int left, n = 0;

	if (tlml_nl_attrs(reply, tb, TLML_A_POLICY_MAX))
		return -EPROTO;
	ctl->abi = TLML_ABI;
	ctl->ifindex = u32_of(tb[TLML_A_POLICY_IFINDEX]);
	ctl->mode = u32_of(tb[TLML_A_POLICY_MODE]);
	ctl->anomaly_low = u32_of(tb[TLML_A_POLICY_ANOMALY_LOW]);
	ctl->anomaly_high = u32_of(tb[TLML_A_POLICY_ANOMALY_HIGH]);
	ctl->audit = u32_of(tb[TLML_A_POLICY_AUDIT]);
	ctl->ask_points = -u32_of(tb[TLML_A_POLICY_ASK_FROM]);
	ctl->ask[TLML_BUDGET_ALL].rate = u32_of(tb[TLML_A_POLICY_ASK_RATE]);
	ctl->ask[TLML_BUDGET_ALL].burst = u32_of(tb[TLML_A_POLICY_ASK_BURST]);
	ctl->ask[TLML_BUDGET_CLASS].rate = u32_of(tb[TLML_A_POLICY_ASK_CLASS_RATE]);
	ctl->ask[TLML_BUDGET_CLASS].burst = u32_of(tb[TLML_A_POLICY_ASK_CLASS_BURST]);
	ctl->ask[TLML_BUDGET_PREFIX].rate = u32_of(tb[TLML_A_POLICY_ASK_PREFIX_RATE]);
	ctl->ask[TLML_BUDGET_PREFIX].burst = u32_of(tb[TLML_A_POLICY_ASK_PREFIX_BURST]);
	ctl->payload = u32_of(tb[TLML_A_POLICY_PAYLOAD]);
	ctl->report_rate = u32_of(tb[TLML_A_POLICY_REPORT_RATE]);
	ctl->report_burst = u32_of(tb[TLML_A_POLICY_REPORT_BURST]);
	ctl->trace = u32_of(tb[TLML_A_POLICY_TRACE]);
	ctl->flow_mask = u32_of(tb[TLML_A_POLICY_FLOW_LINES]) / TLML_WAYS - 1;
	ctl->source_mask = u32_of(tb[TLML_A_POLICY_SOURCE_LINES]) / TLML_WAYS - 1;
	take_times(ctl, tb);
	nlmsg_for_each_attr(a, message(reply), GENL_HDRLEN, left)
		if (nla_type(a) == TLML_A_POLICY_CLASS && n < TLML_CLASSES_MAX) {
			take_class(&ctl->policy[n], &names[n], a);
			n++;
		}
	return n;
}

static int take_policy(struct genlmsghdr *reply, void *arg)
{
	struct tlml_class_info ignored[TLML_CLASSES_MAX];
	int n = tlml_netlink_policy(reply, arg, ignored);

	return n < 0 ? n : 0;
}

static void take_info(struct tlml_class_info *info, struct nlattr *nest)
{
	struct nlattr *tb[TLML_A_MODEL_CLASS_MAX + 1];

	if (nla_parse_nested(tb, TLML_A_MODEL_CLASS_MAX, nest, NULL) < 0)
		return;
	take_name(info->name, tb[TLML_A_MODEL_CLASS_NAME]);
	info->attack = u32_of(tb[TLML_A_MODEL_CLASS_ATTACK]);
	info->margin_act = u32_of(tb[TLML_A_MODEL_CLASS_MARGIN_ACT]);
	info->margin_hard = u32_of(tb[TLML_A_MODEL_CLASS_MARGIN_HARD]);
}

static int take_model(struct genlmsghdr *reply, void *arg)
{
	struct nlattr *tb[TLML_A_MODEL_MAX + 1], *a;
	struct tlml_maps *m = arg;
	struct tlml_weights *w;
	unsigned int held = 0;
	int left;

	if (tlml_nl_attrs(reply, tb, TLML_A_MODEL_MAX))
		return -EPROTO;
	m->ctl->slot = u32_of(tb[TLML_A_MODEL_SLOT]) & (TLML_SLOTS - 1);
	w = &m->weights[m->ctl->slot];
	w->points = u32_of(tb[TLML_A_MODEL_POINTS]);
	w->hidden1_blocks = u32_of(tb[TLML_A_MODEL_HIDDEN1]) / 16;
	w->hidden2_blocks = u32_of(tb[TLML_A_MODEL_HIDDEN2]) / 4;
	w->wide = w->hidden1_blocks > TLML_W1_BLOCKS || w->hidden2_blocks > TLML_W2_BLOCKS;
	w->decode = u32_of(tb[TLML_A_MODEL_DECODE]);
	nlmsg_for_each_attr(a, message(reply), GENL_HDRLEN, left) {
		if (nla_type(a) == TLML_A_MODEL_CLASS && w->classes < TLML_CLASSES_MAX)
			take_info(&w->info[w->classes++], a);
		if (nla_type(a) == TLML_A_MODEL_HELD && held < TLML_SLOTS)
			m->weights[held++].generation = u32_of(a);
	}
	return 0;
}

/* Memory of our own in place of what was mapped. */
static void *place(void *was, size_t *length, size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	if (was)
		munmap(was, *length);
	*length = size;
	return p;
}

int tlml_netlink_view(struct tlml_nl *nl, unsigned int ifindex, struct tlml_maps *m,
		      struct tlml_error *e)
{
	struct tlml_ctl *ctl = place(m->ctl, &m->lengths[0], sizeof(*ctl));
	struct tlml_weights *w;
	int err;

	if (!ctl)
		return tlml_error_set(e, ENOMEM, "no memory for what the module tells");
	m->ctl = ctl;
	w = place(m->weights, &m->lengths[3], TLML_SLOTS * sizeof(*w));
	if (!w)
		return tlml_error_set(e, ENOMEM, "no memory for what the module tells");
	m->weights = w;
	err = tlml_nl_ask(nl, tlml_nl_request(nl, TLML_CMD_POLICY_GET, 0, ifindex), take_policy,
			  ctl, e);
	return err ? err : tlml_nl_ask(nl, tlml_nl_request(nl, TLML_CMD_MODEL_GET, 0, ifindex),
				       take_model, m, e);
}

static void take_counter(struct tlml_stats *sum, struct nlattr *nest)
{
	static const char *const names[TLML_STATS_N] = {
#define TLML_STAT_NAME(id, meaning) #id,
		TLML_STATS(TLML_STAT_NAME)
#undef TLML_STAT_NAME
	};
	struct nlattr *tb[TLML_A_COUNTER_MAX + 1];

	if (nla_parse_nested(tb, TLML_A_COUNTER_MAX, nest, NULL) < 0 || !tb[TLML_A_COUNTER_NAME])
		return;
	for (unsigned int i = 0; i < TLML_STATS_N; i++)
		if (!nla_strcmp(tb[TLML_A_COUNTER_NAME], names[i]))
			sum->count[i] = u64_of(tb[TLML_A_COUNTER_VALUE]);
}

static void take_class_stats(struct tlml_class_stats *s, struct nlattr *nest)
{
	struct nlattr *tb[TLML_A_CLASS_STATS_MAX + 1];

	if (nla_parse_nested(tb, TLML_A_CLASS_STATS_MAX, nest, NULL) < 0)
		return;
	s->flows = u64_of(tb[TLML_A_CLASS_STATS_FLOWS]);
	s->packets = u64_of(tb[TLML_A_CLASS_STATS_PACKETS]);
	s->bytes = u64_of(tb[TLML_A_CLASS_STATS_BYTES]);
	s->dropped = u64_of(tb[TLML_A_CLASS_STATS_DROPPED]);
}

static int take_stats(struct genlmsghdr *reply, void *arg)
{
	struct tlml_stats *sum = arg;
	unsigned int n = 0;
	struct nlattr *a;
	int left;

	nlmsg_for_each_attr(a, message(reply), GENL_HDRLEN, left) {
		if (nla_type(a) == TLML_A_STATS_COUNTER)
			take_counter(sum, a);
		if (nla_type(a) == TLML_A_STATS_CLASS && n < TLML_CLASSES_MAX)
			take_class_stats(&sum->klass[n++], a);
	}
	return 0;
}

int tlml_netlink_stats(struct tlml_nl *nl, unsigned int ifindex, struct tlml_stats *sum,
		       struct tlml_error *e)
{
	memset(sum, 0, sizeof(*sum));
	return tlml_nl_ask(nl, tlml_nl_request(nl, TLML_CMD_STATS_GET, 0, ifindex), take_stats,
			   sum, e);
}
