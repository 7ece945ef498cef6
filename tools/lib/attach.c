// SPDX-License-Identifier: BSD-2-Clause
/* The programs on an interface. */
#include "attach.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bpflog.h"
#include "explain.h"
#include "holder.h"
#include "pin.h"
#include "share.h"
#include "tc.h"
#include "tlml.skel.h"
#include "twin.h"

int tlml_attach_allowed(const struct tlml_netdev *dev, bool share, struct tlml_error *e)
{
	struct tlml_holder h;
	char who[96];
	int err = tlml_holder_find(dev->ifindex, &h);

	if (err)
		return tlml_error_set(e, -err, "cannot ask which XDP program is on %s: %s", dev->name,
				      strerror(-err));
	if (!h.id || (share && h.dispatcher))
		return 0;
	tlml_holder_describe(&h, who, sizeof(who));
	if (share)
		return tlml_error_set(e, EBUSY,
				      "%s has %s, which is not libxdp's dispatcher and cannot be shared: detach it and load it again with xdp-loader, then tlml-load --share",
				      dev->name, who);
	if (h.dispatcher)
		return tlml_error_set(e, EBUSY,
				      "%s has %s: that is libxdp's dispatcher, which tlml can join: 'tlml-load --share %s'",
				      dev->name, who, dev->name);
	if (!strcmp(h.name, "tlml_xdp"))
		return tlml_error_set(e, EBUSY,
				      "%s has %s: tlml came there from another bpffs or under another name of the interface: detach it there ('tlml-load --status' lists names)",
				      dev->name, who);
	return tlml_error_set(e, EBUSY,
			      "%s has %s, and tlml replaces no foreign program: detach it ('ip link set dev %s xdp off' if it came through netlink), or load both through libxdp (xdp-loader, and --share here)",
			      dev->name, who, dev->name);
}

static int link_xdp(int ifindex, int prog_fd, bool native)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts,
		    .flags = native ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE);
	int fd = bpf_link_create(prog_fd, ifindex, BPF_XDP, &opts);

	return fd < 0 ? -errno : fd;
}

/*
 * bpf_link passes on no words of the kernel, netlink does: the same request again, that way,
 * fails for the same reason.
 */
static void ask_kernel(int ifindex, int prog_fd, bool native)
{
	__u32 flags = XDP_FLAGS_UPDATE_IF_NOEXIST |
		      (native ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE);

	tlml_bpflog_clear();
	if (!bpf_xdp_attach(ifindex, prog_fd, flags, NULL))
		bpf_xdp_detach(ifindex, flags & ~XDP_FLAGS_UPDATE_IF_NOEXIST, NULL);
}

static int attach_alone(const struct tlml_netdev *dev, int prog_fd, bool native, const char *dir,
			struct tlml_error *e)
{
	int fd = link_xdp(dev->ifindex, prog_fd, native), err;

	if (fd < 0) {
		ask_kernel(dev->ifindex, prog_fd, native);
		return tlml_explain_xdp(dev, -fd, native, tlml_bpflog_kernel(), e);
	}
	err = tlml_pin_put(dir, TLML_PIN_XDP, fd, e);
	close(fd);
	return err;
}

static int attach_xdp(const struct tlml_netdev *dev, const struct tlml_object *obj, bool native,
		      bool share, const char *dir, bool *unmarked, struct tlml_error *e)
{
	int err;

	if (!share)
		return attach_alone(dev, obj->xdp_fd, native, dir, e);
	/* Noted first: who finds a half-attached directory must look at the dispatcher. */
	if (!tlml_pin_exists(dir, TLML_PIN_SHARED)) {
		err = tlml_pin_note(dir, TLML_PIN_SHARED, "shared", e);
		if (err)
			return err;
	}
	return tlml_share_attach(dev, dir, obj->maps.ctl->module, native, unmarked, e);
}

/* Whether generic mode has a chance where native mode had none. */
static bool may_fall_back(int err)
{
	return err != -EPERM && err != -EACCES && err != -EBUSY && err != -EEXIST &&
	       err != -ENODEV && err != -ENOSYS;
}

static void advise_generic(struct tlml_error *e)
{
	size_t at = strlen(e->text);

	snprintf(e->text + at, sizeof(e->text) - at, "; or do without native mode: --mode generic");
}

int tlml_attach(const struct tlml_netdev *dev, const struct tlml_object *obj, const char *dir,
		const struct tlml_attach_options *o, struct tlml_attach_notes *notes,
		struct tlml_error *e)
{
	bool native = o->mode != TLML_ATTACH_GENERIC;
	int err;

