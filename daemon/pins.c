// SPDX-License-Identifier: BSD-2-Clause
/*
 * Where the pins are. In the first network namespace that is TLML_PIN_ROOT/<interface>; in others
 * there is a directory of the namespace's cookie between, as names of interfaces repeat. bpffs
 * takes no dots in names, so those of interfaces become colons, which no interface has.
 */
#include "maps.h"

#include <linux/magic.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/vfs.h>
#include <unistd.h>

#define BPFFS	"/sys/fs/bpf"

static int has_bpffs(const char *prefix)
{
	struct statfs s;
	char path[64];

	snprintf(path, sizeof(path), "%s" BPFFS, prefix);
	return !statfs(path, &s) && s.f_type == BPF_FS_MAGIC;
}

static int parent_of(int pid)
{
	char path[32], line[128];
	int parent = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f) && sscanf(line, "PPid: %d", &parent) != 1)
		;
	fclose(f);
	return parent;
}

/*
 * `ip netns exec` gives its children a fresh /sys without a bpffs, and what is mounted there goes
 * with them. So the bpffs is ours, or else the one of the nearest ancestor that has one.
 */
static const char *prefix(void)
{
	static char found[32];
	int pid;

	if (has_bpffs(""))
		return "";
	if (found[0] && has_bpffs(found))
		return found;
	for (pid = getppid(); pid > 0; pid = parent_of(pid)) {
		snprintf(found, sizeof(found), "/proc/%d/root", pid);
		if (has_bpffs(found))
			return found;
	}
	found[0] = 0;
	return NULL;
}

int tlml_maps_bpffs(char *path, unsigned int size)
{
	const char *p = prefix();

	snprintf(path, size, "%s" BPFFS, p ? p : "");
	return p ? 0 : -1;
}

/* Unique while the machine runs; 0 in the first namespace, the only one with this sysctl. */
static unsigned long long netns_cookie(void)
{
	unsigned long long cookie = 0;
	socklen_t len = sizeof(cookie);
	int fd;

	if (!access("/proc/sys/net/core/netdev_budget", F_OK))
		return 0;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return 0;
	if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len))
		cookie = 0;
	close(fd);
	return cookie;
}

void tlml_maps_root(char *path, unsigned int size)
{
	unsigned long long cookie = netns_cookie();
	const char *p = prefix();

	if (!cookie)
		snprintf(path, size, "%s" TLML_PIN_ROOT, p ? p : "");
	else
		snprintf(path, size, "%s" TLML_PIN_ROOT "/netns:%016llx", p ? p : "", cookie);
}

void tlml_maps_dir(const char *ifname, char *path, unsigned int size)
{
	char *c;
	size_t at;

	tlml_maps_root(path, size);
	at = strlen(path);
	snprintf(path + at, size - at, "/%s", ifname);
	for (c = path + at; *c; c++)
		if (*c == '.')
			*c = ':';
}

int tlml_maps_ifname(const char *entry, char *ifname)
{
	size_t len = strlen(entry);

	if (!len || len >= IF_NAMESIZE)
		return 0;
	for (size_t i = 0; i <= len; i++)
		ifname[i] = entry[i] == ':' ? '.' : entry[i];
	return 1;
}
