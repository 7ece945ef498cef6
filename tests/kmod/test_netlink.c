// SPDX-License-Identifier: BSD-2-Clause
/* What the netlink family does: each command against maps of which the test sees every byte. */
#include <arpa/inet.h>

#include "rig.h"

static struct rig r;

static struct nl_msg *set(void)
{
	return rig_of(TLML_CMD_POLICY_SET, 0, r.ifindex);
}

static int set_u32(int type, __u32 v)
{
	struct nl_msg *m = set();

	nla_put_u32(m, type, v);
	return rig_ask(m).err;
}

static struct rig_answer get(int cmd)
{
	return rig_ask(rig_of(cmd, 0, r.ifindex));
}

static long long got(int type)
{
	return rig_u32(get(TLML_CMD_POLICY_GET).last, type);
}

static void binds(void)
{
	CHECK_EQ(rig_bind(&r), 0);
	CHECK_EQ(got(TLML_A_POLICY_CTL_ID), r.ids[0]);
	CHECK_EQ(got(TLML_A_POLICY_MODE), TLML_MODE_MONITOR);
	CHECK(!rig_attr(get(TLML_CMD_POLICY_GET).last, TLML_A_POLICY_LEASE_LEFT), "no lease");
}

/* Each plain number goes where it belongs, and comes back. */
static void numbers(void)
{
	static const struct { int type; size_t offset, size; __u32 v, want; } all[] = {
#define FIELD(f)	offsetof(struct tlml_ctl, f), sizeof(r.ctl->f)
		{ TLML_A_POLICY_AUDIT, FIELD(audit), 5, 5 },
		{ TLML_A_POLICY_PAYLOAD, FIELD(payload), 64, 64 },
		{ TLML_A_POLICY_TRACE, FIELD(trace), 1, 1 },
		{ TLML_A_POLICY_ASK_FROM, FIELD(ask_points), 16, -16u },
		{ TLML_A_POLICY_MODE, FIELD(mode), TLML_MODE_OFF, TLML_MODE_OFF },
#undef FIELD
	};

	for (unsigned int i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		CHECK_EQ(set_u32(all[i].type, all[i].v), 0);
		CHECK_EQ(*(__u32 *)((char *)r.ctl + all[i].offset), all[i].want);
		CHECK_EQ(got(all[i].type), all[i].v);
	}
	CHECK_EQ(set_u32(TLML_A_POLICY_MODE, TLML_MODE_MONITOR), 0);
}

static void rates(void)
{
	static const struct { int rate, burst; } all[TLML_BUDGETS] = {
		{ TLML_A_POLICY_ASK_RATE, TLML_A_POLICY_ASK_BURST },
		{ TLML_A_POLICY_ASK_CLASS_RATE, TLML_A_POLICY_ASK_CLASS_BURST },
		{ TLML_A_POLICY_ASK_PREFIX_RATE, TLML_A_POLICY_ASK_PREFIX_BURST },
	};
	struct nl_msg *m;

	for (int i = 0; i < TLML_BUDGETS; i++) {
		CHECK_EQ(set_u32(all[i].rate, 100 + i), 0);
		CHECK_EQ(r.ctl->ask[i].rate, 100 + i);
		CHECK_EQ(r.ctl->ask[i].burst, 100 + i);		/* as large as the rate */
		m = set();
		nla_put_u32(m, all[i].burst, 7);
		nla_put_u32(m, all[i].rate, 50 + i);
		CHECK_EQ(rig_ask(m).err, 0);
		CHECK_EQ(r.ctl->ask[i].burst, 7);
		CHECK_EQ(got(all[i].rate), 50 + i);
		CHECK_EQ(got(all[i].burst), 7);
	}
	m = set();
	nla_put_u32(m, TLML_A_POLICY_REPORT_RATE, (1 << 24) - 1);
	nla_put_u32(m, TLML_A_POLICY_ANOMALY_LOW, 30);
	nla_put_u32(m, TLML_A_POLICY_ANOMALY_HIGH, 128);
	CHECK_EQ(rig_ask(m).err, 0);
	CHECK_EQ(r.ctl->report_burst, (1 << 24) - 1);
	CHECK_EQ(r.ctl->anomaly_low, 30);
	CHECK_EQ(r.ctl->anomaly_high, 128);
}

