// SPDX-License-Identifier: BSD-2-Clause
/* What is on an interface, as its pins and the kernel tell. */
#include "state.h"

#include <bpf/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "holder.h"
#include "pin.h"
#include "share.h"

static void read_link(const char *dir, struct tlml_state *s)
{
	struct bpf_link_info info = {};
	struct tlml_holder holder;
	__u32 len = sizeof(info);
	int fd = tlml_pin_get(dir, TLML_PIN_XDP);

	if (fd < 0)
		return;
	if (!bpf_obj_get_info_by_fd(fd, &info, &len)) {
		s->xdp.id = info.prog_id;
		/* The kernel forgets the interface when that goes. */
		s->on = info.xdp.ifindex;
		if (s->on)
			s->ifindex = info.xdp.ifindex;
	}
	close(fd);
	if (s->on && !tlml_holder_find(s->ifindex, &holder))
		s->generic = holder.generic;
}

static void read_tag(struct tlml_state_program *p)
{
	if (p->id)
		tlml_holder_program(p->id, p->tag, NULL);
}

/* When the maps were pinned: exchanging programs leaves them alone. */
static time_t pinned_at(const char *dir)
{
	char path[TLML_PATH_MAX + 32];
	struct stat st;

	snprintf(path, sizeof(path), "%s/" TLML_MAP_CTL, dir);
	return stat(path, &st) ? 0 : st.st_mtime;
}

void tlml_state_read(const char *ifname, const char *dir, struct tlml_state *s)
{
	struct stat st;

	memset(s, 0, sizeof(*s));
	s->pinned = !stat(dir, &st);
	if (!s->pinned)
		return;
	s->ifindex = if_nametoindex(ifname);
	s->shared = tlml_pin_exists(dir, TLML_PIN_SHARED);
	if (!s->shared) {
		read_link(dir, s);
	} else if (s->ifindex) {
		s->xdp.id = tlml_share_find(s->ifindex, dir, &s->generic);
		s->on = s->xdp.id;
	}
	s->ingress_how = tlml_tc_how(dir, TLML_TC_INGRESS, &s->ingress.id);
	s->egress_how = tlml_tc_how(dir, TLML_TC_EGRESS, &s->egress.id);
	read_tag(&s->xdp);
	read_tag(&s->ingress);
	read_tag(&s->egress);
	s->since = pinned_at(dir);
}
