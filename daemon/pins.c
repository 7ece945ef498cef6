// SPDX-License-Identifier: BSD-2-Clause
/*
 * Where the pins are. In the first network namespace that is TLML_PIN_ROOT/<interface>; in others
 * there is a directory of the namespace's cookie between, as names of interfaces repeat. bpffs
 * takes no dots in names, so those of interfaces become colons, which no interface has.
 */
#include "maps.h"

#include <dirent.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpffs.h"
#include "netns.h"

int tlml_maps_bpffs(char *path, unsigned int size)
{
	const char *p = tlml_bpffs_prefix();

	snprintf(path, size, "%s/sys/fs/bpf", p ? p : "");
	return p ? 0 : -1;
}

void tlml_maps_root(char *path, unsigned int size)
{
	unsigned long long cookie = tlml_netns_cookie();
	const char *p = tlml_bpffs_prefix();

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

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

int tlml_maps_list(char (**names)[IF_NAMESIZE], struct tlml_error *e)
{
	char root[TLML_PATH_MAX], (*more)[IF_NAMESIZE];
	struct dirent *entry;
	int n = 0, err = 0;
	DIR *dir;

	*names = NULL;
	tlml_maps_root(root, sizeof(root));
	dir = opendir(root);
	if (!dir && errno == ENOENT)
		return 0;
	if (!dir)
		return tlml_error_set(e, errno, "cannot look into %s: %s: run as root", root,
				      strerror(errno));
	while (!err && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		more = realloc(*names, (n + 1) * sizeof(*more));
		if (!more) {
			err = tlml_error_set(e, ENOMEM, "no memory for the names of interfaces");
			break;
		}
		*names = more;
		n += tlml_maps_ifname(entry->d_name, more[n]);
	}
	closedir(dir);
	if (err) {
		free(*names);
		*names = NULL;
		return err;
	}
	if (n)
		qsort(*names, n, sizeof(**names), by_name);
	return n;
}
