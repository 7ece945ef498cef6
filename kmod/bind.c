// SPDX-License-Identifier: GPL-2.0
/* Interfaces and the maps that are bound to them, by network namespace. */
#include "bind.h"

#include <linux/file.h>
#include <linux/fs.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "compat.h"
#include "netlink.gen.h"
#include "netlink.h"

#define ALERTS_BURST	10
#define ALERTS_INTERVAL	(10 * HZ)

static unsigned int net_id __read_mostly;

/* What each map has to be; entries and value_size 0: any, most: value_size or more. */
static const struct {
	int attr;
	enum bpf_map_type type;
	u32 key_size, value_size, entries, flags;
	bool most;
} wanted[TLML_BIND_MAPS] = {
	[TLML_BIND_CTL] = { TLML_A_BIND_CTL, BPF_MAP_TYPE_ARRAY, sizeof(u32),
			    sizeof(struct tlml_ctl), 1, BPF_F_MMAPABLE },
	[TLML_BIND_WEIGHTS] = { TLML_A_BIND_WEIGHTS, BPF_MAP_TYPE_ARRAY, sizeof(u32),
				sizeof(struct tlml_weights), TLML_SLOTS, BPF_F_MMAPABLE },
	[TLML_BIND_STATS] = { TLML_A_BIND_STATS, BPF_MAP_TYPE_PERCPU_ARRAY, sizeof(u32),
			      sizeof(struct tlml_stats), 1, 0, true },
	[TLML_BIND_ALLOW] = { TLML_A_BIND_ALLOW, BPF_MAP_TYPE_LPM_TRIE,
			      sizeof(struct tlml_allow_key), sizeof(u32), 0, BPF_F_NO_PREALLOC },
};

struct tlml_ns *tlml_ns_of(const struct net *net)
{
	return net_generic(net, net_id);
}

void tlml_ns_changed(struct tlml_ns *tn)
{
	if (!++tn->changes)
		tn->changes = 1;
}

struct tlml_bind *tlml_bind_find(struct tlml_ns *tn, u32 ifindex)
{
	struct tlml_bind *b;

	list_for_each_entry(b, &tn->binds, node)
		if (b->ifindex == ifindex)
			return b;
	return NULL;
}

struct tlml_bind *tlml_bind_lock(struct genl_info *info, int attr)
{
	struct tlml_ns *tn = tlml_ns_of(genl_info_net(info));
	struct tlml_bind *b;

	if (!info->attrs[attr])
		return ERR_PTR(tlml_nl_missing(info->extack, NULL, attr));
	mutex_lock(&tn->lock);
	b = tlml_bind_find(tn, nla_get_u32(info->attrs[attr]));
	if (b)
		return b;
	mutex_unlock(&tn->lock);
	NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[attr], "no maps are bound to this interface");
	return ERR_PTR(-ENOENT);
}

void tlml_bind_unlock(struct genl_info *info)
{
	mutex_unlock(&tlml_ns_of(genl_info_net(info))->lock);
}

struct bpf_map *tlml_bind_map_get(struct nlattr *attr, fmode_t modes,
				  struct netlink_ext_ack *extack)
{
	u32 fd = nla_get_u32(attr);
	struct bpf_map *map = bpf_map_get(fd);
	struct file *file;
	bool open;

	if (IS_ERR(map)) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "this is not the descriptor of a BPF map");
		return map;
	}
	/* The descriptor may mean another file by now; what was opened for writing is that map. */
	file = fget(fd);
	open = file && file->private_data == map && (file->f_mode & modes) == modes;
	if (file)
		fput(file);
	if (open)
		return map;
	bpf_map_put(map);
	NL_SET_ERR_MSG_ATTR(extack, attr, "the descriptor is not open for reading and writing");
	return ERR_PTR(-EPERM);
}

