// SPDX-License-Identifier: BSD-2-Clause
/* Where the running programs meet: one directory for each network namespace. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../daemon/run.h"
#include "../prog/tap.h"

static struct tlml_error error;

static void finds_its_directory(void)
{
	char dir[256], want[256], again[128], base[] = "/tmp/tlml-test-privs.XXXXXX";
	struct stat st;

	tlml_run_dir(dir, sizeof(dir));
	CHECK(!strncmp(dir, TLML_RUN_ROOT, strlen(TLML_RUN_ROOT)), "%s", dir);
	if (!geteuid() && !unshare(CLONE_NEWNET)) {
		tlml_run_dir(again, sizeof(again));
		CHECK(!strncmp(again, TLML_RUN_ROOT "/netns:", strlen(TLML_RUN_ROOT "/netns:")),
		      "%s", again);
		CHECK(strcmp(dir, again), "the same in another namespace: %s", dir);
		tlml_run_dir(want, sizeof(want));
		CHECK(!strcmp(want, again), "%s is now %s", again, want);
	}
	if (!mkdtemp(base))
		abort();
	umask(077);
	snprintf(dir, sizeof(dir), "%s/a/b", base);
	for (int i = 0; i < 2; i++)
		CHECK(!tlml_run_dir_make(dir, &error), "%s", error.text);
	CHECK(!stat(dir, &st) && (st.st_mode & 07777) == 0755, "%o", st.st_mode);
	if (!geteuid()) {
		CHECK(!tlml_run_dir_give(dir, 65534, 65534, &error) && !stat(dir, &st) &&
		      st.st_uid == 65534, "%s", error.text);
		rmdir(dir);
		CHECK(!symlink(base, dir), "%m");
		CHECK_EQ(tlml_run_dir_give(dir, 65534, 65534, &error), -ENOTDIR);
		CHECK(!stat(base, &st) && !st.st_uid, "%u", st.st_uid);
		unlink(dir);
	}
	rmdir(dir);
	CHECK(!symlink(base, dir), "%s", strerror(errno));
	CHECK_EQ(tlml_run_dir_make(dir, &error), -ENOTDIR);
	unlink(dir);
	close(open(dir, O_WRONLY | O_CREAT, 0600));
	CHECK_EQ(tlml_run_dir_make(dir, &error), -ENOTDIR);
	CHECK(strstr(error.text, dir), "%s", error.text);
	unlink(dir);
	snprintf(dir, sizeof(dir), "%s/a", base);
	rmdir(dir);
	rmdir(base);
}

static const struct tap_test tests[] = {
	{ "the directory of sockets", finds_its_directory },
};

int main(void)
{
	return tap_main(tests, sizeof(tests) / sizeof(tests[0]));
}
