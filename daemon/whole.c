// SPDX-License-Identifier: BSD-2-Clause
/* Small files that are there as a whole: a draft, then its new name, each on disk in turn. */
#include "whole.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int tlml_whole_put(int fd, const void *data, size_t size)
{
	while (size) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		data = (const char *)data + n;
		size -= n;
	}
	return 0;
}

/* Makes the draft with this very mode, whatever the umask says. */
static int write_draft(int dir, const char *draft, mode_t mode, const void *data, size_t size)
{
	int fd = openat(dir, draft, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode);
	int err;

	if (fd < 0)
		return -errno;
	err = tlml_whole_put(fd, data, size);
	if (!err && fsync(fd))
		err = -errno;
	if (close(fd) && !err)
		err = -errno;
	return err;
}

int tlml_whole_write(int dir, const char *name, mode_t mode, const void *data, size_t size,
		     struct tlml_error *e)
{
	char draft[NAME_MAX + 1];
	int err;

	if (snprintf(draft, sizeof(draft), "%s" TLML_WHOLE_DRAFT, name) >= (int)sizeof(draft))
		return tlml_error_set(e, ENAMETOOLONG, "%.64s... is too long a name: shorten it",
				      name);
	err = write_draft(dir, draft, mode, data, size);
	if (!err && renameat(dir, draft, dir, name))
		err = -errno;
	if (err)
		unlinkat(dir, draft, 0);
	else if (fsync(dir))		/* a rename is on disk when its directory is */
		err = -errno;
	return err ? tlml_error_set(e, -err, "cannot keep %s: %s: make room, and see who owns its directory",
				    name, strerror(-err)) : 0;
}

int tlml_whole_read_fd(int fd, const char *name, size_t most, void **data, size_t *size,
		       struct tlml_error *e)
{
	struct stat st;
	size_t done = 0;
	ssize_t n = 1;
	char *p;

	if (fstat(fd, &st))
		return tlml_error_set(e, errno, "%s: %s", name, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return tlml_error_set(e, EINVAL, "%s is not a file", name);
	if ((unsigned long long)st.st_size > most)
		return tlml_error_set(e, EFBIG, "%s has %lld bytes, more than %zu", name,
				      (long long)st.st_size, most);
	p = malloc(st.st_size + 1);
	if (!p)
		return tlml_error_set(e, ENOMEM, "no memory for %s", name);
	while (done < (size_t)st.st_size && n) {
		n = pread(fd, p + done, st.st_size - done, done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			free(p);
			return tlml_error_set(e, errno, "cannot read %s: %s", name, strerror(errno));
		}
		done += n;
	}
	p[done] = 0;
	*data = p;
	*size = done;
	return 0;
}

int tlml_whole_read(int dir, const char *name, size_t most, void **data, size_t *size,
		    struct tlml_error *e)
{
	/* It may be anything that somebody put there, and opening must not wait. */
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), err;

	if (fd < 0)
		return tlml_error_set(e, errno, "cannot open %s: %s", name, strerror(errno));
	err = tlml_whole_read_fd(fd, name, most, data, size, e);
	close(fd);
	return err;
}

int tlml_whole_remove(int dir, const char *name)
{
	if (unlinkat(dir, name, 0) && errno != ENOENT)
		return -errno;
	return fsync(dir) ? -errno : 0;
}
