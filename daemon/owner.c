// SPDX-License-Identifier: BSD-2-Clause
/* Whose the models of this machine are. */
#include "owner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH	1	/* STATE/INTERFACE/ */

/* From directory to directory; another name of a file that lies elsewhere too may be a trap. */
static int give(int at, const char *name, int depth, uid_t from, uid_t uid, gid_t gid)
{
	int fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), err = 0;
	struct dirent *entry;
	struct stat st;
	DIR *d;

	if (fd < 0)
		return errno == ELOOP || errno == ENOENT || errno == ENXIO ? 0 : -errno;
	if (fstat(fd, &st))
		err = -errno;
	else if (st.st_uid == from && (S_ISDIR(st.st_mode) || st.st_nlink == 1) &&
		 fchown(fd, uid, gid))
		err = -errno;
	d = err || !S_ISDIR(st.st_mode) || depth < 0 ? NULL : fdopendir(fd);
	if (!d) {
		close(fd);
		return err;
	}
	while (!err && (entry = readdir(d)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			err = give(fd, entry->d_name, depth - 1, from, uid, gid);
	closedir(d);
	return err;
}

static int owner_of(const char *dir, struct stat *st, struct tlml_error *e)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), err = 0;

	if (fd < 0 || fstat(fd, st))
		err = tlml_error_set(e, errno, "cannot open the state directory %s: %s", dir,
				     strerror(errno));
	if (fd >= 0)
		close(fd);
	return err;
}

int tlml_owner_give(const char *dir, uid_t uid, gid_t gid, struct tlml_error *e)
{
	struct stat st;
	int err = owner_of(dir, &st, e);

	if (err || st.st_uid == uid)
		return err;
	err = give(AT_FDCWD, dir, DEPTH, st.st_uid, uid, gid);
	return err ? tlml_error_set(e, -err, "cannot give %s to user %u: %s", dir, uid,
				    strerror(-err)) : 0;
}

int tlml_owner_become(const char *dir, struct tlml_error *e)
{
	struct stat st;
	int err;

	if (geteuid())
		return 0;
	err = owner_of(dir, &st, e);
	if (err)
		return err;
	if (setegid(st.st_gid) || seteuid(st.st_uid)) {
		err = tlml_error_set(e, errno, "cannot act as user %u, whose %s is: %s", st.st_uid,
				     dir, strerror(errno));
		tlml_owner_leave();
	}
	return err;
}

void tlml_owner_leave(void)
{
	/* What comes next must not be done as somebody else. */
	if (seteuid(getuid()) || setegid(getgid()))
		abort();
}
