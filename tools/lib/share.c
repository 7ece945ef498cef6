// SPDX-License-Identifier: BSD-2-Clause
/* The XDP program as one of several, by libxdp's dispatcher. */
#include "share.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>
#include <xdp/libxdp.h>
#include <xdp/prog_dispatcher.h>

#include "bpflog.h"
#include "explain.h"
#include "holder.h"
#include "pin.h"
#include "tlml.skel.h"
#include "twin.h"

/* libxdp keeps pins of its own, in the same bpffs as we do. */
static void tell_bpffs(void)
{
	char path[TLML_PATH_MAX];

	if (!tlml_maps_bpffs(path, sizeof(path)))
		setenv(XDP_BPFFS_ENVVAR, path, 1);
}

static __u32 ctl_id(const char *dir)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);
	int fd = tlml_pin_get(dir, TLML_MAP_CTL);

	if (fd < 0)
		return 0;
	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		info.id = 0;
	close(fd);
	return info.id;
}

static bool uses_map(int prog_fd, __u32 map)
{
	__u32 ids[64];
	struct bpf_prog_info info = { .nr_map_ids = 64, .map_ids = (unsigned long)ids };
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(prog_fd, &info, &len))
		return false;
	for (__u32 i = 0; i < info.nr_map_ids && i < 64; i++)
		if (ids[i] == map)
			return true;
	return false;
}

unsigned int tlml_share_find(int ifindex, const char *dir, bool *generic)
{
	struct xdp_program *prog = NULL;
	__u32 map = ctl_id(dir), id = 0;
	struct xdp_multiprog *mp;

	tell_bpffs();
	mp = xdp_multiprog__get_from_ifindex(ifindex);
	if (!map || libxdp_get_error(mp))
		return 0;
	while (!id && (prog = xdp_multiprog__next_prog(prog, mp)))
		if (uses_map(xdp_program__fd(prog), map))
			id = xdp_program__id(prog);
	if (id && generic)
		*generic = xdp_multiprog__attach_mode(mp) == XDP_MODE_SKB;
	xdp_multiprog__close(mp);
	return id;
}

int tlml_share_detach(int ifindex, unsigned int id, struct tlml_error *e)
{
	struct xdp_program *prog;
	int err;

	tell_bpffs();
	prog = xdp_program__from_id(id);
	err = libxdp_get_error(prog);
	if (!err) {
		err = xdp_program__detach(prog, ifindex, XDP_MODE_UNSPEC, 0);
		xdp_program__close(prog);
	}
	if (!err)
		return 0;
	return tlml_error_set(e, -err,
			      "libxdp cannot take program %u out of its dispatcher: %s; 'xdp-loader status' shows what is there, -v what libxdp says",
			      id, strerror(-err));
}

static int attach(const struct tlml_netdev *dev, const char *dir, bool module,
		  enum xdp_attach_mode mode, const char *name, struct tlml_error *e)
{
	DECLARE_LIBXDP_OPTS(xdp_program_opts, opts, .prog_name = name);
	struct xdp_program *prog;
	struct tlml_bpf *skel;
	int err;

	err = tlml_twin_open(dir, module, name, &skel, e);
	if (err)
		return err;
	opts.obj = skel->obj;
	prog = xdp_program__create(&opts);
	err = libxdp_get_error(prog);
	if (err) {
		tlml_error_set(e, -err, "libxdp does not take the program: %s", strerror(-err));
		goto destroy;
	}
	tlml_bpflog_clear();
	err = xdp_program__attach(prog, dev->ifindex, mode, 0);
	if (err)
		tlml_explain_xdp(dev, -err, mode == XDP_MODE_NATIVE, tlml_bpflog_kernel(), e);
	xdp_program__close(prog);
destroy:
	tlml_bpf__destroy(skel);
	return err;
}

/* Where libxdp cannot use its dispatcher, it puts a program onto the hook alone. */
static void detach_alone(int ifindex, const char *dir)
{
	LIBBPF_OPTS(bpf_xdp_attach_opts, opts);
	struct tlml_holder h;
	int fd;

	if (tlml_holder_find(ifindex, &h) || !h.id || h.link)
		return;
	fd = bpf_prog_get_fd_by_id(h.id);
	if (fd < 0)
		return;
	opts.old_prog_fd = fd;
	if (uses_map(fd, ctl_id(dir)))
		bpf_xdp_detach(ifindex, h.generic ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE,
			       &opts);
	close(fd);
}

static int is_shared(const struct tlml_netdev *dev, const char *dir, struct tlml_error *e)
{
	if (tlml_share_find(dev->ifindex, dir, NULL))
		return 0;
	detach_alone(dev->ifindex, dir);
	return tlml_error_set(e, ENOSYS,
			      "libxdp cannot use its dispatcher here: the kernel must allow programs of type EXT (freplace), and xdp-dispatcher.o of the package libxdp1 be there; -v shows what libxdp says; without --share tlml attaches alone");
}

int tlml_share_attach(const struct tlml_netdev *dev, const char *dir, bool module, bool native,
		      bool *unmarked, struct tlml_error *e)
{
	enum xdp_attach_mode mode = native ? XDP_MODE_NATIVE : XDP_MODE_SKB;
	struct xdp_multiprog *mp;
	int err;

	tell_bpffs();
	mp = xdp_multiprog__get_from_ifindex(dev->ifindex);
	if (!libxdp_get_error(mp)) {
		mode = xdp_multiprog__attach_mode(mp);
		xdp_multiprog__close(mp);
	}
	*unmarked = false;
	err = attach(dev, dir, module, mode, "tlml_xdp", e);
	if (err == -EINVAL) {
		*unmarked = true;
		err = attach(dev, dir, module, mode, "tlml_xdp_unmarked", e);
	}
	return err ? err : is_shared(dev, dir, e);
}

/* Whether a directory of libxdp's holds a program of ours. */
static bool has_ours(int xdp, const char *name, __u32 map)
{
	int fd = openat(xdp, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC), prog;
	char path[64];
	bool found = false;

	if (fd < 0)
		return false;
	for (int i = 0; i < MAX_DISPATCHER_ACTIONS && !found; i++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d/prog%d-prog", fd, i);
		prog = bpf_obj_get(path);
		if (prog < 0)
			break;
		found = uses_map(prog, map);
		close(prog);
	}
	close(fd);
	return found;
}

void tlml_share_forget(const char *dir)
{
	char path[TLML_PATH_MAX];
	__u32 map = ctl_id(dir);
	struct dirent *entry;
	struct tlml_error e;
	size_t at;
	DIR *d;

	tlml_maps_bpffs(path, sizeof(path));
	at = strlen(path);
	snprintf(path + at, sizeof(path) - at, "/xdp");
	d = map ? opendir(path) : NULL;
	if (!d)
		return;
	flock(dirfd(d), LOCK_EX);	/* libxdp's lock */
	while ((entry = readdir(d))) {
		if (strncmp(entry->d_name, "dispatch-", 9) ||
		    !has_ours(dirfd(d), entry->d_name, map))
			continue;
		snprintf(path + at, sizeof(path) - at, "/xdp/%.64s", entry->d_name);
		tlml_pin_remove(path, &e);
	}
	closedir(d);
}
