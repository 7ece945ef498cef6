// SPDX-License-Identifier: GPL-2.0
/* The counters of an interface, of all CPUs together. */
#include <linux/slab.h>

#include "bind.h"
#include "netlink.gen.h"
#include "netlink.h"

static const char *const names[TLML_STATS_N] = {
#define TLML_STAT_NAME(id, meaning) #id,
	TLML_STATS(TLML_STAT_NAME)
#undef TLML_STAT_NAME
};

/* A counter with its header, or a class: more than either takes. */
#define ROW	112

/* Whole counters: each is moved on by its own CPU alone. */
static void sum(const struct tlml_bind *b, struct tlml_stats *to)
{
	struct bpf_map *map = b->maps[TLML_BIND_STATS];
	u32 zero = 0, cpu, i;

	rcu_read_lock();
	for_each_possible_cpu(cpu) {
		const u64 *from = map->ops->map_lookup_percpu_elem(map, &zero, cpu);

		for (i = 0; from && i < sizeof(*to) / sizeof(u64); i++)
			((u64 *)to)[i] += READ_ONCE(from[i]);
	}
	rcu_read_unlock();
}

static int put_counter(struct sk_buff *skb, const char *name, u64 v)
{
	struct nlattr *nest = nla_nest_start(skb, TLML_A_STATS_COUNTER);

	if (!nest || nla_put_string(skb, TLML_A_COUNTER_NAME, name) ||
	    nla_put_u64_64bit(skb, TLML_A_COUNTER_VALUE, v, TLML_A_COUNTER_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_class(struct sk_buff *skb, const struct tlml_class_stats *s)
{
	struct nlattr *nest = nla_nest_start(skb, TLML_A_STATS_CLASS);
	const int pad = TLML_A_CLASS_STATS_PAD;

	if (!nest || nla_put_u64_64bit(skb, TLML_A_CLASS_STATS_FLOWS, s->flows, pad) ||
	    nla_put_u64_64bit(skb, TLML_A_CLASS_STATS_PACKETS, s->packets, pad) ||
	    nla_put_u64_64bit(skb, TLML_A_CLASS_STATS_BYTES, s->bytes, pad) ||
	    nla_put_u64_64bit(skb, TLML_A_CLASS_STATS_DROPPED, s->dropped, pad))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_stats(struct sk_buff *skb, const struct tlml_bind *b)
{
	struct tlml_stats *s = kzalloc(sizeof(*s), GFP_KERNEL);
	int i, err;

	if (!s)
		return -ENOMEM;
	sum(b, s);
	err = nla_put_u32(skb, TLML_A_STATS_IFINDEX, b->ifindex);
	for (i = 0; i < TLML_STATS_N && !err; i++)
		err = put_counter(skb, names[i], s->count[i]);
	for (i = 0; i < TLML_CLASSES_MAX && !err; i++)
		err = put_class(skb, &s->klass[i]);
	kfree(s);
	return err;
}

int tlml_nl_stats_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return tlml_nl_tell(info, TLML_A_STATS_IFINDEX, TLML_CMD_STATS_GET,
			    (TLML_STATS_N + TLML_CLASSES_MAX + 1) * ROW, put_stats);
}
