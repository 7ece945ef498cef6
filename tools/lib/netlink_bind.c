// SPDX-License-Identifier: BSD-2-Clause
/* Which interfaces the module has the maps of, and giving it those of one. */
#include <errno.h>
#include <linux/genetlink.h>
#include <stdlib.h>
#include <unistd.h>

#include "netlink.h"

struct list {
	unsigned int *ifindexes, n;
};

static int take_id(struct genlmsghdr *reply, void *arg)
{
	struct nlattr *tb[TLML_A_POLICY_MAX + 1];

	if (tlml_nl_attrs(reply, tb, TLML_A_POLICY_MAX) || !tb[TLML_A_POLICY_CTL_ID])
		return -EPROTO;
	*(unsigned int *)arg = nla_get_u32(tb[TLML_A_POLICY_CTL_ID]);
	return 0;
}

int tlml_netlink_bound(struct tlml_nl *nl, unsigned int ifindex, unsigned int *ctl_id,
		       struct tlml_error *e)
{
	unsigned int id;
	int err = tlml_nl_ask(nl, tlml_nl_request(nl, TLML_CMD_POLICY_GET, 0, ifindex), take_id,
			      &id, e);

	if (!err && ctl_id)
		*ctl_id = id;
	return err == -ENOENT ? 0 : err ? err : 1;
}

static int take_ifindex(struct genlmsghdr *reply, void *arg)
{
	struct nlattr *tb[TLML_A_POLICY_MAX + 1];
	struct list *l = arg;
	unsigned int *more;

	if (tlml_nl_attrs(reply, tb, TLML_A_POLICY_MAX) || !tb[TLML_A_POLICY_IFINDEX])
		return -EPROTO;
	more = realloc(l->ifindexes, (l->n + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	l->ifindexes = more;
	l->ifindexes[l->n++] = nla_get_u32(tb[TLML_A_POLICY_IFINDEX]);
	return 0;
}

int tlml_netlink_list(struct tlml_nl *nl, unsigned int **ifindexes, struct tlml_error *e)
{
	struct list l;
	int err, tries = 10;

	/* Not of one piece: an interface may be missing, so once more. */
	do {
		l = (struct list){ NULL, 0 };
		err = tlml_nl_ask(nl, tlml_nl_request(nl, TLML_CMD_POLICY_GET, NLM_F_DUMP, 0),
				  take_ifindex, &l, e);
		if (err)
			free(l.ifindexes);
	} while (err == -EINTR && --tries);
	if (err)
		return err;
	*ifindexes = l.ifindexes;
	return l.n;
}

int tlml_netlink_bind(struct tlml_nl *nl, const char *ifname, struct tlml_error *e)
{
	struct tlml_maps m;
	struct nl_msg *msg;
	int err = tlml_maps_open(ifname, &m, e);

	if (err)
		return err;
	msg = tlml_nl_request(nl, TLML_CMD_BIND, 0, if_nametoindex(ifname));
	if (msg && (nla_put_u32(msg, TLML_A_BIND_CTL, m.fds[0]) ||
		    nla_put_u32(msg, TLML_A_BIND_WEIGHTS, m.fds[3]) ||
		    nla_put_u32(msg, TLML_A_BIND_STATS, m.stats_fd) ||
		    nla_put_u32(msg, TLML_A_BIND_ALLOW, m.allow_fd) ||
		    nla_put_flag(msg, TLML_A_BIND_REPLACE))) {
		nlmsg_free(msg);
		msg = NULL;
	}
	err = tlml_nl_ask(nl, msg, NULL, NULL, e);
	tlml_maps_close(&m);
	return err;
}

int tlml_netlink_unbind(struct tlml_nl *nl, unsigned int ifindex, struct tlml_error *e)
{
	return tlml_nl_ask(nl, tlml_nl_request(nl, TLML_CMD_UNBIND, 0, ifindex), NULL, NULL, e);
}

int tlml_netlink_serve(const char *ifname, int on, struct tlml_error *e)
{
	unsigned int ifindex = if_nametoindex(ifname);
	struct tlml_nl *nl;
	int err = tlml_nl_open(&nl, e);

	if (err)
		return err;
	err = tlml_nl_find(nl, e);
	if (!err)
		err = on ? tlml_netlink_bind(nl, ifname, e) :
			   ifindex ? tlml_netlink_unbind(nl, ifindex, e) : 0;
	else if (err == -ENOENT)
		err = 0;
	tlml_nl_close(nl);
	return !on && err == -ENOENT ? 0 : err;
}