static void class_begin(struct nl_msg *m, struct nlattr **nest, const char *name)
{
	*nest = nla_nest_start(m, TLML_A_POLICY_CLASS);
	nla_put_string(m, TLML_A_CLASS_NAME, name);
}

static void classes(void)
{
	struct nl_msg *m = set();
	struct nlattr *nest;

	class_begin(m, &nest, "c1");
	nla_put_u32(m, TLML_A_CLASS_ACTION, TLML_ACTION_MARK);
	nla_put_u32(m, TLML_A_CLASS_MARK, 0x2a);
	nla_put_u32(m, TLML_A_CLASS_DSCP, 46);
	nla_put_u32(m, TLML_A_CLASS_MARGIN_HARD, 200);
	nla_nest_end(m, nest);
	class_begin(m, &nest, "c3");
	nla_put_u32(m, TLML_A_CLASS_ACTION, TLML_ACTION_LIMIT);
	nla_put_u32(m, TLML_A_CLASS_RATE, 10);
	nla_nest_end(m, nest);
	CHECK_EQ(rig_ask(m).err, 0);
	CHECK_EQ(r.ctl->policy[1].action, TLML_ACTION_MARK);
	CHECK_EQ(r.ctl->policy[1].mark, 0x2a);
	CHECK_EQ(r.ctl->policy[1].dscp, 47);
	CHECK_EQ(r.ctl->policy[1].margin_hard, 200);
	CHECK_EQ(r.ctl->policy[3].rate, 10);
	CHECK_EQ(r.ctl->policy[3].burst, 10);
	CHECK_EQ(r.ctl->policy[0].action, TLML_ACTION_PASS);
}

/* One part is refused: nothing of the rest happens. */
static void all_or_nothing(void)
{
	struct nl_msg *m = set();
	struct nlattr *nest;
	struct rig_answer a;

	nla_put_u32(m, TLML_A_POLICY_AUDIT, 9);
	class_begin(m, &nest, "c0");
	nla_put_u32(m, TLML_A_CLASS_ACTION, TLML_ACTION_DROP);
	nla_nest_end(m, nest);
	class_begin(m, &nest, "nope");
	nla_put_u32(m, TLML_A_CLASS_ACTION, TLML_ACTION_DROP);
	nla_nest_end(m, nest);
	a = rig_ask(m);
	CHECK_EQ(a.err, -EINVAL);
	CHECK(strstr(a.said, "no class"), "%s", a.said);
	CHECK_EQ(r.ctl->policy[0].action, TLML_ACTION_PASS);
	CHECK_EQ(r.ctl->audit, 5);
}

static void confirms(void)
{
	struct nl_msg *m = set();
	__u64 now = tlml_maps_now();

	nla_put_u32(m, TLML_A_POLICY_MODE, TLML_MODE_ENFORCE);
	nla_put_u32(m, TLML_A_POLICY_CONFIRM, 60);
	CHECK_EQ(rig_ask(m).err, 0);
	CHECK_EQ(r.ctl->mode, TLML_MODE_ENFORCE);
	CHECK(r.ctl->confirm_until >= now + TLML_TICKS(60) &&
	      r.ctl->confirm_until < now + TLML_TICKS(90), "%llu", r.ctl->confirm_until);
	CHECK_EQ(rig_simple(TLML_CMD_POLICY_CONFIRM, r.ifindex), 0);
	CHECK_EQ(r.ctl->confirm_until, 0);
	CHECK_EQ(rig_simple(TLML_CMD_POLICY_CONFIRM, r.ifindex), -EINVAL);
	r.ctl->confirm_until = 1;
	CHECK_EQ(rig_simple(TLML_CMD_POLICY_CONFIRM, r.ifindex), -ETIME);
	CHECK_EQ(set_u32(TLML_A_POLICY_MODE, TLML_MODE_MONITOR), 0);
	CHECK_EQ(r.ctl->confirm_until, 1);		/* it stays: see kmod/plan.c */
	CHECK_EQ(rig_simple(TLML_CMD_POLICY_CONFIRM, r.ifindex), -EINVAL);
}

