// SPDX-License-Identifier: BSD-2-Clause
/* The module's generic netlink family, asked and told over one socket. */
#include "nl.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define GROUPS		3
#define HEARD_MAX	(64 << 10)

struct tlml_nl {
	struct nl_sock *sock;
	int family;
	int groups[GROUPS];	/* numbers of the multicast groups, 0 beyond the last */
};

/* One request on its way. */
struct ask {
	tlml_nl_reply *fn;
	void *arg;
	int err, done;
	char said[256];		/* by the kernel, "" if nothing */
};

int tlml_nl_open(struct tlml_nl **nl, struct tlml_error *e)
{
	struct tlml_nl *n = calloc(1, sizeof(*n));
	int on = 1, err;

	if (n)
		n->sock = nl_socket_alloc();
	if (!n || !n->sock) {
		free(n);
		return tlml_error_set(e, ENOMEM, "no memory for a netlink socket");
	}
	err = genl_connect(n->sock);
	if (err) {
		tlml_nl_close(n);
		return tlml_error_set(e, EIO, "cannot make a netlink socket: %s", nl_geterror(err));
	}
	/* What goes wrong is to come with a sentence, and without the request. */
	setsockopt(nl_socket_get_fd(n->sock), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(nl_socket_get_fd(n->sock), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	*nl = n;
	return 0;
}

void tlml_nl_close(struct tlml_nl *nl)
{
	if (!nl)
		return;
	nl_socket_free(nl->sock);
	free(nl);
}

/* What stands behind the header of an error, or the status of a dump's end. */
static void hear(struct ask *a, const struct nlmsghdr *h, size_t skip)
{
	struct nlattr *tb[NLMSGERR_ATTR_MAX + 1];
	const char *at = (const char *)h + NLMSG_HDRLEN + NLMSG_ALIGN(skip);
	int left = (int)h->nlmsg_len - (at - (const char *)h);

	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS) || left <= 0)
		return;
	if (nla_parse(tb, NLMSGERR_ATTR_MAX, (struct nlattr *)at, left, NULL) < 0)
		return;
	if (tb[NLMSGERR_ATTR_MSG])
		snprintf(a->said, sizeof(a->said), "%.*s", nla_len(tb[NLMSGERR_ATTR_MSG]),
			 (char *)nla_data(tb[NLMSGERR_ATTR_MSG]));
	tlml_error_clean(a->said);
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *err, void *arg)
{
	struct nlmsghdr *h = (struct nlmsghdr *)((char *)err - NLMSG_HDRLEN);
	struct ask *a = arg;

	a->err = err->error;
	a->done = 1;
	hear(a, h, sizeof(*err));
	return NL_STOP;
}

static int on_ack(struct nl_msg *msg, void *arg)
{
	((struct ask *)arg)->done = 1;
	return NL_STOP;
}

/* A dump that fails ends with its error, too. */
static int on_finish(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *h = nlmsg_hdr(msg);
	struct ask *a = arg;

	a->done = 1;
	if (h->nlmsg_len >= NLMSG_LENGTH(sizeof(int)) && *(int *)NLMSG_DATA(h) < 0) {
		a->err = *(int *)NLMSG_DATA(h);
		hear(a, h, sizeof(int));
	}
	return NL_STOP;
}

static int on_reply(struct nl_msg *msg, void *arg)
{
	struct ask *a = arg;
	int err = a->fn ? a->fn(nlmsg_data(nlmsg_hdr(msg)), a->arg) : 0;

	if (err && !a->err)
		a->err = err;
	return NL_OK;
}

static int fail(const struct ask *a, int err, struct tlml_error *e)
{
	if (*a->said)
		return tlml_error_set(e, -err, "the module says: %s", a->said);
	if (err == -EPERM)
		return tlml_error_set(e, EPERM, "the module refuses: run as root, or with CAP_NET_ADMIN");
	return tlml_error_set(e, -err, "the module cannot be asked: %s", strerror(-err));
}

static int send_and_wait(struct tlml_nl *nl, struct nl_msg *request, struct ask *a,
			 struct tlml_error *e)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
	int err = cb ? nl_send_auto(nl->sock, request) : -NLE_NOMEM;

	if (cb) {
		nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_reply, a);
		nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_ack, a);
		nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_finish, a);
		nl_cb_err(cb, NL_CB_CUSTOM, on_error, a);
	}
	while (err >= 0 && !a->done)
		err = nl_recvmsgs(nl->sock, cb);
	nl_cb_put(cb);
	if (err == -NLE_DUMP_INTR)
		return tlml_error_set(e, EINTR, "it changed while it was read: try again");
	if (err < 0 && !a->done)
		return tlml_error_set(e, EIO, "netlink: %s", nl_geterror(err));
	return a->err ? fail(a, a->err, e) : 0;
}

int tlml_nl_ask(struct tlml_nl *nl, struct nl_msg *request, tlml_nl_reply *fn, void *arg,
		struct tlml_error *e)
{
	struct ask a = { .fn = fn, .arg = arg };
	int err;

	if (!request)
		return tlml_error_set(e, ENOMEM, "no memory for a request");
	err = send_and_wait(nl, request, &a, e);
	nlmsg_free(request);
	return err;
}

int tlml_nl_attrs(struct genlmsghdr *reply, struct nlattr **tb, int max)
{
	struct nlmsghdr *h = (struct nlmsghdr *)((char *)reply - NLMSG_HDRLEN);

	return genlmsg_parse(h, 0, tb, max, NULL) < 0 ? -EPROTO : 0;
}

struct nl_msg *tlml_nl_request(const struct tlml_nl *nl, int cmd, int flags, unsigned int ifindex)
{
	struct nl_msg *m = nlmsg_alloc();