	/* The mark program is first: it must be there when XDP leaves marks. */
	err = tlml_tc_attach(dev, TLML_TC_INGRESS, obj->ingress_fd, dir, e);
	if (err)
		return err;
	err = attach_xdp(dev, obj, native, o->share, dir, &notes->unmarked, e);
	if (err && o->mode == TLML_ATTACH_AUTO && may_fall_back(err)) {
		notes->fallback = *e;
		err = attach_xdp(dev, obj, false, o->share, dir, &notes->unmarked, e);
	}
	if (err && o->mode == TLML_ATTACH_NATIVE && may_fall_back(err))
		advise_generic(e);
	if (err || o->ingress_only)
		return err;
	return tlml_tc_attach(dev, TLML_TC_EGRESS, obj->egress_fd, dir, e);
}

static int replace_alone(int fd, const char *dir, struct tlml_error *e)
{
	int link = tlml_pin_get(dir, TLML_PIN_XDP), err = 0;

	if (link < 0)
		return tlml_error_set(e, -link, "cannot open %s/" TLML_PIN_XDP ": %s", dir,
				      strerror(-link));
	if (bpf_link_update(link, fd, NULL))
		err = tlml_error_set(e, errno, "the kernel does not exchange the XDP program: %s; the old one stays",
				     strerror(errno));
	close(link);
	return err;
}

/* The new one joins before the old one leaves, so that no packet goes by unseen. */
static int replace_shared(const struct tlml_netdev *dev, const char *dir, bool module,
			  bool *unmarked, struct tlml_error *e)
{
	unsigned int old = tlml_share_find(dev->ifindex, dir, NULL);
	int err;

	if (!old)
		return tlml_error_set(e, ENOENT,
				      "the program is no longer in libxdp's dispatcher on %s: 'tlml-load --detach %s', then attach anew",
				      dev->name, dev->name);
	err = tlml_share_attach(dev, dir, module, true, unmarked, e);
	return err ? err : tlml_share_detach(dev->ifindex, old, e);
}

static int replace_clock(int prog_fd, struct tlml_error *e)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	if (!bpf_prog_test_run_opts(prog_fd, &opts) && !opts.retval)
		return 0;
	return tlml_error_set(e, EIO, "the new programs cannot take over the clock of the data path; the old ones stay");
}

int tlml_attach_replace(const struct tlml_netdev *dev, const char *dir, bool module,
			struct tlml_attach_notes *notes, struct tlml_error *e)
{
	bool shared = tlml_pin_exists(dir, TLML_PIN_SHARED);
	struct tlml_bpf *skel;
	int err;

	err = tlml_twin_open(dir, module, NULL, &skel, e);
	if (err)
		return err;
	if (shared)
		bpf_program__set_autoload(skel->progs.tlml_xdp, false);
	err = tlml_bpf__load(skel);
	if (err) {
		tlml_error_set(e, -err, "cannot load the new programs over the maps that are there: %s; -v shows the verifier's log",
			       strerror(-err));
		goto destroy;
	}
	err = replace_clock(bpf_program__fd(skel->progs.tlml_clock_start), e);
	if (!err)
		err = tlml_tc_replace(dev->ifindex, TLML_TC_INGRESS,
				      bpf_program__fd(skel->progs.tlml_tc_ingress), dir, e);
	if (!err)
		err = shared ? replace_shared(dev, dir, module, &notes->unmarked, e) :
			       replace_alone(bpf_program__fd(skel->progs.tlml_xdp), dir, e);
	if (!err)
		err = tlml_tc_replace(dev->ifindex, TLML_TC_EGRESS,
				      bpf_program__fd(skel->progs.tlml_tc_egress), dir, e);
destroy:
	tlml_bpf__destroy(skel);
	return err;
}

static void undo_link(const char *dir)
{
	int fd = tlml_pin_get(dir, TLML_PIN_XDP);

	if (fd < 0)
		return;
	bpf_link_detach(fd);	/* now, not when the last pin has gone */
	close(fd);
}

int tlml_attach_undo(int ifindex, const char *dir, struct tlml_error *e)
{
	unsigned int id;
	int err;

	undo_link(dir);
	if (tlml_pin_exists(dir, TLML_PIN_SHARED)) {
		id = ifindex ? tlml_share_find(ifindex, dir, NULL) : 0;
		err = id ? tlml_share_detach(ifindex, id, e) : 0;
		if (err)
			return err;
		tlml_share_forget(dir);
	}
	tlml_tc_detach(ifindex, TLML_TC_EGRESS, dir);
	tlml_tc_detach(ifindex, TLML_TC_INGRESS, dir);
	return tlml_pin_remove(dir, e);
}