static void leases(void)
{
	__u64 now = tlml_maps_now();
	struct nlattr *left;

	r.ctl->canary_share = 5;
	CHECK_EQ(set_u32(TLML_A_POLICY_LEASE, 100), 0);
	CHECK_EQ(r.ctl->canary_share, 0);	/* who takes the lease knows nothing of it */
	CHECK(r.ctl->lease_until >= now + TLML_TICKS(100) &&
	      r.ctl->lease_until < now + TLML_TICKS(130), "%llu", r.ctl->lease_until);
	left = rig_attr(get(TLML_CMD_POLICY_GET).last, TLML_A_POLICY_LEASE_LEFT);
	CHECK(left && (__s64)nla_get_u64(left) > 60000 && (__s64)nla_get_u64(left) <= 100000,
	      "%lld ms", left ? (long long)nla_get_u64(left) : 0);
	r.ctl->lease_until = now - TLML_TICKS(2);
	left = rig_attr(get(TLML_CMD_POLICY_GET).last, TLML_A_POLICY_LEASE_LEFT);
	CHECK(left && (__s64)nla_get_u64(left) < -1900, "it is over");
	CHECK_EQ(set_u32(TLML_A_POLICY_LEASE, 0), 0);
	CHECK(r.ctl->lease_until == TLML_FOREVER, "%llu", r.ctl->lease_until);
}

static struct nl_msg *prefix(int cmd, const char *addr, int len)
{
	struct nl_msg *m = rig_of(cmd, 0, r.ifindex);
	unsigned char raw[16];
	int v6 = !!strchr(addr, ':');

	inet_pton(v6 ? AF_INET6 : AF_INET, addr, raw);
	nla_put(m, TLML_A_ALLOW_ADDR, v6 ? 16 : 4, raw);
	nla_put_u32(m, TLML_A_ALLOW_LEN, len);
	return m;
}

static unsigned int allowed(void)
{
	struct rig_answer a = rig_ask(rig_of(TLML_CMD_ALLOW_GET, NLM_F_DUMP, r.ifindex));

	return a.err ? 9999 : a.replies;
}

/* 1 if the trie has the key, by the map itself. */
static int has(__u32 len, __u32 word2, __u32 word3)
{
	struct tlml_allow_key key = { len, { 0, 0, htonl(word2), htonl(word3) } };
	__u32 v;

	return !bpf_map_lookup_elem(r.allow_fd, &key, &v) && v == len;
}

static void allows(void)
{
	__u8 epoch = r.ctl->allow_epoch;

	CHECK_EQ(allowed(), 0);
	CHECK_EQ(rig_ask(prefix(TLML_CMD_ALLOW_ADD, "192.0.2.0", 24)).err, 0);
	CHECK(has(120, 0xffff, 0xc0000200), "192.0.2.0/24");
	CHECK_EQ(r.ctl->allow_any, 1);
	CHECK_EQ(r.ctl->allow_epoch, epoch + 1);
	CHECK_EQ(rig_ask(prefix(TLML_CMD_ALLOW_ADD, "192.0.2.0", 24)).err, 0);
	CHECK_EQ(r.ctl->allow_epoch, epoch + 1);	/* it was there */
	CHECK_EQ(rig_ask(prefix(TLML_CMD_ALLOW_ADD, "2001:db8::", 32)).err, 0);
	CHECK_EQ(allowed(), 2);
	CHECK_EQ(rig_ask(prefix(TLML_CMD_ALLOW_DEL, "192.0.2.0", 25)).err, -ENOENT);
	CHECK_EQ(rig_ask(prefix(TLML_CMD_ALLOW_DEL, "192.0.2.0", 24)).err, 0);
	CHECK(!has(120, 0xffff, 0xc0000200), "192.0.2.0/24");
	CHECK_EQ(allowed(), 1);
	r.ctl->allow_epoch = 127;
	CHECK_EQ(rig_simple(TLML_CMD_ALLOW_FLUSH, r.ifindex), 0);
	CHECK_EQ(allowed(), 0);
	CHECK_EQ(r.ctl->allow_any, 0);
	CHECK_EQ(r.ctl->allow_epoch, 1);
}

