// SPDX-License-Identifier: BSD-2-Clause
/*
 * Asks the kernel (6.3 and newer) what XDP a driver can do, by the generic netlink family
 * "netdev". Attaching something to find out would stop the queues of many a card.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "cmd.h"

/* Of linux/netdev.h, which Debian 12 lacks. */
#define NETDEV_CMD_DEV_GET		1
#define NETDEV_A_DEV_IFINDEX		1
#define NETDEV_A_DEV_XDP_FEATURES	3

struct request {
	struct nlmsghdr nl;
	struct genlmsghdr genl;
	struct nlattr attr;
	char value[16];
};

/* Sends a command with one attribute; the length of the answer in buf, or -errno. */
static ssize_t ask(int fd, __u16 family, __u8 cmd, __u16 type, const void *value, __u16 size,
		   void *buf, size_t room)
{
	struct request r = {
		.nl = { .nlmsg_type = family, .nlmsg_flags = NLM_F_REQUEST },
		.genl = { .cmd = cmd, .version = 1 },
		.attr = { .nla_type = type, .nla_len = NLA_HDRLEN + size },
	};
	const struct nlmsghdr *answer = buf;
	ssize_t got;

	memcpy(r.value, value, size);
	r.nl.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN) + NLA_ALIGN(r.attr.nla_len);
	if (send(fd, &r, r.nl.nlmsg_len, 0) < 0)
		return -errno;
	got = recv(fd, buf, room, 0);
	if (got < 0)
		return -errno;
	if (!NLMSG_OK(answer, (size_t)got))
		return -EPROTO;
	if (answer->nlmsg_type == NLMSG_ERROR)
		return ((const struct nlmsgerr *)NLMSG_DATA(answer))->error ?: -EPROTO;
	return answer->nlmsg_len;
}

/* Copies the attribute type of an answer to value; -ENODATA if it is not there. */
static int find(const char *buf, ssize_t len, __u16 type, void *value, size_t size)
{
	ssize_t at = NLMSG_LENGTH(GENL_HDRLEN);
	struct nlattr attr;

	while (at + NLA_HDRLEN <= len) {
		memcpy(&attr, buf + at, sizeof(attr));
		if (attr.nla_len < NLA_HDRLEN || at + attr.nla_len > len)
			return -EPROTO;
		if ((attr.nla_type & NLA_TYPE_MASK) == type && attr.nla_len == NLA_HDRLEN + size) {
			memcpy(value, buf + at + NLA_HDRLEN, size);
			return 0;
		}
		at += NLA_ALIGN(attr.nla_len);
	}
	return -ENODATA;
}

long long tlml_cmd_xdp_features(unsigned int ifindex)
{
	static const struct timeval limit = { .tv_sec = 1 };
	char buf[8192] __attribute__((aligned(NLMSG_ALIGNTO)));
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	unsigned long long features = 0;
	__u16 family = 0;
	ssize_t len;
	int err;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	len = ask(fd, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_NAME, "netdev",
		  sizeof("netdev"), buf, sizeof(buf));
	err = len < 0 ? len : find(buf, len, CTRL_ATTR_FAMILY_ID, &family, sizeof(family));
	if (!err) {
		len = ask(fd, family, NETDEV_CMD_DEV_GET, NETDEV_A_DEV_IFINDEX, &ifindex,
			  sizeof(ifindex), buf, sizeof(buf));
		err = len < 0 ? len : find(buf, len, NETDEV_A_DEV_XDP_FEATURES, &features,
					   sizeof(features));
	}
	close(fd);
	return err ? err : (long long)features;
}
