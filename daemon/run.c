// SPDX-License-Identifier: BSD-2-Clause
/* Where the running programs meet. */
#include "run.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

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
	struct stat st;

	if (!mkdir(path, 0755) && !chmod(path, 0755))
		return 0;
	if (errno != EEXIST)
		return tlml_error_set(e, errno, "cannot make the directory %s: %s", path,
				      strerror(errno));
	if (stat(path, &st) || !S_ISDIR(st.st_mode))
		return tlml_error_set(e, ENOTDIR, "%s is in the way: it should be a directory",
				      path);
	return 0;
}

int tlml_run_dir_make(const char *path, struct tlml_error *e)
{
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
	return make(up, e);
}
