// SPDX-License-Identifier: GPL-2.0
/*
 * The allow-list. A trie entry's value is its own prefix length: a lookup finds the longest match,
 * and only by that value can one tell whether the very prefix is there.
 */
#include <linux/preempt.h>
#include <linux/sched.h>
#include <net/sock.h>

#include "bind.h"
#include "compat.h"
#include "netlink.gen.h"
#include "netlink.h"

#define V4_BITS		96	/* of ::ffff:0:0/96 */
#define EPOCH_MAX	127

/* Of a dump: where it is. */
struct dump {
	bool begun;
	struct tlml_allow_key last;
};

/* As the system calls on maps have it: programs on other CPUs look prefixes up meanwhile. */
static void trie_lock(void) __acquires(RCU)
{
	migrate_disable();
	rcu_read_lock();
}

static void trie_unlock(void) __releases(RCU)
{
	rcu_read_unlock();
	migrate_enable();
}

static bool trie_has(struct bpf_map *map, struct tlml_allow_key *key)
{
	u32 *len;
	bool has;

	trie_lock();
	len = map->ops->map_lookup_elem(map, key);
	has = len && READ_ONCE(*len) == key->prefixlen;
	trie_unlock();
	return has;
}

/* The entry after key, or with NULL the first one. */
static int trie_next(struct bpf_map *map, struct tlml_allow_key *key, struct tlml_allow_key *next)
{
	int err;

	trie_lock();
	err = map->ops->map_get_next_key(map, key, next);
	trie_unlock();
	return err;
}

static int trie_add(struct bpf_map *map, struct tlml_allow_key *key)
{
	int err;

	trie_lock();
	err = map->ops->map_update_elem(map, key, &key->prefixlen, BPF_ANY);
	trie_unlock();
	return err;
}

static int trie_del(struct bpf_map *map, struct tlml_allow_key *key)
{
	int err;

	trie_lock();
	err = map->ops->map_delete_elem(map, key);
	trie_unlock();
	return err;
}

/* Flows keep the answer of their lookup together with the epoch it is from. */
static void announce(struct genl_info *info, struct tlml_bind *b)
{
	struct net *net = genl_info_net(info);
	struct tlml_ctl *ctl = b->ctl;
	struct tlml_allow_key key;
	u8 was = READ_ONCE(ctl->allow_epoch), next, saw;

	for (;;) {
		next = was < EPOCH_MAX ? was + 1 : 1;
		saw = cmpxchg(&ctl->allow_epoch, was, next);
		if (saw == was)
			break;
		was = saw;
	}
	smp_store_release(&ctl->allow_any, !trie_next(b->maps[TLML_BIND_ALLOW], NULL, &key));
	tlml_ns_changed(tlml_ns_of(net));
	tlml_nl_policy_notify(net, b);
}

/* Whether bits are set beyond the length. */
static bool is_wider(const struct tlml_allow_key *key)
{
	u32 i, bits;

	for (i = 0; i < 4; i++) {
		bits = key->prefixlen > i * 32 ? key->prefixlen - i * 32 : 0;
		if (bits < 32 && key->addr[i] & ~(__force u32)htonl(~(~0ull >> 32 >> bits)))
			return true;
	}
	return false;
}

static int parse(struct genl_info *info, struct tlml_allow_key *key)
{
	struct nlattr *addr = info->attrs[TLML_A_ALLOW_ADDR], *len = info->attrs[TLML_A_ALLOW_LEN];

	if (!addr)
		return tlml_nl_missing(info->extack, NULL, TLML_A_ALLOW_ADDR);
	if (!len)
		return tlml_nl_missing(info->extack, NULL, TLML_A_ALLOW_LEN);
	*key = (struct tlml_allow_key){ .prefixlen = nla_get_u32(len) };
	if (nla_len(addr) != 4 && nla_len(addr) != 16) {
		NL_SET_ERR_MSG_ATTR(info->extack, addr, "an address has 4 bytes or 16");
		return -EINVAL;
	}
	if (nla_len(addr) == 4) {
		if (key->prefixlen > 32) {
			NL_SET_ERR_MSG_ATTR(info->extack, len, "an IPv4 prefix has 32 bits at most");
			return -EINVAL;
		}
		key->prefixlen += V4_BITS;
		key->addr[2] = (__force u32)htonl(0xffff);
	}
	memcpy((char *)key->addr + 16 - nla_len(addr), nla_data(addr), nla_len(addr));
	if (is_wider(key)) {
		NL_SET_ERR_MSG_ATTR(info->extack, addr, "the address has bits set beyond the length");
		return -EINVAL;
	}
	return 0;
}

