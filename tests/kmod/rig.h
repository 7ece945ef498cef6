/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For tests of the module's netlink family, in a kernel that may break: the module, interfaces,
 * maps as the loader makes them, and requests of which every detail of the answer is kept.
 */
#ifndef TLML_TEST_KMOD_RIG_H
#define TLML_TEST_KMOD_RIG_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../daemon/maps.h"
#include "../../uapi/tlml_nl.h"
#include "../prog/tap.h"

#define RIG_ANSWER	(64 << 10)
#define RIG_ALLOWED	64	/* prefixes that fit */

/* An interface's maps, all but what the family does not look at. */
struct rig {
	unsigned int ifindex;
	int ctl_fd, weights_fd, stats_fd, allow_fd;
	__u32 ids[4];
	struct tlml_ctl *ctl;
	struct tlml_weights *weights;
};

/* What came of a request. */
struct rig_answer {
	int err;		/* 0 or -errno */
	char said[256];		/* the kernel's sentence */
	int at;			/* type of the attribute that it points at, 0 none */
	int missing;		/* type of the attribute that it misses */
	unsigned int replies;
	int torn;		/* a dump that is not of one piece */
	struct nlmsghdr *last;	/* of the replies, until the next request */
};

static int rig_sock = -1, rig_family;
static char rig_ko[512];
static char rig_last[RIG_ANSWER] __attribute__((aligned(8)));

static inline int rig_run(const char *fmt, ...)
{
	char cmd[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(cmd, sizeof(cmd), fmt, ap);
	va_end(ap);
	return system(cmd);
}

static inline int rig_connect(void)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC), on = 1;

	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	return bind(fd, (struct sockaddr *)&addr, sizeof(addr)) ? -1 : fd;
}

static inline struct nl_msg *rig_msg(int cmd, int flags)
{
	struct nl_msg *m = nlmsg_alloc_size(RIG_ANSWER);

	genlmsg_put(m, 0, 1, rig_family, 0, flags | NLM_F_REQUEST | NLM_F_ACK, cmd, 1);
	return m;
}

/* Type of the attribute at an offset of the request, which the kernel has pointed at. */
static inline int rig_type_at(const struct nlmsghdr *request, __u32 offset)
{
	const struct nlattr *a = (const void *)((const char *)request + offset);

	if (offset + sizeof(*a) > request->nlmsg_len)
		return -1;
	return nla_type(a);
}

static inline void rig_hear(struct rig_answer *r, const struct nlmsghdr *h, size_t skip,
			    const struct nlmsghdr *request)
{
	struct nlattr *tb[NLMSGERR_ATTR_MAX + 1];
	const char *at = (const char *)h + NLMSG_HDRLEN + NLMSG_ALIGN(skip);
	int left = h->nlmsg_len - (at - (const char *)h);

	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS) || left <= 0 ||
	    nla_parse(tb, NLMSGERR_ATTR_MAX, (struct nlattr *)at, left, NULL) < 0)
		return;
	if (tb[NLMSGERR_ATTR_MSG])
		snprintf(r->said, sizeof(r->said), "%.*s", nla_len(tb[NLMSGERR_ATTR_MSG]),
			 (char *)nla_data(tb[NLMSGERR_ATTR_MSG]));
	if (tb[NLMSGERR_ATTR_OFFS])
		r->at = rig_type_at(request, nla_get_u32(tb[NLMSGERR_ATTR_OFFS]));
	if (tb[NLMSGERR_ATTR_MISS_TYPE])
		r->missing = nla_get_u32(tb[NLMSGERR_ATTR_MISS_TYPE]);
}

/* 1 when h ends the answer. */
static inline int rig_take(struct rig_answer *r, struct nlmsghdr *h, const struct nlmsghdr *request)
{
	const struct nlmsgerr *err = NLMSG_DATA(h);
	size_t skip = sizeof(*err);

	r->torn |= !!(h->nlmsg_flags & NLM_F_DUMP_INTR);
	if (h->nlmsg_type == NLMSG_ERROR) {
		r->err = err->error;
		if (err->error && !(h->nlmsg_flags & NLM_F_CAPPED))
			skip += err->msg.nlmsg_len - sizeof(struct nlmsghdr);
		rig_hear(r, h, skip, request);
		return 1;
	}
	if (h->nlmsg_type == NLMSG_DONE) {
		r->err = *(int *)NLMSG_DATA(h);
		rig_hear(r, h, sizeof(int), request);
		return 1;
	}
	r->replies++;
	r->last = memcpy(rig_last, h, h->nlmsg_len);
	return 0;
}

