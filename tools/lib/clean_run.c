// SPDX-License-Identifier: BSD-2-Clause
/* What daemons of network namespaces that are gone left: directories of dead sockets and logs. */
#include <dirent.h>
#include <errno.h>
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
#include "pin.h"

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
		err = tlml_pin_remove(dir, e);
		if (!err)
			done(dir, "nobody is there", arg);
	}
	closedir(d);
	return err;
}
