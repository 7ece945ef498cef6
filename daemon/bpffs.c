// SPDX-License-Identifier: BSD-2-Clause
/* The file system of pins: found, or mounted where it outlives this process. */
#include "bpffs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define BPFFS	"/sys/fs/bpf"

static int has_bpffs(const char *prefix)
{
	struct statfs s;
	char path[64];

	snprintf(path, sizeof(path), "%s" BPFFS, prefix);
	return !statfs(path, &s) && s.f_type == BPF_FS_MAGIC;
}

static int parent_of(int pid)
{
	char path[32], line[128];
	int parent = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f) && sscanf(line, "PPid: %d", &parent) != 1)
		;
	fclose(f);
	return parent;
}

/*
 * `ip netns exec` gives its children a fresh /sys without a bpffs, and what is mounted there goes
 * with them. So the bpffs is ours, or else the one of the nearest ancestor that has one.
 */
const char *tlml_bpffs_prefix(void)
{
	static char found[32];
	int pid;

	if (has_bpffs(""))
		return "";
	if (found[0] && has_bpffs(found))
		return found;
	for (pid = getppid(); pid > 0; pid = parent_of(pid)) {
		snprintf(found, sizeof(found), "/proc/%d/root", pid);
		if (has_bpffs(found))
			return found;
	}
	found[0] = 0;
	return NULL;
}

/* The mount namespace of the eldest ancestor that lets us in; -1 if that is ours. */
static int elder_namespace(void)
{
	struct stat ours, theirs;
	int found = -1, pid, fd;
	char path[32];

	if (stat("/proc/self/ns/mnt", &ours))
		return -1;
	for (pid = getppid(); pid > 0; pid = parent_of(pid)) {
		snprintf(path, sizeof(path), "/proc/%d/ns/mnt", pid);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			break;
		if (found >= 0)
			close(found);
		found = fd;
	}
	if (found >= 0 && !fstat(found, &theirs) && theirs.st_ino == ours.st_ino) {
		close(found);
		found = -1;
	}
	return found;
}

/* As systemd does it. Returns a positive errno or 0. */
static int mount_here(void)
{
	return mount("bpf", BPFFS, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700") ? errno : 0;
}

/* In a child, as entering a mount namespace changes what relative paths mean. */
static int mount_there(int ns)
{
	int status, pid = fork();

	if (pid < 0)
		return errno;
	if (!pid)
		_exit(setns(ns, CLONE_NEWNS) ? errno : mount_here());
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return ECHILD;
	return WEXITSTATUS(status);
}

int tlml_bpffs_ensure(bool *mounted, struct tlml_error *e)
{
	int ns, err;

	*mounted = false;
	if (tlml_bpffs_prefix())
		return 0;
	ns = elder_namespace();
	if (ns < 0) {
		err = mount_here();
	} else {
		err = mount_there(ns);
		close(ns);
	}
	if (err)
		return tlml_error_set(e, err,
				      "there is no bpffs at " BPFFS " and it cannot be mounted (%s): as root, 'mount -t bpf bpf " BPFFS "'%s",
				      strerror(err),
				      err == EPERM ? "; mounting needs CAP_SYS_ADMIN" : "");
	if (!tlml_bpffs_prefix())
		return tlml_error_set(e, ENOENT,
				      "a bpffs was mounted at " BPFFS " but is not seen from this mount namespace: run tlml-load from the host's");
	*mounted = true;
	return 0;
}