/* Sends and frees a request over fd, and reads until its end. */
static inline struct rig_answer rig_ask_over(int fd, struct nl_msg *m)
{
	static char answer[RIG_ANSWER] __attribute__((aligned(8)));
	struct nlmsghdr *request = nlmsg_hdr(m), *h;
	struct rig_answer r = { 0 };
	ssize_t len = send(fd, request, request->nlmsg_len, 0);
	int done = len < 0, left;

	if (len < 0)
		r.err = -errno;
	while (!done) {
		len = recv(fd, answer, sizeof(answer), 0);
		if (len < 0) {
			r.err = -errno;
			break;
		}
		left = len;
		for (h = (void *)answer; nlmsg_ok(h, left) && !done; h = nlmsg_next(h, &left))
			done = rig_take(&r, h, request);
	}
	nlmsg_free(m);
	return r;
}

static inline struct rig_answer rig_ask(struct nl_msg *m)
{
	return rig_ask_over(rig_sock, m);
}

/* An attribute of a reply, or of a nest in it: NULL if it is not there. */
static inline struct nlattr *rig_attr(const struct nlmsghdr *h, int type)
{
	return h ? nlmsg_find_attr((struct nlmsghdr *)h, GENL_HDRLEN, type) : NULL;
}

static inline long long rig_u32(const struct nlmsghdr *h, int type)
{
	struct nlattr *a = rig_attr(h, type);

	return a ? (long long)nla_get_u32(a) : -1;
}

/* Number of a multicast group, or -1. */
static inline int rig_group(const char *name)
{
	struct nl_msg *m = nlmsg_alloc();
	struct nlattr *all, *g, *of[CTRL_ATTR_MCAST_GRP_MAX + 1];
	struct rig_answer r;
	int left;

	genlmsg_put(m, 0, 1, GENL_ID_CTRL, 0, NLM_F_REQUEST | NLM_F_ACK, CTRL_CMD_GETFAMILY, 1);
	nla_put_string(m, CTRL_ATTR_FAMILY_NAME, TLML_FAMILY_NAME);
	r = rig_ask(m);
	rig_family = r.last ? nla_get_u16(rig_attr(r.last, CTRL_ATTR_FAMILY_ID)) : 0;
	all = r.last ? rig_attr(r.last, CTRL_ATTR_MCAST_GROUPS) : NULL;
	if (!all)
		return -1;
	nla_for_each_nested(g, all, left)
		if (!nla_parse_nested(of, CTRL_ATTR_MCAST_GRP_MAX, g, NULL) &&
		    !strcmp(nla_get_string(of[CTRL_ATTR_MCAST_GRP_NAME]), name))
			return nla_get_u32(of[CTRL_ATTR_MCAST_GRP_ID]);
	return -1;
}

static inline int rig_insert(void)
{
	int fd = open(rig_ko, O_RDONLY | O_CLOEXEC), err;

	err = syscall(SYS_finit_module, fd, "", 0) ? -errno : 0;
	close(fd);
	return err;
}

static inline int rig_remove(void)
{
	return syscall(SYS_delete_module, TLML_FAMILY_NAME, O_NONBLOCK) ? -errno : 0;
}

/* Finds and loads the module that lies beside the program; ends the test if there is none. */
static inline void rig_begin(const char *self)
{
	const char *slash = strrchr(self, '/');

	snprintf(rig_ko, sizeof(rig_ko), "%.*stlml.ko", slash ? (int)(slash - self + 1) : 0, self);
	if (access(rig_ko, R_OK)) {
		printf("KTAP version 1\n1..0 # SKIP no module was built for this kernel\n");
		exit(0);
	}
	rig_insert();
	rig_sock = rig_connect();
	rig_group(TLML_MCGRP_POLICY);
	if (!rig_family) {
		printf("KTAP version 1\n1..1\nnot ok 1 the module loads, and its family is there\n");
		exit(1);
	}
}

static inline int rig_map(enum bpf_map_type type, const char *name, __u32 key, __u32 value,
			  __u32 entries, __u32 flags)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = flags);

	return bpf_map_create(type, name, key, value, entries, &opts);
}