static void allow_full(void)
{
	struct rig_answer a;
	char addr[32];

	for (int i = 0; i < RIG_ALLOWED; i++) {
		snprintf(addr, sizeof(addr), "198.51.100.%d", i);
		CHECK_EQ(rig_ask(prefix(TLML_CMD_ALLOW_ADD, addr, 32)).err, 0);
	}
	CHECK_EQ(allowed(), RIG_ALLOWED);
	a = rig_ask(prefix(TLML_CMD_ALLOW_ADD, "203.0.113.1", 32));
	CHECK_EQ(a.err, -ENOSPC);
	CHECK(strstr(a.said, "full"), "%s", a.said);
	CHECK_EQ(a.at, TLML_A_ALLOW_ADDR);
	CHECK_EQ(rig_simple(TLML_CMD_ALLOW_FLUSH, r.ifindex), 0);
	CHECK_EQ(allowed(), 0);
}

static unsigned long long counter(const char *name)
{
	struct rig_answer a = get(TLML_CMD_STATS_GET);
	struct nlattr *attr, *of[TLML_A_COUNTER_MAX + 1];
	int left;

	if (!a.last)
		return ~0ull;
	nlmsg_for_each_attr(attr, a.last, GENL_HDRLEN, left)
		if (nla_type(attr) == TLML_A_STATS_COUNTER &&
		    !nla_parse_nested(of, TLML_A_COUNTER_MAX, attr, NULL) &&
		    !strcmp(nla_get_string(of[TLML_A_COUNTER_NAME]), name))
			return nla_get_u64(of[TLML_A_COUNTER_VALUE]);
	return ~0ull;
}

static void counts(void)
{
	int cpus = libbpf_num_possible_cpus();
	struct tlml_stats *all = calloc(cpus, sizeof(*all));
	__u32 zero = 0;

	for (int i = 0; i < cpus; i++) {
		all[i].count[TLML_STAT_packets] = 1000 + i;
		all[i].count[TLML_STAT_would_drop] = 1ull << 40;
	}
	CHECK_EQ(bpf_map_update_elem(r.stats_fd, &zero, all, BPF_ANY), 0);
	CHECK_EQ(counter("packets"), 1000ll * cpus + cpus * (cpus - 1) / 2);
	CHECK_EQ(counter("would_drop"), (long long)cpus << 40);
	CHECK_EQ(counter("off"), 0);
	free(all);
}

static void model(void)
{
	struct rig_answer a = get(TLML_CMD_MODEL_GET);
	struct nlattr *attr;
	int left, n = 0;

	CHECK_EQ(rig_u32(a.last, TLML_A_MODEL_GENERATION), 7);
	CHECK_EQ(rig_u32(a.last, TLML_A_MODEL_SLOT), 1);
	nlmsg_for_each_attr(attr, a.last, GENL_HDRLEN, left)
		n += nla_type(attr) == TLML_A_MODEL_CLASS;
	CHECK_EQ(n, 4);
	/* User space may write anything: it is told as far as it goes, and harms nobody. */
	r.ctl->slot = 0xfffffffd;
	r.weights[1].classes = 1000;
	memset(&r.weights[1].info, 'x', sizeof(r.weights[1].info));
	CHECK_EQ(get(TLML_CMD_MODEL_GET).err, 0);
	CHECK_EQ(get(TLML_CMD_POLICY_GET).err, 0);
	CHECK_EQ(got(TLML_A_POLICY_CTL_ID), r.ids[0]);
	r.ctl->slot = 0;			/* empty */
	CHECK_EQ(rig_u32(get(TLML_CMD_MODEL_GET).last, TLML_A_MODEL_GENERATION), 0);
	r.ctl->slot = 1;
	r.weights[1].classes = 4;
}

