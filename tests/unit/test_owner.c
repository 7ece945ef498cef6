// SPDX-License-Identifier: BSD-2-Clause
/* Whose the models are: root gives them away, led nowhere else, and acts as their owner. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../daemon/owner.h"
#include "../prog/tap.h"

#define NOBODY	65534
#define OTHER	65533

static struct tlml_error error;
static char base[] = "/tmp/tlml-owner-XXXXXX";

static const char *in(const char *name)
{
	static char path[4][96];
	static unsigned int n;

	n = (n + 1) % 4;
	snprintf(path[n], sizeof(path[n]), "%s/%s", base, name);
	return path[n];
}

static uid_t owner(const char *name)
{
	struct stat st;

	return lstat(in(name), &st) ? ~0u : st.st_uid;
}

static void touch(const char *name, uid_t uid)
{
	close(open(in(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	CHECK(!chown(in(name), uid, uid), "%s: %m", name);
}

static void gives(void)
{
	mkdir(in("state"), 0755);
	mkdir(in("state/eth0"), 0700);
	mkdir(in("state/eth0/deep"), 0700);
	touch("outside", 0);
	touch("twice", 0);
	touch("state/key", 0);
	touch("state/eth0/log", 0);
	touch("state/eth0/deep/file", 0);
	touch("state/theirs", OTHER);
	CHECK(!symlink(in("outside"), in("state/link")) && !link(in("twice"), in("state/twice")),
	      "%m");
	CHECK(!tlml_owner_give(in("state"), NOBODY, NOBODY, &error), "%s", error.text);
	CHECK_EQ(owner("state"), NOBODY);
	CHECK_EQ(owner("state/key"), NOBODY);
	CHECK_EQ(owner("state/eth0/log"), NOBODY);
	CHECK_EQ(owner("state/eth0/deep/file"), 0);	/* tlml puts nothing there */
	CHECK_EQ(owner("state/theirs"), OTHER);
	CHECK_EQ(owner("outside"), 0);
	CHECK_EQ(owner("twice"), 0);
	touch("state/new", 0);
	CHECK(!tlml_owner_give(in("state"), NOBODY, NOBODY, &error), "%s", error.text);
	CHECK_EQ(owner("state/new"), 0);	/* it is his already: nothing is taken for granted */
	CHECK(!tlml_owner_give(in("state"), OTHER, OTHER, &error), "%s", error.text);
	CHECK_EQ(owner("state/key"), OTHER);
	CHECK_EQ(owner("state/new"), 0);
	CHECK_EQ(tlml_owner_give(in("state/link"), NOBODY, NOBODY, &error), -ENOTDIR);
	CHECK_EQ(tlml_owner_give(in("nowhere"), NOBODY, NOBODY, &error), -ENOENT);
}

static void becomes(void)
{
	CHECK(!tlml_owner_become(in("state"), &error), "%s", error.text);
	CHECK_EQ(geteuid(), OTHER);
	CHECK_EQ(getegid(), OTHER);
	close(open(in("state/made"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	CHECK(open(in("outside"), O_RDONLY | O_CLOEXEC) < 0, "reads what is root's");
	CHECK(!tlml_owner_become(in("state"), &error), "twice is once");
	tlml_owner_leave();
	CHECK_EQ(geteuid(), 0);
	CHECK_EQ(getegid(), 0);
	CHECK_EQ(owner("state/made"), OTHER);
	CHECK_EQ(tlml_owner_become(in("nowhere"), &error), -ENOENT);
	CHECK_EQ(geteuid(), 0);
}

static const struct tap_test tests[] = {
	{ "what root began is given away, and no more", gives },
	{ "root acts as the owner for a while", becomes },
};

int main(void)
{
	char command[64];
	int res;

	if (geteuid()) {
		printf("KTAP version 1\n1..0 # SKIP needs root\n");
		return 0;
	}
	if (!mkdtemp(base) || chmod(base, 0755))
		return 1;
	res = tap_main(tests, sizeof(tests) / sizeof(tests[0]));
	snprintf(command, sizeof(command), "rm -rf '%s'", base);
	return system(command) ? 1 : res;
}