static inline void *rig_mmap(int fd, size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

static inline __u32 rig_id(int fd)
{
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &len) ? 0 : info.id;
}

/* Maps of an interface, with a model of four classes c0 to c3. */
static inline void rig_maps(struct rig *r, unsigned int ifindex)
{
	*r = (struct rig){ .ifindex = ifindex };
	r->ctl_fd = rig_map(BPF_MAP_TYPE_ARRAY, "ctl", 4, sizeof(*r->ctl), 1, BPF_F_MMAPABLE);
	r->weights_fd = rig_map(BPF_MAP_TYPE_ARRAY, "weights", 4, sizeof(*r->weights), TLML_SLOTS,
				BPF_F_MMAPABLE);
	r->stats_fd = rig_map(BPF_MAP_TYPE_PERCPU_ARRAY, "stats", 4, sizeof(struct tlml_stats), 1, 0);
	r->allow_fd = rig_map(BPF_MAP_TYPE_LPM_TRIE, "allow", sizeof(struct tlml_allow_key), 4,
			      RIG_ALLOWED, BPF_F_NO_PREALLOC);
	r->ids[0] = rig_id(r->ctl_fd);
	r->ids[1] = rig_id(r->weights_fd);
	r->ids[2] = rig_id(r->stats_fd);
	r->ids[3] = rig_id(r->allow_fd);
	r->ctl = rig_mmap(r->ctl_fd, sizeof(*r->ctl));
	r->weights = rig_mmap(r->weights_fd, TLML_SLOTS * sizeof(*r->weights));
	if (!r->ctl || !r->weights || !r->ids[2] || !r->ids[3]) {
		printf("Bail out! the maps cannot be made: %s\n", strerror(errno));
		exit(1);
	}
	r->ctl->abi = TLML_ABI;
	r->ctl->ifindex = ifindex;
	r->ctl->mode = TLML_MODE_MONITOR;
	r->ctl->lease_until = TLML_FOREVER;
	r->ctl->slot = 1;
	r->weights[1].generation = 7;
	r->weights[1].classes = 4;
	for (int i = 0; i < 4; i++) {
		snprintf(r->weights[1].info[i].name, TLML_NAME_MAX, "c%d", i);
		r->weights[1].info[i].margin_act = 10 + i;
	}
}

/* Lets go of them: what is bound stays. */
static inline void rig_drop(struct rig *r)
{
	munmap(r->ctl, sizeof(*r->ctl));
	munmap(r->weights, TLML_SLOTS * sizeof(*r->weights));
	close(r->ctl_fd);
	close(r->weights_fd);
	close(r->stats_fd);
	close(r->allow_fd);
}

/* How many of its maps there still are, once nobody is on their way to free them. */
static inline int rig_alive(const struct rig *r)
{
	int alive = 4;

	for (int tries = 0; alive && tries < 100; tries++) {
		alive = 0;
		for (int i = 0; i < 4; i++) {
			int fd = bpf_map_get_fd_by_id(r->ids[i]);

			alive += fd >= 0;
			close(fd);
		}
		if (alive)
			usleep(20000);
	}
	return alive;
}

static inline struct nl_msg *rig_bind_msg(const struct rig *r)
{
	struct nl_msg *m = rig_msg(TLML_CMD_BIND, 0);

	nla_put_u32(m, TLML_A_BIND_IFINDEX, r->ifindex);
	nla_put_u32(m, TLML_A_BIND_CTL, r->ctl_fd);
	nla_put_u32(m, TLML_A_BIND_WEIGHTS, r->weights_fd);
	nla_put_u32(m, TLML_A_BIND_STATS, r->stats_fd);
	nla_put_u32(m, TLML_A_BIND_ALLOW, r->allow_fd);
	return m;
}

static inline int rig_bind(const struct rig *r)
{
	return rig_ask(rig_bind_msg(r)).err;
}

/* A request that names the interface and nothing else. */
static inline struct nl_msg *rig_of(int cmd, int flags, unsigned int ifindex)
{
	struct nl_msg *m = rig_msg(cmd, flags);

	nla_put_u32(m, 1, ifindex);
	return m;
}

static inline int rig_simple(int cmd, unsigned int ifindex)
{
	return rig_ask(rig_of(cmd, 0, ifindex)).err;
}

#endif
