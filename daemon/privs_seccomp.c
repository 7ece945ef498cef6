// SPDX-License-Identifier: BSD-2-Clause
/*
 * The system calls that are left to the two long-lived processes. EPERM for all others, not death:
 * what a library tries and can do without must not end a gateway's daemon.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/sockios.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "privs.h"

/* Time, memory, signals, files at hand, sockets at hand, epoll. */
static const int both[] = {
	SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(write), SCMP_SYS(writev),
	SCMP_SYS(close), SCMP_SYS(lseek), SCMP_SYS(fcntl), SCMP_SYS(flock),
	SCMP_SYS(fstat), SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(newfstatat), SCMP_SYS(statx),
	SCMP_SYS(fstatfs), SCMP_SYS(statfs), SCMP_SYS(access), SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(getdents64),
	SCMP_SYS(getcwd), SCMP_SYS(unlink), SCMP_SYS(unlinkat),
	SCMP_SYS(accept4), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg), SCMP_SYS(sendto),
	SCMP_SYS(sendmsg), SCMP_SYS(shutdown), SCMP_SYS(getsockopt), SCMP_SYS(setsockopt),
	SCMP_SYS(getsockname), SCMP_SYS(getpeername),
	SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_pwait2), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(eventfd2),
	SCMP_SYS(pipe2), SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_settime), SCMP_SYS(signalfd4),
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
	SCMP_SYS(futex), SCMP_SYS(membarrier), SCMP_SYS(rseq), SCMP_SYS(set_robust_list),
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(clock_nanosleep),
	SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(times),
	SCMP_SYS(getrandom), SCMP_SYS(getpid), SCMP_SYS(getppid), SCMP_SYS(gettid),
	SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid),
	SCMP_SYS(getrusage), SCMP_SYS(getcpu), SCMP_SYS(uname), SCMP_SYS(sysinfo),
	SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(umask),
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigtimedwait), SCMP_SYS(sigaltstack), SCMP_SYS(restart_syscall),
	SCMP_SYS(exit), SCMP_SYS(exit_group),
};

/* It keeps its state as files that are there as a whole: a draft, and its new name. */
static const int of_daemon[] = {
	SCMP_SYS(io_uring_enter), SCMP_SYS(connect), SCMP_SYS(setpriority),
	SCMP_SYS(fsync), SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2),
	SCMP_SYS(mkdir), SCMP_SYS(mkdirat),
	SCMP_SYS(sendmmsg),		/* as the C library asks servers of names */
};

/* Where threads run and in which order; a child that tries a model for a while. */
static const int of_large[] = {
	SCMP_SYS(wait4), SCMP_SYS(alarm), SCMP_SYS(setitimer),
	SCMP_SYS(sched_setaffinity), SCMP_SYS(sched_getparam), SCMP_SYS(sched_getscheduler),
	SCMP_SYS(sched_get_priority_max), SCMP_SYS(sched_get_priority_min),
	SCMP_SYS(get_mempolicy),
};

/* It leaves a file behind, and tells who serves. */
static const int of_teacher[] = {
	SCMP_SYS(fsync), SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2),
	SCMP_SYS(connect),
};

/* A system call whose argument, as far as mask goes, has to be value; one rule of several. */
struct rule {
	int call;
	unsigned int arg;
	unsigned long long mask, value;
};

#define EXACTLY	(~0ull)
#define FORK	(CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | CSIGNAL)	/* as libc calls it */
#define WRITES	(O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND | (O_TMPFILE & ~O_DIRECTORY))

static const struct rule rules_both[] = {
	{ SCMP_SYS(open), 1, WRITES, O_RDONLY },
	{ SCMP_SYS(openat), 2, WRITES, O_RDONLY },
	{ SCMP_SYS(mprotect), 2, PROT_EXEC, 0 },
	{ SCMP_SYS(mmap), 2, PROT_EXEC, 0 },
	{ SCMP_SYS(ioctl), 1, EXACTLY, FIONREAD },
	{ SCMP_SYS(ioctl), 1, EXACTLY, FIONBIO },
	{ SCMP_SYS(ioctl), 1, EXACTLY, TCGETS },	/* whether it is a terminal */
	{ SCMP_SYS(prlimit64), 2, EXACTLY, 0 },		/* without new limits */
	{ SCMP_SYS(clone), 0, CLONE_THREAD | CLONE_VM, CLONE_THREAD | CLONE_VM },
};

