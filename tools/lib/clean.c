// SPDX-License-Identifier: BSD-2-Clause
/* What is left of interfaces that are gone, of programs no longer attached, of killed loaders. */
#include "clean.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "attach.h"
#include "caps.h"
#include "pin.h"
#include "state.h"

struct clean {
	const char *ifname;
	void (*done)(const char *dir, const char *why, void *arg);
	void *arg;
	struct tlml_error *e;
};

/* In another network namespace an interface cannot be asked, but a link knows when it went. */
static bool all_links_dead(const char *dir)
{
	static const char *const names[] = { TLML_PIN_XDP, "ingress_link", "egress_link" };
	bool any = false;

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct bpf_link_info info = {};
		__u32 len = sizeof(info);
		int fd = tlml_pin_get(dir, names[i]);

		if (fd < 0)
			continue;
		any = true;
		/* The interface of a tcx link is at the same place. */
		if (bpf_obj_get_info_by_fd(fd, &info, &len) || info.xdp.ifindex) {
			close(fd);
			return false;
		}
		close(fd);
	}
	return any;
}

/* Why the directory of pins is to go; NULL: it is in use. *ifindex of what is still there. */
static const char *stale(const char *dir, const char *entry, bool here, int *ifindex)
{
	char ifname[IF_NAMESIZE];
	struct tlml_state s;

	*ifindex = 0;
	if (!strncmp(entry, TLML_PIN_STAGE, strlen(TLML_PIN_STAGE))) {
		if (here && tlml_maps_ifname(entry + strlen(TLML_PIN_STAGE), ifname))
			*ifindex = if_nametoindex(ifname);
		return "left by a tlml-load that was killed";
	}
	if (!tlml_maps_ifname(entry, ifname))
		return NULL;
	if (!here)
		return all_links_dead(dir) ? "its interface is gone" : NULL;
	tlml_state_read(ifname, dir, &s);
	*ifindex = s.ifindex;
	if (s.on)
		return NULL;
	return s.ifindex ? "its programs are no longer attached" : "its interface is gone";
}

/* Whether the entry is of the interface that is asked for. */
static bool wanted(const struct clean *c, const char *entry)
{
	char ifname[IF_NAMESIZE];

	if (!c->ifname)
		return true;
	if (!strncmp(entry, TLML_PIN_STAGE, strlen(TLML_PIN_STAGE)))
		entry += strlen(TLML_PIN_STAGE);
	return tlml_maps_ifname(entry, ifname) && !strcmp(ifname, c->ifname);
}

static int clean_root(const struct clean *c, const char *root, bool here)
{
	char dir[TLML_PATH_MAX + 64];
	struct dirent *entry;
	const char *why;
	int ifindex, err = 0;
	DIR *d = opendir(root);

	if (!d)
		return errno == ENOENT ? 0 : tlml_error_set(c->e, errno, "cannot open %s: %s", root,
							    strerror(errno));
	while (!err && (entry = readdir(d))) {
		if (entry->d_name[0] == '.' || !wanted(c, entry->d_name))
			continue;
		snprintf(dir, sizeof(dir), "%s/%.63s", root, entry->d_name);
		why = stale(dir, entry->d_name, here, &ifindex);
		if (!why)
			continue;
		err = tlml_attach_undo(ifindex, dir, c->e);
		if (!err)
			c->done(dir, why, c->arg);
	}
	closedir(d);
	return err;
}

/* The other network namespaces' directories; the first one has none of its own. */
static int clean_others(const struct clean *c, const char *ours)
{
	char all[TLML_PATH_MAX], root[TLML_PATH_MAX + 64];
	struct dirent *entry;
	size_t at;
	DIR *d;
	int err = 0;

	tlml_maps_bpffs(all, sizeof(all));
	at = strlen(all);
	snprintf(all + at, sizeof(all) - at, "%s", strrchr(TLML_PIN_ROOT, '/'));
	if (strcmp(all, ours))
		err = clean_root(c, all, false);
	d = opendir(all);
	while (d && !err && (entry = readdir(d))) {
		snprintf(root, sizeof(root), "%s/%.63s", all, entry->d_name);
		if (strncmp(entry->d_name, "netns:", 6) || !strcmp(root, ours))
			continue;
		err = clean_root(c, root, false);
		rmdir(root);	/* fails, as it should, if it is not empty */
	}
	if (d)
		closedir(d);
	return err;
}

int tlml_clean(const char *ifname, void (*done)(const char *dir, const char *why, void *arg),
	       void *arg, struct tlml_error *e)
{
	const struct clean c = { .ifname = ifname, .done = done, .arg = arg, .e = e };
	char root[TLML_PATH_MAX];
	int lock, err;

	err = tlml_caps_check(false, e);
	if (err)
		return err;
	lock = tlml_pin_lock(NULL, e);
	if (lock < 0)
		return lock == -ENOENT ? 0 : lock;
	tlml_maps_root(root, sizeof(root));
	err = clean_root(&c, root, true);
	if (!err && !ifname)
		err = clean_others(&c, root);
	tlml_pin_unlock(lock);
	return err;
}