	if (m && genlmsg_put(m, NL_AUTO_PORT, NL_AUTO_SEQ, nl->family, 0, flags, cmd,
			     TLML_FAMILY_VERSION) &&
	    (!ifindex || !nla_put_u32(m, TLML_A_BIND_IFINDEX, ifindex)))
		return m;
	nlmsg_free(m);
	return NULL;
}

static int take_family(struct genlmsghdr *reply, void *arg)
{
	struct nlattr *tb[CTRL_ATTR_MAX + 1], *group, *of[CTRL_ATTR_MCAST_GRP_MAX + 1];
	struct tlml_nl *nl = arg;
	int left, n = 0;

	if (tlml_nl_attrs(reply, tb, CTRL_ATTR_MAX) || !tb[CTRL_ATTR_FAMILY_ID])
		return -EPROTO;
	nl->family = nla_get_u16(tb[CTRL_ATTR_FAMILY_ID]);
	if (!tb[CTRL_ATTR_MCAST_GROUPS])
		return 0;
	nla_for_each_nested(group, tb[CTRL_ATTR_MCAST_GROUPS], left) {
		if (nla_parse_nested(of, CTRL_ATTR_MCAST_GRP_MAX, group, NULL) < 0 ||
		    !of[CTRL_ATTR_MCAST_GRP_ID] || n == GROUPS)
			continue;
		nl->groups[n++] = nla_get_u32(of[CTRL_ATTR_MCAST_GRP_ID]);
	}
	return 0;
}

int tlml_nl_find(struct tlml_nl *nl, struct tlml_error *e)
{
	struct nl_msg *m = nlmsg_alloc();
	int err;

	memset(nl->groups, 0, sizeof(nl->groups));
	if (!m || !genlmsg_put(m, NL_AUTO_PORT, NL_AUTO_SEQ, GENL_ID_CTRL, 0, 0,
			       CTRL_CMD_GETFAMILY, 1) ||
	    nla_put_string(m, CTRL_ATTR_FAMILY_NAME, TLML_FAMILY_NAME)) {
		nlmsg_free(m);
		return tlml_error_set(e, ENOMEM, "no memory for a request");
	}
	err = tlml_nl_ask(nl, m, take_family, nl, e);
	if (err == -ENOENT)
		tlml_error_set(e, ENOENT, "the kernel module tlml is not loaded: 'modprobe tlml', or do without netlink");
	return err;
}

int tlml_nl_listen(struct tlml_nl *nl, struct tlml_error *e)
{
	/* GENL_ID_CTRL is also the number of its own group, where families come and go. */
	int err = nl_socket_add_membership(nl->sock, GENL_ID_CTRL);

	for (int i = 0; i < GROUPS && nl->groups[i] && !err; i++)
		err = nl_socket_add_membership(nl->sock, nl->groups[i]);
	if (err == -NLE_PERM)
		return tlml_error_set(e, EPERM, "may not listen: run as root, or with CAP_NET_ADMIN");
	if (err)
		return tlml_error_set(e, EIO, "cannot listen: %s", nl_geterror(err));
	return 0;
}

static int is_gone(const struct tlml_nl *nl, struct nlmsghdr *h)
{
	struct nlattr *tb[CTRL_ATTR_MAX + 1];
	struct genlmsghdr *g = nlmsg_data(h);

	return h->nlmsg_type == GENL_ID_CTRL && g->cmd == CTRL_CMD_DELFAMILY &&
	       !tlml_nl_attrs(g, tb, CTRL_ATTR_MAX) && tb[CTRL_ATTR_FAMILY_ID] &&
	       nla_get_u16(tb[CTRL_ATTR_FAMILY_ID]) == nl->family;
}

int tlml_nl_hear(struct tlml_nl *nl, tlml_nl_reply *fn, void *arg, struct tlml_error *e)
{
	char heard[HEARD_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	ssize_t len = recv(nl_socket_get_fd(nl->sock), heard, sizeof(heard), 0);
	struct nlmsghdr *h = (struct nlmsghdr *)heard;
	int left = len, err = 0;

	if (len < 0 && errno == ENOBUFS)
		return tlml_error_set(e, ENOBUFS, "more was told than could be heard: some of it is lost");
	if (len < 0)
		return tlml_error_set(e, errno, "cannot hear the module: %s", strerror(errno));
	for (; nlmsg_ok(h, left) && !err; h = nlmsg_next(h, &left)) {
		if (nlmsg_datalen(h) < (int)GENL_HDRLEN)
			continue;
		if (h->nlmsg_type == nl->family)
			err = fn(nlmsg_data(h), arg);
		else if (is_gone(nl, h))
			err = tlml_error_set(e, ENOENT, "the kernel module tlml was unloaded");
	}
	return err;
}

int tlml_nl_tell(struct tlml_nl *nl, unsigned int ifindex, int ctl, enum tlml_told event,
		 unsigned int generation, const char *text, struct tlml_error *e)
{
	struct nl_msg *m;
	int err = tlml_nl_find(nl, e);

	if (err)
		return err;
	m = tlml_nl_request(nl, TLML_CMD_TELL, 0, ifindex);
	if (m && (nla_put_u32(m, TLML_A_EVENT_CTL, ctl) ||
		  nla_put_u32(m, TLML_A_EVENT_EVENT, event) ||
		  nla_put_u32(m, TLML_A_EVENT_GENERATION, generation) ||
		  nla_put_string(m, TLML_A_EVENT_TEXT, text))) {
		nlmsg_free(m);
		m = NULL;
	}
	return tlml_nl_ask(nl, m, NULL, NULL, e);
}
