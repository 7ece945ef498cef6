// SPDX-License-Identifier: BSD-2-Clause
/* A program on TC ingress or egress: by tcx where the kernel has it, else by a clsact qdisc. */
#include "tc.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <unistd.h>

#include "bpflog.h"
#include "explain.h"
#include "filters.h"
#include "pin.h"

/* enum bpf_attach_type since Linux 6.6, which Debian 12's headers lack. */
#define TCX_INGRESS	46
#define TCX_EGRESS	47

/* Where our filter sits in clsact; others keep the low priorities, which run first. */
#define HANDLE		1
#define PRIORITY	50000

static const struct {
	const char *name, *link, *prog;
	enum bpf_tc_attach_point point;
	int tcx;
} sides[] = {
	[TLML_TC_INGRESS] = { "ingress", "ingress_link", "ingress_prog", BPF_TC_INGRESS, TCX_INGRESS },
	[TLML_TC_EGRESS] = { "egress", "egress_link", "egress_prog", BPF_TC_EGRESS, TCX_EGRESS },
};

static __u32 prog_id_of(int fd)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &len) ? 0 : info.id;
}

static int attach_filter(int ifindex, enum tlml_tc_side side, int prog_fd, __u32 flags)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = sides[side].point);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = HANDLE, .priority = PRIORITY, .prog_fd = prog_fd,
		    .flags = flags);

	return bpf_tc_attach(&hook, &opts);
}

/* The qdisc of both sides; the note comes first, so that a kill in between leaves none behind. */
static int make_clsact(int ifindex, const char *dir, struct tlml_error *e)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex,
		    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	bool noted = tlml_pin_exists(dir, TLML_PIN_CLSACT);
	int err;

	if (!noted && tlml_pin_note(dir, TLML_PIN_CLSACT, "ours", e))
		return -EIO;
	err = bpf_tc_hook_create(&hook);
	if (err && !noted)
		tlml_pin_drop(dir, TLML_PIN_CLSACT);
	return err == -EEXIST ? 0 : err;
}

static void drop_clsact(int ifindex, const char *dir)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex,
		    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);

	if (!tlml_pin_exists(dir, TLML_PIN_CLSACT) || tlml_filters_any(ifindex))
		return;
	bpf_tc_hook_destroy(&hook);
	tlml_pin_drop(dir, TLML_PIN_CLSACT);
}

static int attach_clsact(const struct tlml_netdev *dev, enum tlml_tc_side side, int prog_fd,
			 const char *dir, struct tlml_error *e)
{
	int err;

	tlml_bpflog_clear();
	err = make_clsact(dev->ifindex, dir, e);
	if (err)
		return tlml_explain_tc(dev, -err, sides[side].name, tlml_bpflog_kernel(), e);
	err = tlml_pin_put(dir, sides[side].prog, prog_fd, e);
	if (!err) {
		err = attach_filter(dev->ifindex, side, prog_fd, 0);
		if (err)
			tlml_explain_tc(dev, -err, sides[side].name, tlml_bpflog_kernel(), e);
	}
	if (err) {
		tlml_pin_drop(dir, sides[side].prog);
		drop_clsact(dev->ifindex, dir);
	}
	return err;
}

int tlml_tc_attach(const struct tlml_netdev *dev, enum tlml_tc_side side, int prog_fd,
		   const char *dir, struct tlml_error *e)
{
	int link = bpf_link_create(prog_fd, dev->ifindex, sides[side].tcx, NULL), err = errno;

	if (link >= 0) {
		err = tlml_pin_put(dir, sides[side].link, link, e);
		close(link);
		return err;
	}
	/* What a kernel without tcx answers to an attach type that it does not know. */
	if (err == EINVAL || err == EOPNOTSUPP)
		return attach_clsact(dev, side, prog_fd, dir, e);
	return tlml_explain_tc(dev, err, sides[side].name, "", e);
}

int tlml_tc_replace(int ifindex, enum tlml_tc_side side, int prog_fd, const char *dir,
		    struct tlml_error *e)
{
	int link = tlml_pin_get(dir, sides[side].link), err;

	if (link >= 0) {
		err = bpf_link_update(link, prog_fd, NULL) ? -errno : 0;
		close(link);
	} else if (tlml_pin_exists(dir, sides[side].prog)) {
		err = attach_filter(ifindex, side, prog_fd, BPF_TC_F_REPLACE);
		if (!err) {
			tlml_pin_drop(dir, sides[side].prog);
			err = tlml_pin_put(dir, sides[side].prog, prog_fd, e);
		}
	} else {
		return 0;
	}
	if (err)
		tlml_error_set(e, -err, "cannot replace the program on TC %s: error %d; the old one stays",
			       sides[side].name, -err);
	return err;
}

static void detach_filter(int ifindex, enum tlml_tc_side side, int prog_fd)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = sides[side].point);
	LIBBPF_OPTS(bpf_tc_opts, found, .handle = HANDLE, .priority = PRIORITY);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = HANDLE, .priority = PRIORITY);

	if (!bpf_tc_query(&hook, &found) && found.prog_id == prog_id_of(prog_fd))
		bpf_tc_detach(&hook, &opts);
}

void tlml_tc_detach(int ifindex, enum tlml_tc_side side, const char *dir)
{
	int fd = tlml_pin_get(dir, sides[side].link);

	if (fd >= 0) {
		bpf_link_detach(fd);
		tlml_pin_drop(dir, sides[side].link);
		close(fd);
		return;
	}
	fd = tlml_pin_get(dir, sides[side].prog);
	if (fd >= 0) {
		detach_filter(ifindex, side, fd);
		tlml_pin_drop(dir, sides[side].prog);
		close(fd);
	}
	drop_clsact(ifindex, dir);
}

enum tlml_tc_how tlml_tc_how(const char *dir, enum tlml_tc_side side, __u32 *id)
{
	struct bpf_link_info info = {};
	__u32 len = sizeof(info);
	int fd = tlml_pin_get(dir, sides[side].link);
	enum tlml_tc_how how = TLML_TC_NONE;

	*id = 0;
	if (fd >= 0) {
		how = TLML_TC_TCX;
		if (!bpf_obj_get_info_by_fd(fd, &info, &len))
			*id = info.prog_id;
		close(fd);
		return how;
	}
	fd = tlml_pin_get(dir, sides[side].prog);
	if (fd >= 0) {
		how = TLML_TC_CLSACT;
		*id = prog_id_of(fd);
		close(fd);
	}
	return how;
}
