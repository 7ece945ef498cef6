// SPDX-License-Identifier: BSD-2-Clause
/* What a model file tells people, and its way to disk. */
#include "meta.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../daemon/whole.h"

#define CAPTURES_NAMED	256	/* more would crowd the weights out of the file */

json_t *tlml_meta_captures(const struct tlml_set *s)
{
	static const char *const splits[TLML_SPLITS] = { "train", "validate", "test" };
	json_int_t flows[TLML_SPLITS] = { 0 }, *each = calloc(s->n_captures + 1, sizeof(*each));
	unsigned int captures[TLML_SPLITS] = { 0 }, i;
	json_t *out = json_object(), *list = json_array();
	size_t n;

	for (n = 0; each && n < s->n_runs; n++)
		each[s->runs[n].capture]++;
	for (i = 0; each && i < s->n_captures; i++) {
		const struct tlml_set_capture *c = &s->captures[i];
		const char *base = strrchr(c->name, '/');

		captures[c->split]++;
		flows[c->split] += each[i];
		if (s->n_captures <= CAPTURES_NAMED)
			json_array_append_new(list, json_pack("{s:s, s:s, s:I}", "name",
							      base ? base + 1 : c->name, "split",
							      splits[c->split], "flows", each[i]));
	}
	for (i = 0; i < TLML_SPLITS; i++)
		json_object_set_new(out, splits[i], json_pack("{s:i, s:I}", "captures", captures[i],
							      "flows", flows[i]));
	if (json_array_size(list))
		json_object_set(out, "list", list);
	json_decref(list);
	free(each);
	return out;
}

json_t *tlml_meta_features(void)
{
	json_t *list = json_array();

#define TLML_FEATURE_APPEND(id, meaning) json_array_append_new(list, json_string(#id));
	TLML_FEATURES(TLML_FEATURE_APPEND)
#undef TLML_FEATURE_APPEND
	return list;
}

json_t *tlml_meta_classes(const struct tlml_set *s)
{
	json_t *list = json_array();
	unsigned int i;

	for (i = 0; i < s->n_classes; i++)
		json_array_append_new(list, json_string(s->classes[i].name));
	return list;
}

int tlml_meta_can_write(const char *path, struct tlml_error *e)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash == path ? strdup("/") : slash ? strndup(path, slash - path) : strdup(".");
	int err = dir && access(dir, W_OK) ? errno : 0;

	free(dir);
	return err ? tlml_error_set(e, err, "%s: cannot be written: %s: name a file in a folder that can be",
				    path, strerror(err)) : 0;
}

/* What is no file on a disk has nothing to be synced to. */
static int write_all(int fd, const void *data, size_t size)
{
	int err = tlml_whole_put(fd, data, size);

	return err ? err : fsync(fd) && errno != EINVAL && errno != EROFS ? -errno : 0;
}

int tlml_meta_write(const char *path, const void *data, size_t size, struct tlml_error *e)
{
	struct stat st;
	char *part;
	int fd, err;

	/* A device or a pipe is written to, not replaced. */
	if (!stat(path, &st) && !S_ISREG(st.st_mode)) {
		fd = open(path, O_WRONLY | O_CLOEXEC);
		err = fd < 0 ? -errno : write_all(fd, data, size);
		if (fd >= 0)
			close(fd);
		return err ? tlml_error_set(e, -err, "%s: cannot write it: %s: name another file", path,
					    strerror(-err)) : 0;
	}
	if (asprintf(&part, "%s.XXXXXX", path) < 0)
		return tlml_error_set(e, ENOMEM, "%s: no memory to write it", path);
	fd = mkstemp(part);
	err = fd < 0 ? -errno : fchmod(fd, 0644) ? -errno : write_all(fd, data, size);
	if (!err && rename(part, path))
		err = -errno;
	if (fd >= 0)
		close(fd);
	if (err && fd >= 0)
		unlink(part);
	free(part);
	return err ? tlml_error_set(e, -err, "%s: cannot write it: %s: name a file in a folder that can be written to",
				    path, strerror(-err)) : 0;
}