static int add(struct tlml_bind *b, struct genl_info *info)
{
	struct tlml_allow_key key;
	int err = parse(info, &key);

	if (err || trie_has(b->maps[TLML_BIND_ALLOW], &key))
		return err;
	err = trie_add(b->maps[TLML_BIND_ALLOW], &key);
	if (err == -ENOSPC)
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[TLML_A_ALLOW_ADDR],
				    "the allow-list is full: delete prefixes or use shorter ones");
	else if (err)
		NL_SET_ERR_MSG(info->extack, "the kernel's trie does not take this prefix");
	else
		announce(info, b);
	return err;
}

static int del(struct tlml_bind *b, struct genl_info *info)
{
	struct tlml_allow_key key;
	int err = parse(info, &key);

	if (err)
		return err;
	err = -ENOENT;
	if (trie_has(b->maps[TLML_BIND_ALLOW], &key))
		err = trie_del(b->maps[TLML_BIND_ALLOW], &key);
	if (err)
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[TLML_A_ALLOW_ADDR],
				    "this prefix is not on the allow-list");
	else
		announce(info, b);
	return err;
}

/* Who adds meanwhile, by the map itself, is not chased without end. */
static int flush(struct tlml_bind *b, struct genl_info *info)
{
	struct bpf_map *map = b->maps[TLML_BIND_ALLOW];
	u32 left = map->max_entries;
	struct tlml_allow_key key;
	int err = 0;

	while (!err && left-- && !trie_next(map, NULL, &key)) {
		err = trie_del(map, &key);
		cond_resched();
	}
	if (err)
		NL_SET_ERR_MSG(info->extack, "the allow-list changed meanwhile: try again");
	if (left != map->max_entries - 1)
		announce(info, b);
	return err;
}

static int change(struct genl_info *info, int (*fn)(struct tlml_bind *b, struct genl_info *info))
{
	struct tlml_bind *b = tlml_bind_lock(info, TLML_A_ALLOW_IFINDEX);
	int err;

	if (IS_ERR(b))
		return PTR_ERR(b);
	err = fn(b, info);
	tlml_bind_unlock(info);
	return err;
}

int tlml_nl_allow_add_doit(struct sk_buff *skb, struct genl_info *info)
{
	return change(info, add);
}

int tlml_nl_allow_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	return change(info, del);
}

int tlml_nl_allow_flush_doit(struct sk_buff *skb, struct genl_info *info)
{
	return change(info, flush);
}

static int dump_one(struct sk_buff *skb, struct netlink_callback *cb, u32 ifindex,
		    const struct tlml_allow_key *key)
{
	bool v4 = key->prefixlen >= V4_BITS && !key->addr[0] && !key->addr[1] &&
		  key->addr[2] == (__force u32)htonl(0xffff);
	void *hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				&tlml_nl_family, NLM_F_MULTI, TLML_CMD_ALLOW_GET);

	if (!hdr)
		return -EMSGSIZE;
	genl_dump_check_consistent(cb, hdr);
	if (nla_put_u32(skb, TLML_A_ALLOW_IFINDEX, ifindex) ||
	    nla_put(skb, TLML_A_ALLOW_ADDR, v4 ? 4 : 16, &key->addr[v4 ? 3 : 0]) ||
	    nla_put_u32(skb, TLML_A_ALLOW_LEN, key->prefixlen - (v4 ? V4_BITS : 0))) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

static int dump_trie(struct sk_buff *skb, struct netlink_callback *cb, struct tlml_bind *b)
{
	struct dump *d = (void *)cb->ctx;
	struct tlml_allow_key key;

	BUILD_BUG_ON(sizeof(*d) > sizeof(cb->ctx));
	while (!trie_next(b->maps[TLML_BIND_ALLOW], d->begun ? &d->last : NULL, &key)) {
		int err = dump_one(skb, cb, b->ifindex, &key);

		if (err)
			return err;
		d->last = key;
		d->begun = true;
	}
	return 0;
}

int tlml_nl_allow_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct nlattr *attr = tlml_dump_attrs(cb)[TLML_A_ALLOW_IFINDEX];
	struct tlml_ns *tn = tlml_ns_of(sock_net(skb->sk));
	struct tlml_bind *b;
	int err = -ENOENT;

	if (!attr)
		return tlml_nl_missing(cb->extack, NULL, TLML_A_ALLOW_IFINDEX);
	mutex_lock(&tn->lock);
	b = tlml_bind_find(tn, nla_get_u32(attr));
	if (b) {
		/* Others change the trie, too: they move the epoch on, and so the dump is torn. */
		cb->seq = (tn->changes << 8 | READ_ONCE(b->ctl->allow_epoch)) + 1;
		err = dump_trie(skb, cb, b);
	} else {
		NL_SET_ERR_MSG_ATTR(cb->extack, attr, "no maps are bound to this interface");
	}
	mutex_unlock(&tn->lock);
	return skb->len ?: err;
}