static int map_check(const struct bpf_map *map, int i, struct nlattr *attr,
		     struct netlink_ext_ack *extack)
{
	if (map->map_type != wanted[i].type) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "the map is of another type");
		return -EINVAL;
	}
	if (map->key_size != wanted[i].key_size ||
	    (wanted[i].most ? map->value_size < wanted[i].value_size :
			      map->value_size != wanted[i].value_size)) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "the map's keys or values are of another size: it is of another tlml version");
		return -EPROTO;
	}
	if (wanted[i].entries && map->max_entries != wanted[i].entries) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "the map has another number of entries");
		return -EPROTO;
	}
	if (map->map_flags != wanted[i].flags) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "the map was made with other flags");
		return -EPROTO;
	}
	if (READ_ONCE(map->frozen)) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "the map is frozen");
		return -EPERM;
	}
	return 0;
}

static void *array_value(struct bpf_map *map)
{
	u32 zero = 0;
	void *value;

	rcu_read_lock();
	value = map->ops->map_lookup_elem(map, &zero);
	rcu_read_unlock();
	return value;
}

static void bind_free(struct tlml_bind *b)
{
	int i;

	for (i = 0; i < TLML_BIND_MAPS; i++)
		if (b->maps[i])
			bpf_map_put(b->maps[i]);
	kfree(b);
}

static int bind_fill(struct tlml_bind *b, struct genl_info *info)
{
	struct nlattr *attr;
	int i, err;

	for (i = 0; i < TLML_BIND_MAPS; i++) {
		struct bpf_map *map;

		attr = info->attrs[wanted[i].attr];
		if (!attr)
			return tlml_nl_missing(info->extack, NULL, wanted[i].attr);
		map = tlml_bind_map_get(attr, FMODE_CAN_READ | FMODE_CAN_WRITE, info->extack);
		if (IS_ERR(map))
			return PTR_ERR(map);
		b->maps[i] = map;
		err = map_check(map, i, attr, info->extack);
		if (err)
			return err;
	}
	b->ctl = array_value(b->maps[TLML_BIND_CTL]);
	b->weights = array_value(b->maps[TLML_BIND_WEIGHTS]);
	attr = info->attrs[TLML_A_BIND_CTL];
	if (READ_ONCE(b->ctl->abi) != TLML_ABI) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr, "the data path speaks another ABI than this module");
		return -EPROTO;
	}
	if (READ_ONCE(b->ctl->ifindex) != b->ifindex) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr, "these are the maps of another interface");
		return -EINVAL;
	}
	return 0;
}

static struct tlml_bind *bind_new(struct genl_info *info)
{
	struct tlml_bind *b = kzalloc(sizeof(*b), GFP_KERNEL);
	int err;

	if (!b)
		return ERR_PTR(-ENOMEM);
	b->ifindex = nla_get_u32(info->attrs[TLML_A_BIND_IFINDEX]);
	ratelimit_state_init(&b->alerts, ALERTS_INTERVAL, ALERTS_BURST);
	ratelimit_set_flags(&b->alerts, RATELIMIT_MSG_ON_RELEASE);
	err = bind_fill(b, info);
	if (!err)
		return b;
	bind_free(b);
	return ERR_PTR(err);
}

static void bind_drop(struct tlml_ns *tn, struct tlml_bind *b)
{
	list_del(&b->node);
	tn->bound--;
	tlml_ns_changed(tn);
	bind_free(b);
}

/* With RTNL held, so that the interface cannot go before its notifier can see the binding. */
static int bind_add(struct net *net, struct tlml_bind *b, struct genl_info *info)
{
	struct tlml_ns *tn = tlml_ns_of(net);
	struct nlattr *attr = info->attrs[TLML_A_BIND_IFINDEX];
	struct tlml_bind *old;

	if (!__dev_get_by_index(net, b->ifindex)) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr, "there is no such interface in this network namespace");
		return -ENODEV;
	}
	mutex_lock(&tn->lock);
	old = tlml_bind_find(tn, b->ifindex);
	if (old && !info->attrs[TLML_A_BIND_REPLACE]) {
		mutex_unlock(&tn->lock);
		NL_SET_ERR_MSG_ATTR(info->extack, attr, "maps are bound to this interface already");
		return -EEXIST;
	}
	if (old)
		bind_drop(tn, old);
	list_add_tail(&b->node, &tn->binds);
	tn->bound++;
	tlml_ns_changed(tn);
	tlml_nl_policy_notify(net, b);
	mutex_unlock(&tn->lock);
	return 0;
}

