// SPDX-License-Identifier: BSD-2-Clause
/*
 * A netlink fuzzer: test_netlink_fuzz [MESSAGES [SEED]]. Messages are made of the specification,
 * with values within and beyond what it allows, and some are then damaged. Whatever comes, the
 * kernel stays well, the control map holds nothing that the specification does not allow, and all
 * maps are let go of in the end.
 */
#include <fcntl.h>

#include "rig.h"
#include "spec.gen.h"

#define MESSAGES	4000		/* without an argument */
#define ROOM		4096

static struct rig rigs[2];
static unsigned long long state;
static unsigned long messages = MESSAGES;
static char sent[ROOM];			/* as a comment, should it fail */
static unsigned long accepted;

/* splitmix64 */
static unsigned long long draw(void)
{
	unsigned long long z = (state += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

static unsigned int below(unsigned int n)
{
	return draw() % n;
}

/* Numbers that mean something here, those at the edges of what is allowed, any others. */
static unsigned long long number(const struct spec_attribute *a)
{
	const struct rig *r = &rigs[below(2)];
	const unsigned int known[] = { r->ifindex, r->ctl_fd, r->weights_fd, r->stats_fd,
				       r->allow_fd };

	switch (below(8)) {
	case 0: return draw();
	case 1: return a->max + 1;
	case 2: return a->min - 1ull;
	case 3: return below(2) ? a->min : a->max;
	case 4: return known[below(5)];
	}
	return a->min + draw() % (a->max - a->min + 1 ? a->max - a->min + 1 : 1);
}

static void put_text(struct nl_msg *m, const struct spec_attribute *a)
{
	static const char *const names[] = { "c0", "c1", "c2", "c3", "nope", "", "\x7f\x01" };
	char text[300];
	unsigned int n = below(sizeof(text));

	if (below(4)) {
		nla_put_string(m, a->id, names[below(7)]);
		return;
	}
	for (unsigned int i = 0; i < n; i++)
		text[i] = draw();
	nla_put(m, a->id, n, text);
}

static void put_set(struct nl_msg *m, const struct spec_table *t, int depth);

static void put(struct nl_msg *m, const struct spec_attribute *a, int depth)
{
	unsigned char bytes[32];
	unsigned long long v = number(a);
	struct nlattr *nest;

	switch (a->type) {
	case SPEC_U32: nla_put_u32(m, a->id, v); break;
	case SPEC_U64:
	case SPEC_S64: nla_put_u64(m, a->id, v); break;
	case SPEC_FLAG: nla_put_flag(m, a->id); break;
	case SPEC_STRING: put_text(m, a); break;
	case SPEC_NEST:
		nest = nla_nest_start(m, a->id);
		if (nest && depth < 3)
			put_set(m, &spec_sets[a->set], depth + 1);
		if (nest)
			nla_nest_end(m, nest);
		break;
	default:
		memset(bytes, 0, sizeof(bytes));
		bytes[0] = draw();
		nla_put(m, a->id, below(4) ? (below(2) ? 4 : 16) : below(32), bytes);
	}
}

static void put_set(struct nl_msg *m, const struct spec_table *t, int depth)
{
	for (unsigned int i = 0; i < t->n; i++) {
		const struct spec_attribute *a = &t->attributes[i];

		/* The first one is what the request is about. */
		if (i ? !below(t->n > 8 ? 4 : 2) : !below(20))
			continue;
		if (!i && !depth && below(8))
			nla_put_u32(m, a->id, rigs[below(2)].ifindex);
		else
			put(m, a, depth);
		if (a->type == SPEC_NEST && below(2))
			put(m, a, depth);
	}
	if (!below(30))
		nla_put_u32(m, below(64), draw());
}

/* A few bytes are others, or the message ends too early. */
static void damage(struct nlmsghdr *h)
{
	unsigned char *body = (unsigned char *)h + NLMSG_HDRLEN;
	unsigned int n = h->nlmsg_len - NLMSG_HDRLEN;

	for (unsigned int i = below(4); i && n; i--)
		body[below(n)] = below(2) ? (unsigned char)draw() : body[below(n)] ^ 1 << below(8);
	if (!below(4) && n)
		h->nlmsg_len -= below(n);
	if (!below(8))
		h->nlmsg_flags = draw() | NLM_F_REQUEST;
}

static struct nl_msg *make(void)
{
	const struct spec_table *op = &spec_ops[below(sizeof(spec_ops) / sizeof(spec_ops[0]))];
	struct nl_msg *m = rig_msg(op->cmd, op->dump ? NLM_F_DUMP : 0);

	if (op->cmd == TLML_CMD_UNBIND && below(16))	/* else there is little to talk about */
		((struct genlmsghdr *)nlmsg_data(nlmsg_hdr(m)))->cmd = TLML_CMD_POLICY_SET;
	put_set(m, op, 0);
	if (below(3) == 0)
		damage(nlmsg_hdr(m));
	return m;
}

static int allowed(const struct tlml_ctl *c)
{
	unsigned int from = c->ask_points & -c->ask_points;

	for (int i = 0; i < TLML_CLASSES_MAX; i++)
		if (c->policy[i].action > TLML_ACTION_DROP || c->policy[i].dscp > 64 ||
		    c->policy[i].rate >> 24 || c->policy[i].burst >> 24)
			return 0;
	for (int i = 0; i < TLML_BUDGETS; i++)
		if (c->ask[i].rate >> 24 || c->ask[i].burst >> 24)
			return 0;
	return c->abi == TLML_ABI && c->mode <= TLML_MODE_ENFORCE && c->audit <= 31 &&
	       c->payload <= 64 && c->trace <= 1 && c->anomaly_low <= c->anomaly_high &&
	       c->anomaly_high <= 128 && from <= 32768 && c->ask_points == -from &&
	       !(c->report_rate >> 24) && !(c->report_burst >> 24) && c->slot == 1 &&
	       c->allow_epoch <= 127 && c->allow_any <= 1;
}

/* All that comes back; how much was taken without an error. */
static void drain(int fd)
{
	static char answer[RIG_ANSWER] __attribute__((aligned(8)));
	ssize_t len;

	while ((len = recv(fd, answer, sizeof(answer), MSG_DONTWAIT)) > 0) {
		struct nlmsghdr *h = (void *)answer;
		struct nlmsgerr *e = NLMSG_DATA(h);

		accepted += h->nlmsg_type == NLMSG_ERROR && !e->error;
	}
}

static void storm(void)
{
	unsigned long i;

	for (i = 0; i < messages; i++) {
		struct nl_msg *m = make();
		struct nlmsghdr *h = nlmsg_hdr(m);
		unsigned int n = h->nlmsg_len < 128 ? h->nlmsg_len : 128;

		for (unsigned int k = 0; k < n; k++)
			sprintf(sent + 2 * k, "%02x", ((unsigned char *)h)[k]);
		send(rig_sock, h, h->nlmsg_len, 0);
		nlmsg_free(m);
		drain(rig_sock);
		if (!CHECK(allowed(rigs[0].ctl) && allowed(rigs[1].ctl), "message %lu: %s", i, sent))
			return;
		if (i % 64)
			continue;
		for (int k = 0; k < 2; k++)
			rig_bind(&rigs[k]);		/* if it is not */
	}
	printf("# %lu messages, %lu of them taken\n", i, accepted);
	CHECK(accepted > messages / 20, "the fuzzer gets somewhere");
}

static void alive(void)
{
	for (int k = 0; k < 2; k++) {
		rig_bind(&rigs[k]);
		CHECK_EQ(rig_simple(TLML_CMD_POLICY_GET, rigs[k].ifindex), 0);
		CHECK_EQ(rig_simple(TLML_CMD_STATS_GET, rigs[k].ifindex), 0);
		CHECK_EQ(rig_simple(TLML_CMD_MODEL_GET, rigs[k].ifindex), 0);
	}
}

static void leaves(void)
{
	for (int k = 0; k < 2; k++)
		rig_drop(&rigs[k]);
	close(rig_sock);		/* a dump that was begun holds the module */
	CHECK_EQ(rig_remove(), 0);
	for (int k = 0; k < 2; k++)
		CHECK_EQ(rig_alive(&rigs[k]), 0);
}

static const struct tap_test tests[] = {
	{ "whatever is sent, the control maps hold what is allowed", storm },
	{ "the family answers after it", alive },
	{ "nothing is held on to", leaves },
};

int main(int argc, char **argv)
{
	state = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	messages = argc > 1 ? strtoul(argv[1], NULL, 0) : MESSAGES;
	rig_begin(argv[0]);
	for (int k = 0; k < 2; k++) {
		char name[IF_NAMESIZE];

		snprintf(name, sizeof(name), "tlml%d", k);
		rig_run("ip link add %s type dummy", name);
		rig_maps(&rigs[k], if_nametoindex(name));
		rig_bind(&rigs[k]);
	}
	argc = tap_main(tests, sizeof(tests) / sizeof(tests[0]));
	rig_run("ip link del tlml0; ip link del tlml1");
	rig_remove();
	return argc;
}
