// SPDX-License-Identifier: BSD-2-Clause
/* Whether anybody uses an interface's clsact qdisc. */
#include "filters.h"

#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

/* Reads answers up to the end of the dump: 1 if a filter was among them, 0 if not, -1 on error. */
static int read_dump(int fd)
{
	char buf[16384] __attribute__((aligned(NLMSG_ALIGNTO)));
	int found = 0;

	for (;;) {
		ssize_t len = recv(fd, buf, sizeof(buf), 0);
		struct nlmsghdr *h = (struct nlmsghdr *)buf;

		if (len <= 0)
			return -1;
		for (; NLMSG_OK(h, len); h = NLMSG_NEXT(h, len)) {
			if (h->nlmsg_type == NLMSG_DONE)
				return found;
			if (h->nlmsg_type == NLMSG_ERROR)
				return -1;
			if (h->nlmsg_type == RTM_NEWTFILTER)
				found = 1;
		}
	}
}

static int dump_side(int ifindex, __u32 parent)
{
	struct {
		struct nlmsghdr h;
		struct tcmsg tc;
	} ask = {
		.h = { .nlmsg_len = sizeof(ask), .nlmsg_type = RTM_GETTFILTER,
		       .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.tc = { .tcm_family = AF_UNSPEC, .tcm_ifindex = ifindex, .tcm_parent = parent },
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), found = -1;

	if (fd < 0)
		return -1;
	if (send(fd, &ask, sizeof(ask), 0) == sizeof(ask))
		found = read_dump(fd);
	close(fd);
	return found;
}

bool tlml_filters_any(int ifindex)
{
	return dump_side(ifindex, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)) ||
	       dump_side(ifindex, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS));
}
