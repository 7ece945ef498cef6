// SPDX-License-Identifier: BSD-2-Clause
/* Who is on the XDP hook of an interface. */
#include "holder.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int tlml_holder_program(__u32 id, __u8 *tag, char *name)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(id), err = 0;

	if (fd < 0)
		return -errno;
	if (bpf_obj_get_info_by_fd(fd, &info, &len)) {
		err = -errno;
	} else {
		if (tag)
			memcpy(tag, info.tag, sizeof(info.tag));
		if (name)
			snprintf(name, sizeof(info.name), "%s", info.name);
	}
	close(fd);
	return err;
}

/* Whether a bpf_link holds the program at the interface: netlink does not tell. */
static bool by_link(__u32 prog, int ifindex)
{
	__u32 id = 0;

	while (!bpf_link_get_next_id(id, &id)) {
		struct bpf_link_info info = {};
		__u32 len = sizeof(info);
		int fd = bpf_link_get_fd_by_id(id);
		bool is;

		if (fd < 0)
			continue;
		is = !bpf_obj_get_info_by_fd(fd, &info, &len) && info.type == BPF_LINK_TYPE_XDP &&
		     info.prog_id == prog && info.xdp.ifindex == (__u32)ifindex;
		close(fd);
		if (is)
			return true;
	}
	return false;
}

int tlml_holder_find(int ifindex, struct tlml_holder *h)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, q);
	int err;

	memset(h, 0, sizeof(*h));
	err = bpf_xdp_query(ifindex, 0, &q);
	if (err)
		return err;
	/* With programs in several modes the kernel reports no single one. */
	h->id = q.drv_prog_id ? q.drv_prog_id : q.skb_prog_id ? q.skb_prog_id : q.hw_prog_id;
	if (!h->id)
		h->id = q.prog_id;
	if (!h->id)
		return 0;
	h->generic = q.attach_mode == XDP_ATTACHED_SKB;
	h->link = by_link(h->id, ifindex);
	tlml_holder_program(h->id, NULL, h->name);
	h->dispatcher = !h->link && !strcmp(h->name, "xdp_dispatcher");
	return 0;
}

void tlml_holder_describe(const struct tlml_holder *h, char *text, unsigned int size)
{
	snprintf(text, size, "XDP program %u '%s', attached %s", h->id, *h->name ? h->name : "?",
		 h->link ? "by a bpf_link" : "through netlink");
}
