// SPDX-License-Identifier: BSD-2-Clause
/* What daemons of network namespaces that are gone left: dead sockets, logs, models. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "../../daemon/run.h"
#include "clean.h"

#define DEPTH	2	/* NAME/state/INTERFACE/ */
#define YOUNG_S	60	/* somebody may be about to start there */

static bool answers(const char *dir, const char *name, int type)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), err = 0;

	if (snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/%s", dir, name) >=
	    (int)sizeof(addr.sun_path) || connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		err = errno;
	close(fd);
	return !err || (err != ENOENT && err != ECONNREFUSED);
}

static bool is_stale(const char *dir)
{
	struct stat st;

	return !lstat(dir, &st) && S_ISDIR(st.st_mode) && st.st_mtime + YOUNG_S < time(NULL) &&
	       !answers(dir, TLML_SOCKET_DAEMON, SOCK_SEQPACKET) &&
	       !answers(dir, TLML_SOCKET_LARGE, SOCK_STREAM);
}

/*
 * Step by step from directory to directory, as whoever owns one may lay links there meanwhile.
 * What is deeper than depth is not ours.
 */
static int remove_tree(int at, const char *name, int depth)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), err = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!d) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	while (!err && (entry = readdir(d))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (!unlinkat(fd, entry->d_name, 0))
			continue;
		err = errno == EISDIR && depth ? remove_tree(fd, entry->d_name, depth - 1) : -errno;
	}
	closedir(d);
	return err ? err : unlinkat(at, name, AT_REMOVEDIR) ? -errno : 0;
}

int tlml_clean_run(void (*done)(const char *dir, const char *why, void *arg), void *arg,
		   struct tlml_error *e)
{
	char dir[128], ours[128];
	struct dirent *entry;
	DIR *d = opendir(TLML_RUN_ROOT);
	int err = 0;

	if (!d)
		return errno == ENOENT ? 0 : tlml_error_set(e, errno, "cannot open " TLML_RUN_ROOT ": %s",
							    strerror(errno));
	tlml_run_dir(ours, sizeof(ours));
	while (!err && (entry = readdir(d))) {
		snprintf(dir, sizeof(dir), TLML_RUN_ROOT "/%.63s", entry->d_name);
		if (strncmp(entry->d_name, "netns:", 6) || !strcmp(dir, ours) || !is_stale(dir))
			continue;
		err = remove_tree(dirfd(d), entry->d_name, DEPTH);
		if (err)
			tlml_error_set(e, -err, "cannot remove %s: %s", dir, strerror(-err));
		else
			done(dir, "nobody is there", arg);
	}
	closedir(d);
	return err;
}
