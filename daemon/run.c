// SPDX-License-Identifier: BSD-2-Clause
/* Where the running programs meet. */
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netns.h"

void tlml_run_dir(char *path, unsigned int size)
{
	unsigned long long cookie = tlml_netns_cookie();

	if (!cookie)
		snprintf(path, size, TLML_RUN_ROOT);
	else
		snprintf(path, size, TLML_RUN_ROOT "/netns:%016llx", cookie);
}

/* Whatever the umask says. */
static int make(const char *path, struct tlml_error *e)
{
	mode_t was = umask(022);
	struct stat st;
	int err = mkdir(path, 0755) ? errno : 0;

	umask(was);
	if (!err)
		return 0;
	if (err != EEXIST)
		return tlml_error_set(e, err, "cannot make the directory %s: %s", path,
				      strerror(err));
	if (stat(path, &st) || !S_ISDIR(st.st_mode))
		return tlml_error_set(e, ENOTDIR, "%s is in the way: it should be a directory",
				      path);
	return 0;
}

int tlml_run_dir_make(const char *path, struct tlml_error *e)
{
	struct stat st;
	char up[256];
	char *end;
	int err;

	if (strlen(path) >= sizeof(up))
		return tlml_error_set(e, ENAMETOOLONG, "the path %.40s... is too long", path);
	strcpy(up, path);
	for (end = strchr(up + 1, '/'); end; end = strchr(end + 1, '/')) {
		*end = 0;
		err = make(up, e);
		if (err)
			return err;
		*end = '/';
	}
	err = make(up, e);
	/* Those of network namespaces lie in one that is not root's, whose owner may lay links. */
	if (!err && (lstat(up, &st) || !S_ISDIR(st.st_mode)))
		err = tlml_error_set(e, ENOTDIR, "%s is a link: name the directory itself", path);
	return err;
}

int tlml_run_dir_give(const char *path, uid_t uid, gid_t gid, struct tlml_error *e)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), err = 0;

	if (fd < 0 || fchown(fd, uid, gid))
		err = tlml_error_set(e, errno, "cannot give %s to user %u: %s", path, uid,
				     strerror(errno));
	if (fd >= 0)
		close(fd);
	return err;
}