static void caps(void)
{
	struct rig_answer a = rig_ask(rig_msg(TLML_CMD_CAPS_GET, 0));

	CHECK_EQ(rig_u32(a.last, TLML_A_CAPS_ABI), TLML_ABI);
	CHECK_EQ(rig_u32(a.last, TLML_A_CAPS_BOUND), 1);
	CHECK_EQ(rig_u32(a.last, TLML_A_CAPS_CLASSES_MAX), TLML_CLASSES_MAX);
	CHECK_EQ(rig_u32(a.last, TLML_A_CAPS_KFUNCS), 1);
	CHECK(a.last && rig_attr(a.last, TLML_A_CAPS_ISA), "a name");
}

static void unbinds(void)
{
	struct rig other;

	rig_maps(&other, r.ifindex);
	CHECK_EQ(rig_bind(&other), -EEXIST);
	rig_drop(&other);
	CHECK_EQ(rig_alive(&other), 0);
	rig_drop(&r);
	CHECK_EQ(rig_simple(TLML_CMD_POLICY_GET, r.ifindex), 0);	/* the module has them */
	CHECK_EQ(rig_simple(TLML_CMD_UNBIND, r.ifindex), 0);
	CHECK_EQ(rig_simple(TLML_CMD_UNBIND, r.ifindex), -ENOENT);
	CHECK_EQ(rig_alive(&r), 0);
}

static void replaces(void)
{
	struct rig other;
	struct nl_msg *m;

	rig_maps(&r, r.ifindex);
	rig_maps(&other, r.ifindex);
	CHECK_EQ(rig_bind(&r), 0);
	m = rig_bind_msg(&other);
	nla_put_flag(m, TLML_A_BIND_REPLACE);
	CHECK_EQ(rig_ask(m).err, 0);
	CHECK_EQ(got(TLML_A_POLICY_CTL_ID), other.ids[0]);
	rig_drop(&r);
	CHECK_EQ(rig_alive(&r), 0);
	rig_drop(&other);
	CHECK_EQ(rig_remove(), 0);		/* with something bound */
	CHECK_EQ(rig_alive(&other), 0);
}

static const struct tap_test tests[] = {
	{ "maps are bound, and told of", binds },
	{ "numbers go where they belong", numbers },
	{ "rates bring their bursts", rates },
	{ "classes are set by name", classes },
	{ "a change is made as a whole or not at all", all_or_nothing },
	{ "enforce is confirmed in time, or not at all", confirms },
	{ "a lease is taken, runs out, and is given up", leases },
	{ "prefixes are allowed, listed, deleted, flushed", allows },
	{ "a full allow-list says so", allow_full },
	{ "counters are those of all CPUs", counts },
	{ "the live model is told, whatever the map holds", model },
	{ "the module tells what it can", caps },
	{ "unbinding lets go of the maps", unbinds },
	{ "maps are replaced, and rmmod lets go of those bound", replaces },
};

int main(int argc, char **argv)
{
	rig_begin(argv[0]);
	rig_run("ip link add tlml0 type dummy");
	rig_maps(&r, if_nametoindex("tlml0"));
	argc = tap_main(tests, sizeof(tests) / sizeof(tests[0]));
	rig_run("ip link del tlml0");
	rig_remove();
	return argc;
}
