// SPDX-License-Identifier: BSD-2-Clause
/* State in a file that is there as a whole or not at all: kind, size, data, checksum. */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* The directory of a path, and its last part in *name; -errno with a sentence. */
static int open_folder(const char *path, const char **name, struct tlml_error *e)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];
	int fd;

	*name = slash ? slash + 1 : path;
	if (snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path) + 1 : 1,
		     slash ? path : ".") >= (int)sizeof(folder))
		return tlml_error_set(e, ENAMETOOLONG, "%s: too long a path: shorten it", path);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? tlml_error_set(e, errno, "%s: cannot open its folder: %s", path,
				       strerror(errno)) : fd;
}

int tlml_store_write(const char *path, const char *kind, const void *data, size_t size,
		     struct tlml_error *e)
{
	struct head *h = malloc(sizeof(*h) + size + SUM);
	int dir = open_folder(path, &path, e), err = dir < 0 ? dir : 0;

	if (!err && !h)
		err = tlml_error_set(e, ENOMEM, "%s: no memory to write it", path);
	if (!err) {
		memcpy(h->kind, kind, sizeof(h->kind));
		h->size = size;
		memcpy(h + 1, data, size);
		checksum(h, data, (uint8_t *)(h + 1) + size);
		err = tlml_whole_write(dir, path, 0600, h, sizeof(*h) + size + SUM, e);
	}
	if (dir >= 0)
		close(dir);
	free(h);
	return err;
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

int tlml_store_read(const char *path, const char *kind, size_t most, void **data, size_t *size,
		    struct tlml_error *e)
{
	struct tlml_error reason;
	const char *why, *name;
	const void *inside;
	int dir = open_folder(path, &name, e), err;
	void *file;
	size_t all;

	*data = NULL;
	if (dir < 0)
		return dir;
	err = tlml_whole_read(dir, name, sizeof(struct head) + most + SUM, &file, &all, &reason);
	close(dir);
	if (err == -EINVAL || err == -EFBIG || err == -ELOOP)
		return tlml_store_aside(path, reason.text, e);
	if (err)
		return err == -ENOENT ? err : tlml_error_set(e, -err, "%s: %s", path, reason.text);
	why = tlml_store_open(file, all, kind, &inside, size);
	if (!why)
		*data = memmove(file, inside, *size);
	else
		free(file);
	return why ? tlml_store_aside(path, why, e) : 0;
}
