// SPDX-License-Identifier: BSD-2-Clause
/* The run directory while one tlmld is in it: a lock that ends with the process. */
#include "only.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "run.h"

#define PATIENCE	100	/* pauses, with one that begins or ends */

/* Whether the file of that descriptor is still there: who held the lock may have removed it. */
static int is_there(const char *path, int fd)
{
	struct stat here, there;

	return !fstat(fd, &here) && !lstat(path, &there) && here.st_dev == there.st_dev &&
	       here.st_ino == there.st_ino;
}

/*
 * Who holds the lock begins, or ends: it has no control socket. It may take its time, but is not
 * the one that there is.
 */
static int passes(const char *dir)
{
	static const struct timespec pause = { .tv_nsec = 50000000 };
	char path[256];

	snprintf(path, sizeof(path), "%s/" TLML_SOCKET_DAEMON, dir);
	return access(path, F_OK) && !nanosleep(&pause, NULL);
}

static int busy(const char *dir, int fd, struct tlml_error *e)
{
	char pid[16] = "";

	if (pread(fd, pid, sizeof(pid) - 1, 0) < 0)
		*pid = 0;
	close(fd);
	return tlml_error_set(e, EBUSY, "another tlmld runs in %s, process %d: there is one for each network namespace",
			      dir, atoi(pid));
}

int tlml_only_lock(const char *dir, struct tlml_error *e)
{
	unsigned int patience = PATIENCE;
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/" TLML_ONLY_FILE, dir);
	for (;;) {
		/* The directory is another user's, of fewer rights: follow no link of theirs. */
		fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
		if (fd < 0)
			return tlml_error_set(e, errno, "cannot open %s: %s", path, strerror(errno));
		if (flock(fd, LOCK_EX | LOCK_NB)) {
			if (!patience || !passes(dir))
				return busy(dir, fd, e);
			patience--;
		} else if (is_there(path, fd)) {
			break;
		}
		close(fd);
	}
	if (ftruncate(fd, 0) || dprintf(fd, "%d\n", getpid()) < 0) {
		int err = errno;

		tlml_only_unlock(dir, fd);
		return tlml_error_set(e, err, "cannot write %s: %s", path, strerror(err));
	}
	return fd;
}

void tlml_only_unlock(const char *dir, int lock)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/" TLML_ONLY_FILE, dir);
	unlink(path);
	close(lock);
}