static const struct rule rules_daemon[] = {
	{ SCMP_SYS(socket), 0, EXACTLY, AF_UNIX },
	{ SCMP_SYS(socket), 0, EXACTLY, AF_INET },
	{ SCMP_SYS(socket), 0, EXACTLY, AF_INET6 },
	{ SCMP_SYS(ioctl), 1, EXACTLY, SIOCGIFNAME },	/* whether an interface is there */
	{ SCMP_SYS(open), 1, WRITES, O_WRONLY | O_CREAT | O_TRUNC },
	{ SCMP_SYS(openat), 2, WRITES, O_WRONLY | O_CREAT | O_TRUNC },
	{ SCMP_SYS(bpf), 0, EXACTLY, BPF_MAP_LOOKUP_ELEM },
	{ SCMP_SYS(bpf), 0, EXACTLY, BPF_OBJ_GET_INFO_BY_FD },
};

/* Libraries may be opened late, so code may be mapped, but none that can be written. */
static const struct rule rules_large[] = {
	{ SCMP_SYS(mmap), 2, PROT_EXEC | PROT_WRITE, PROT_EXEC },
	{ SCMP_SYS(prctl), 0, EXACTLY, PR_SET_NAME },
	{ SCMP_SYS(prctl), 0, EXACTLY, PR_SET_PDEATHSIG },
	/* A parser of models may crash on a damaged file: that is to happen to a child. */
	{ SCMP_SYS(clone), 0, ~(unsigned long long)FORK, 0 },
};

static const struct rule rules_teacher[] = {
	{ SCMP_SYS(socket), 0, EXACTLY, AF_UNIX },
	{ SCMP_SYS(open), 1, WRITES, O_WRONLY | O_CREAT | O_TRUNC },
	{ SCMP_SYS(openat), 2, WRITES, O_WRONLY | O_CREAT | O_TRUNC },
};

#define N(a)	(sizeof(a) / sizeof((a)[0]))

/* Below 0 are those that this architecture has never had. */
static int allow_all(scmp_filter_ctx f, const int *calls, unsigned int n)
{
	int err = 0;

	for (unsigned int i = 0; i < n && !err; i++)
		if (calls[i] >= 0)
			err = seccomp_rule_add(f, SCMP_ACT_ALLOW, calls[i], 0);
	return err;
}

static int allow_some(scmp_filter_ctx f, const struct rule *r, unsigned int n)
{
	int err = 0;

	for (unsigned int i = 0; i < n && !err; i++)
		if (r[i].call >= 0)
			err = seccomp_rule_add(f, SCMP_ACT_ALLOW, r[i].call, 1,
					       SCMP_CMP(r[i].arg, SCMP_CMP_MASKED_EQ, r[i].mask,
							r[i].value));
	return err;
}

static int fill(scmp_filter_ctx f, enum tlml_seccomp kind)
{
	struct rule abort_self = { SCMP_SYS(tgkill), 0, EXACTLY, getpid() };
	int err = seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2);

	if (!err)
		err = allow_all(f, both, N(both));
	if (!err)
		err = allow_some(f, rules_both, N(rules_both));
	if (!err)
		err = allow_some(f, &abort_self, 1);
	/* Its flags are in memory, out of a filter's reach: without it libc takes clone(). */
	if (!err)
		err = seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	if (err)
		return err;
	if (kind == TLML_SECCOMP_DAEMON) {
		err = allow_all(f, of_daemon, N(of_daemon));
		return err ? err : allow_some(f, rules_daemon, N(rules_daemon));
	}
	err = allow_all(f, of_large, N(of_large));
	if (!err)
		err = allow_some(f, rules_large, N(rules_large));
	if (err || kind == TLML_SECCOMP_LARGE)
		return err;
	err = allow_all(f, of_teacher, N(of_teacher));
	return err ? err : allow_some(f, rules_teacher, N(rules_teacher));
}

int tlml_privs_seccomp(enum tlml_seccomp kind, struct tlml_error *e)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int err = f ? fill(f, kind) : -ENOMEM;

	if (!err)
		err = seccomp_load(f);
	if (f)
		seccomp_release(f);
	if (err)
		return tlml_error_set(e, -err, "cannot leave system calls: %s", strerror(-err));
	return 0;
}
