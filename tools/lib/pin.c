// SPDX-License-Identifier: BSD-2-Clause
/* The directory of an interface's pins. */
#include "pin.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../daemon/bpffs.h"

#define PATH	(TLML_PATH_MAX + 32)

static void all_pins(char *path, unsigned int size)
{
	size_t at;

	tlml_maps_bpffs(path, size);
	at = strlen(path);
	snprintf(path + at, size - at, "%s", strrchr(TLML_PIN_ROOT, '/'));
}

static int make_dir(const char *path, struct tlml_error *e)
{
	if (!mkdir(path, 0750) || errno == EEXIST)
		return 0;
	return tlml_error_set(e, errno, "cannot make the directory %s: %s%s", path, strerror(errno),
			      errno == EACCES || errno == EPERM ? "; run as root" : "");
}

static int flock_dir(const char *path, struct tlml_error *e)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return tlml_error_set(e, errno, "cannot open %s: %s", path, strerror(errno));
	if (!flock(fd, LOCK_EX | LOCK_NB))
		return fd;
	if (errno == EWOULDBLOCK) {
		fprintf(stderr, "tlml-load: waiting for another tlml-load to finish\n");
		if (!flock(fd, LOCK_EX))
			return fd;
	}
	tlml_error_set(e, errno, "cannot lock %s: %s", path, strerror(errno));
	close(fd);
	return -errno;
}

int tlml_pin_lock(bool *mounted, struct tlml_error *e)
{
	char path[TLML_PATH_MAX], root[TLML_PATH_MAX];
	struct stat held, named;
	int fd, err;

	if (mounted) {
		err = tlml_bpffs_ensure(mounted, e);
		if (err)
			return err;
	} else if (!tlml_bpffs_prefix()) {
		return tlml_error_set(e, ENOENT, "tlml is on nothing here: there is no bpffs");
	}
	all_pins(path, sizeof(path));
	for (;;) {
		err = make_dir(path, e);
		if (err)
			return err;
		fd = flock_dir(path, e);
		if (fd < 0 && fd != -ENOENT)
			return fd;
		/* Who had the lock may have removed the directory. */
		if (fd >= 0 && !fstat(fd, &held) && !stat(path, &named) &&
		    held.st_ino == named.st_ino)
			break;
		if (fd >= 0)
			close(fd);
	}
	tlml_maps_root(root, sizeof(root));
	err = make_dir(root, e);
	if (!err)
		return fd;
	close(fd);
	return err;
}

void tlml_pin_unlock(int lock)
{
	char path[TLML_PATH_MAX];

	/* These fail, as they should, where something is left in them. */
	tlml_maps_root(path, sizeof(path));
	rmdir(path);
	all_pins(path, sizeof(path));
	rmdir(path);
	close(lock);
}

void tlml_pin_stage(const char *ifname, char *path, unsigned int size)
{
	char name[IF_NAMESIZE + sizeof(TLML_PIN_STAGE)];
	char dir[TLML_PATH_MAX], *entry;

	tlml_maps_dir(ifname, dir, sizeof(dir));
	entry = strrchr(dir, '/');
	snprintf(name, sizeof(name), TLML_PIN_STAGE "%s", entry + 1);
	*entry = 0;
	snprintf(path, size, "%s/%s", dir, name);
}

int tlml_pin_put(const char *dir, const char *name, int fd, struct tlml_error *e)
{
	char path[PATH];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (bpf_obj_pin(fd, path))
		return tlml_error_set(e, errno, "cannot pin %s: %s", path, strerror(errno));
	return 0;
}

int tlml_pin_get(const char *dir, const char *name)
{
	char path[PATH];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = bpf_obj_get(path);
	return fd < 0 ? -errno : fd;
}

bool tlml_pin_exists(const char *dir, const char *name)
{
	char path[PATH];
	struct stat s;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return !lstat(path, &s);
}

int tlml_pin_note(const char *dir, const char *name, const char *what, struct tlml_error *e)
{
	char path[PATH];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (symlink(what, path))
		return tlml_error_set(e, errno, "cannot make %s: %s", path, strerror(errno));
	return 0;
}

void tlml_pin_drop(const char *dir, const char *name)
{
	char path[PATH];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	unlink(path);
}

int tlml_pin_maps(const char *dir, struct bpf_object *obj, struct tlml_error *e)
{
	struct bpf_map *map;
	int err;

	if (mkdir(dir, 0750))
		return tlml_error_set(e, errno, "cannot make the directory %s: %s", dir,
				      strerror(errno));
	bpf_object__for_each_map(map, obj) {
		if (bpf_map__is_internal(map))
			continue;
		err = tlml_pin_put(dir, bpf_map__name(map), bpf_map__fd(map), e);
		if (err)
			return err;
	}
	return 0;
}

int tlml_pin_remove(const char *dir, struct tlml_error *e)
{
	/* A directory of daemons lies in one that is not root's, whose owner may lay links. */
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), err = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!d) {
		err = errno == ENOENT ? 0 : tlml_error_set(e, errno, "cannot open %s: %s", dir,
							   strerror(errno));
		if (fd >= 0)
			close(fd);
		return err;
	}
	while ((entry = readdir(d))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (unlinkat(dirfd(d), entry->d_name, 0))
			err = tlml_error_set(e, errno, "cannot remove %s/%s: %s", dir,
					     entry->d_name, strerror(errno));
	}
	closedir(d);
	if (!err && rmdir(dir))
		err = tlml_error_set(e, errno, "cannot remove %s: %s", dir, strerror(errno));
	return err;
}
