// SPDX-License-Identifier: BSD-2-Clause
/* How an interface is reached: by its maps, or by the kernel module that they are bound to. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "lib/netlink.h"

int tlml_cmd_transport(const char *word, enum tlml_cmd_transport *t)
{
	static const char *const names[] = { "auto", "maps", "netlink" };

	for (int i = 0; word && i < 3; i++)
		if (!strcmp(word, names[i])) {
			*t = i;
			return 0;
		}
	return -EINVAL;
}

/* The family; once found it is kept. */
static int reach(struct tlml_cmd *c, struct tlml_error *e)
{
	int err;

	if (c->nl)
		return 0;
	err = tlml_nl_open(&c->nl, e);
	if (!err)
		err = tlml_nl_find(c->nl, e);
	if (err)
		tlml_cmd_leave(c);
	return err;
}

void tlml_cmd_leave(struct tlml_cmd *c)
{
	tlml_nl_close(c->nl);
	c->nl = NULL;
}

int tlml_cmd_netlink(struct tlml_cmd *c)
{
	if (c->transport == TLML_CMD_MAPS)
		return tlml_error_set(&c->e, EINVAL, "%s goes by netlink: leave --transport maps out",
				      c->name);
	return reach(c, &c->e);
}

static int view(struct tlml_cmd *c, unsigned int ifindex, struct tlml_maps *m)
{
	int err = tlml_netlink_view(c->nl, ifindex, m, &c->e);

	if (!err)
		c->ifindex = ifindex;
	return err;
}

/* Not by maps at all, whatever there is. */
static int forced(struct tlml_cmd *c, const char *ifname, struct tlml_maps *m)
{
	unsigned int ifindex = if_nametoindex(ifname);
	int err = reach(c, &c->e), bound;

	if (err)
		return err;
	if (!ifindex)
		return tlml_error_set(&c->e, ENODEV, "there is no interface %s: 'ip link' lists them",
				      ifname);
	bound = tlml_netlink_bound(c->nl, ifindex, NULL, &c->e);
	if (bound < 0)
		return bound;
	if (!bound)
		return tlml_error_set(&c->e, ENOENT, "the module does not have the maps of %s: 'tlmlctl bind %s' gives it them, once tlml is on it",
				      ifname, ifname);
	return view(c, ifindex, m);
}

/* Those that are bound may be what a loader that was killed has left: then the pins count. */
static int is_same(const struct tlml_maps *m, unsigned int id)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);

	return m->fds[0] < 0 || (!bpf_obj_get_info_by_fd(m->fds[0], &info, &len) && info.id == id);
}

int tlml_cmd_view(struct tlml_cmd *c, const char *ifname, struct tlml_maps *m)
{
	unsigned int ifindex = if_nametoindex(ifname), id;
	struct tlml_error ignored;
	int err;

	c->ifindex = 0;
	*m = TLML_MAPS_NONE;
	if (c->transport == TLML_CMD_NETLINK) {
		err = forced(c, ifname, m);
		if (err)
			tlml_maps_close(m);
		return err;
	}
	err = tlml_maps_open(ifname, m, &c->e);
	if (c->transport == TLML_CMD_MAPS || !ifindex || reach(c, &ignored) ||
	    tlml_netlink_bound(c->nl, ifindex, &id, &ignored) <= 0 || !is_same(m, id))
		return err;
	err = view(c, ifindex, m);
	if (err)
		tlml_maps_close(m);
	return err;
}

int tlml_cmd_counters(struct tlml_cmd *c, const struct tlml_maps *m, struct tlml_stats *s)
{
	return c->ifindex ? tlml_netlink_stats(c->nl, c->ifindex, s, &c->e) :
			    tlml_maps_stats(m, s, &c->e);
}

int tlml_cmd_allowed(struct tlml_cmd *c, const struct tlml_maps *m, struct tlml_allow_key **keys,
		     size_t *n)
{
	return c->ifindex ? tlml_netlink_allowed(c->nl, c->ifindex, keys, n, &c->e) :
			    tlml_allow_list(m, keys, n, &c->e);
}

int tlml_cmd_apply(struct tlml_cmd *c, struct tlml_maps *m, int argc, char **argv)
{
	int err;

	if (!c->ifindex)
		return tlml_policy_set(m, argc, argv, &c->e);
	err = tlml_netlink_set(c->nl, m, argc, argv, &c->e);
	return err ? err : view(c, c->ifindex, m);
}

int tlml_cmd_list(struct tlml_cmd *c, char (**names)[IF_NAMESIZE])
{
	unsigned int *ifindexes;
	int i, n, err;

	if (c->transport != TLML_CMD_NETLINK)
		return tlml_maps_list(names, &c->e);
	err = reach(c, &c->e);
	n = err ? err : tlml_netlink_list(c->nl, &ifindexes, &c->e);
	if (n < 0)
		return n;
	*names = calloc(n + 1, sizeof(**names));
	for (i = 0; *names && i < n; i++)
		if (!if_indextoname(ifindexes[i], (*names)[i]))
			snprintf((*names)[i], IF_NAMESIZE, "if%u", ifindexes[i]);
	free(ifindexes);
	return *names ? n : tlml_error_set(&c->e, ENOMEM, "no memory for the names of interfaces");
}
