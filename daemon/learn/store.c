// SPDX-License-Identifier: BSD-2-Clause
/* State in a file that is there as a whole or not at all: kind, size, data, checksum. */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../whole.h"

#define SUM	crypto_generichash_BYTES

struct head {
	char kind[TLML_STORE_KIND];
	uint64_t size;		/* of the data */
};

static void checksum(const struct head *h, const void *data, uint8_t sum[SUM])
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, NULL, 0, SUM);
	crypto_generichash_update(&state, (const void *)h, sizeof(*h));
	crypto_generichash_update(&state, data, h->size);
	crypto_generichash_final(&state, sum, SUM);
}

static int read_all(int fd, void *data, size_t size)
{
	while (size) {
		ssize_t n = read(fd, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		data = (char *)data + n;
		size -= n;
	}
	return 0;
}

/* A rename is on disk when its directory is. */
static int sync_directory(const char *path)
{
	char copy[PATH_MAX];
	int fd, err;

	snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = fsync(fd) ? -errno : 0;
	close(fd);
	return err;
}

int tlml_store_write(const char *path, const char *kind, const void *data, size_t size,
		     struct tlml_error *e)
{
	struct head h = { .size = size };
	char draft[PATH_MAX];
	uint8_t sum[SUM];
	int fd, err;

	memcpy(h.kind, kind, sizeof(h.kind));
	checksum(&h, data, sum);
	if (snprintf(draft, sizeof(draft), "%s.new", path) >= (int)sizeof(draft))
		return tlml_error_set(e, ENAMETOOLONG, "%s: too long a path: shorten it", path);
	fd = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	err = fd < 0 ? -errno : 0;
	if (!err)
		err = tlml_whole_put(fd, &h, sizeof(h));
	if (!err)
		err = tlml_whole_put(fd, data, size);
	if (!err)
		err = tlml_whole_put(fd, sum, sizeof(sum));
	if (!err && fsync(fd))
		err = -errno;
	if (fd >= 0)
		close(fd);
	if (!err && rename(draft, path))
		err = -errno;
	if (!err)
		err = sync_directory(path);
	else if (fd >= 0)
		unlink(draft);
	return err ? tlml_error_set(e, -err, "%s: cannot keep it: %s: make room or name another folder",
				    path, strerror(-err)) : 0;
}

int tlml_store_aside(const char *path, const char *why, struct tlml_error *e)
{
	char bad[PATH_MAX];

	snprintf(bad, sizeof(bad), "%s.bad", path);
	if (rename(path, bad))
		return tlml_error_set(e, EINVAL, "%s: %s: not used; remove it", path, why);
	return tlml_error_set(e, EINVAL, "%s: %s: set aside as %s, learning begins anew", path, why,
			      bad);
}

const char *tlml_store_open(const void *file, size_t size, const char *kind, const void **data,
			    size_t *data_size)
{
	uint8_t sum[SUM];
	struct head h;

	if (size < sizeof(h) + SUM)
		return "truncated";
	memcpy(&h, file, sizeof(h));
	if (memcmp(h.kind, kind, sizeof(h.kind)))
		return "not what tlml keeps here";
	if (h.size != size - sizeof(h) - SUM)
		return "truncated, or longer than it says";
	*data = (const char *)file + sizeof(h);
	*data_size = h.size;
	checksum(&h, *data, sum);
	return memcmp(sum, (const char *)*data + h.size, SUM) ?
		       "damaged: its checksum does not match" : NULL;
}

/* The whole of fd, *size bytes, or why it cannot be had. */
static const char *read_file(int fd, size_t most, void **file, size_t *size)
{
	struct stat st;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return "not a file";
	*size = st.st_size;
	if (*size > sizeof(struct head) + most + SUM)
		return "larger than what tlml keeps here";
	*file = malloc(*size + 1);
	if (!*file)
		return "no memory to read it";
	return read_all(fd, *file, *size) ? "cannot be read" : NULL;
}

int tlml_store_read(const char *path, const char *kind, size_t most, void **data, size_t *size,
		    struct tlml_error *e)
{
	const void *inside;
	void *file = NULL;
	const char *why;
	size_t all;
	int fd;

	*data = NULL;
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return -ENOENT;
	if (fd < 0)
		return tlml_error_set(e, errno, "%s: cannot open it: %s: check its permissions", path,
				      strerror(errno));
	why = read_file(fd, most, &file, &all);
	close(fd);
	if (!why)
		why = tlml_store_open(file, all, kind, &inside, size);
	if (!why)
		*data = memmove(file, inside, *size);
	else
		free(file);
	return why ? tlml_store_aside(path, why, e) : 0;
}