int tlml_nl_bind_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct tlml_bind *b;
	int err;

	if (!info->attrs[TLML_A_BIND_IFINDEX])
		return tlml_nl_missing(info->extack, NULL, TLML_A_BIND_IFINDEX);
	b = bind_new(info);
	if (IS_ERR(b))
		return PTR_ERR(b);
	rtnl_lock();
	err = bind_add(genl_info_net(info), b, info);
	rtnl_unlock();
	if (err)
		bind_free(b);
	return err;
}

int tlml_nl_unbind_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct tlml_bind *b = tlml_bind_lock(info, TLML_A_BIND_IFINDEX);

	if (IS_ERR(b))
		return PTR_ERR(b);
	tlml_nl_unbind_notify(genl_info_net(info), b->ifindex);
	bind_drop(tlml_ns_of(genl_info_net(info)), b);
	tlml_bind_unlock(info);
	return 0;
}

const struct tlml_weights *tlml_bind_weights(const struct tlml_bind *b)
{
	return &b->weights[READ_ONCE(b->ctl->slot) & (TLML_SLOTS - 1)];
}

u32 tlml_bind_classes(const struct tlml_weights *w)
{
	return READ_ONCE(w->generation) ? min_t(u32, READ_ONCE(w->classes), TLML_CLASSES_MAX) : 0;
}

void tlml_bind_class_name(const struct tlml_weights *w, u32 class, char name[TLML_NAME_MAX])
{
	memcpy(name, w->info[class].name, TLML_NAME_MAX);
	name[TLML_NAME_MAX - 1] = 0;
}

static int on_netdev(struct notifier_block *nb, unsigned long event, void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	struct tlml_ns *tn = tlml_ns_of(dev_net(dev));
	struct tlml_bind *b;

	if (event != NETDEV_UNREGISTER)		/* also when it moves to another namespace */
		return NOTIFY_DONE;
	mutex_lock(&tn->lock);
	b = tlml_bind_find(tn, dev->ifindex);
	if (b) {
		tlml_nl_unbind_notify(dev_net(dev), b->ifindex);
		bind_drop(tn, b);
	}
	mutex_unlock(&tn->lock);
	return NOTIFY_DONE;
}

static struct notifier_block notifier = { .notifier_call = on_netdev };

static int __net_init net_init(struct net *net)
{
	struct tlml_ns *tn = tlml_ns_of(net);

	mutex_init(&tn->lock);
	INIT_LIST_HEAD(&tn->binds);
	tn->changes = 1;
	return 0;
}

/* Interfaces went before their namespace, and with them what was bound. */
static void __net_exit net_exit(struct net *net)
{
	WARN_ON_ONCE(!list_empty(&tlml_ns_of(net)->binds));
}

static struct pernet_operations net_ops = {
	.init = net_init,
	.exit = net_exit,
	.id = &net_id,
	.size = sizeof(struct tlml_ns),
};

int tlml_bind_init(void)
{
	int err = register_pernet_subsys(&net_ops);

	if (err)
		return err;
	err = register_netdevice_notifier(&notifier);
	if (err)
		unregister_pernet_subsys(&net_ops);
	return err;
}

/* The notifier is told that every interface goes, so this lets go of all maps. */
void tlml_bind_exit(void)
{
	unregister_netdevice_notifier(&notifier);
	unregister_pernet_subsys(&net_ops);
}
