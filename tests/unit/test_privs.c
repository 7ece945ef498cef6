// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the long-lived processes can still do without privileges, and what not. Each case runs in
 * a child, as nothing of it can be undone.
 */
#include <bpf/bpf.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <liburing.h>
#include <netinet/in.h>
#include <pthread.h>
#include <pwd.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <xgboost/c_api.h>

#include "../../daemon/privs.h"
#include "../../daemon/run.h"
#include "../../daemon/whole.h"
#include "loops.h"

#define REFUSED(call)						\
do {								\
	long refused_res;					\
	errno = 0;						\
	refused_res = (long)(call);				\
	CHECK(refused_res == -1 && errno == EPERM, #call " gives %ld, %s", refused_res,	\
	      strerror(errno));					\
} while (0)

/* In a child, which has failed what it printed. */
static void apart(void (*run_it)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		run_it();
		fflush(stdout);
		_exit(tap_failures != 0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && !status, "the child ended with %#x", status);
}

/* The number, hexadecimal, in the line of /proc/self/status that begins so. */
static unsigned long long status_of(const char *name)
{
	unsigned long long v = ~0ull;
	char line[256];
	FILE *f = fopen("/proc/self/status", "r");

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, strlen(name)) && line[strlen(name)] == ':')
			v = strtoull(line + strlen(name) + 1, NULL, 16);
	if (f)
		fclose(f);
	return v;
}

static void check_nothing_left(void)
{
	static const char *const sets[] = { "CapInh", "CapPrm", "CapEff", "CapAmb" };

	for (unsigned int i = 0; i < 4; i++)
		CHECK(!status_of(sets[i]), "%s is %llx", sets[i], status_of(sets[i]));
	CHECK_EQ(status_of("NoNewPrivs"), 1);
}

static void becomes_nobody(void)
{
	const struct passwd *pw = getpwnam("nobody");
	gid_t groups[64];

	if (geteuid())
		return;
	CHECK(!tlml_privs_drop("nobody", &error), "%s", error.text);
	check_nothing_left();
	CHECK(getuid() == pw->pw_uid && geteuid() == pw->pw_uid, "user %u", geteuid());
	CHECK(getgid() == pw->pw_gid && getegid() == pw->pw_gid, "group %u", getegid());
	CHECK(getgroups(64, groups) == 1 && groups[0] == pw->pw_gid, "groups");
	CHECK(setuid(0) && errno == EPERM, "root again");
}

static void stays_who_it_is(void)
{
	uid_t uid = getuid();

	CHECK(!tlml_privs_drop(NULL, &error), "%s", error.text);
	check_nothing_left();
	CHECK_EQ(getuid(), uid);
	CHECK(setgid(12345) && errno == EPERM, "root without capabilities may change its group");
}

static void knows_its_users(void)
{
	if (geteuid())
		return;
	CHECK_EQ(tlml_privs_drop("no-such-user-here", &error), -ENOENT);
	CHECK(strstr(error.text, "no-such-user-here"), "%s", error.text);
	CHECK_EQ(status_of("NoNewPrivs"), 0);
}

static int thread_ran;

static void *thread(void *arg)
{
	thread_ran = 1;
	return NULL;
}

/* Another process of the same user, which ends with this one. */
static pid_t neighbour(void)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		abort();
	pid = fork();
	if (pid)
		return pid;
	close(ends[1]);
	_exit(read(ends[0], ends, 1) != 0);
}

/* The large model's process may try a model in a child, which gains nothing by it. */
static void check_child(void)
{
	int status = -1;
	pid_t pid = fork();

	if (!pid)
		_exit(execl("/bin/true", "true", NULL) < 0 && errno == EPERM ? 3 : 1);
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	      WEXITSTATUS(status) == 3, "%d", status);
}

/* What neither of the two has any business with. */
static void check_refused_to_both(pid_t other)
{
	static char *const argv[] = { "/bin/true", NULL };
	struct io_uring_params p = {};
	int fd;

	REFUSED(execve(argv[0], argv, NULL));
	REFUSED(syscall(SYS_clone, SIGCHLD | CLONE_NEWUSER, NULL, NULL, NULL, 0));
	REFUSED(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
	REFUSED(mount("none", "/mnt", "tmpfs", 0, NULL));
	REFUSED(syscall(SYS_setuid, 0));
	REFUSED(kill(other, 0));
	REFUSED(syscall(SYS_tgkill, other, other, 0));
	REFUSED(chmod("/tmp", 0777));
	REFUSED(open("/dev/null", O_WRONLY | O_CLOEXEC));
	REFUSED(open("/tmp/tlml-test-privs", O_RDONLY | O_CREAT, 0600));
	REFUSED(open("/tmp", O_TMPFILE | O_RDWR, 0600));
	REFUSED(mmap(NULL, 4096, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	REFUSED(socket(AF_NETLINK, SOCK_RAW, 0));
	REFUSED(socket(AF_PACKET, SOCK_RAW, 0));
	REFUSED(syscall(SYS_bpf, BPF_MAP_CREATE, NULL, 0));
	REFUSED(syscall(SYS_bpf, BPF_PROG_LOAD, NULL, 0));
	REFUSED(syscall(SYS_io_uring_setup, 1, &p));
	REFUSED(syscall(SYS_io_uring_register, -1, 0, NULL, 0));
	REFUSED(unshare(CLONE_NEWUSER));
	fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0 && !close(fd), "%s", strerror(errno));
	CHECK(getrandom(&fd, sizeof(fd), 0) == sizeof(fd), "%s", strerror(errno));
}

/* The loop does on sockets all that it does otherwise, over connections made now. */
static void daemon_on(struct tlml_loop *l, int listener, const struct sockaddr_un *addr)
{
	struct iovec out = { "question", 8 };
	struct msghdr msg = { .msg_iov = &out, .msg_iovlen = 1 };
	struct step a = {}, c = {}, s = {}, r = {}, t = {};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	char buf[16];

	loop = l;
	tlml_loop_accept(loop, step(&a), listener);
	tlml_loop_connect(loop, step(&c), fd, (void *)addr, sizeof(*addr));
	run(2);
	CHECK_STEP(c, 0);
	tlml_loop_recv(loop, step(&r), a.res, buf, sizeof(buf));
	tlml_loop_sendmsg(loop, step(&s), fd, &msg);
	tlml_loop_timer(loop, step(&t), tlml_loop_now() + MS);
	run(3);
	CHECK_STEP(s, 8);
	CHECK_STEP(r, 8);
	close(fd);
	close(a.res);
}

/* In a directory of its own, which it entered before. */
static void daemon_keeps_files(int dir)
{
	char text[] = "kept", *back;
	size_t size;

	CHECK(!tlml_whole_write(dir, "file", 0600, text, sizeof(text), &error), "%s", error.text);
	CHECK(!tlml_whole_read(dir, "file", 99, (void **)&back, &size, &error) &&
	      size == sizeof(text), "%s", error.text);
	free(back);
	CHECK(!tlml_whole_remove(dir, "file"), "%m");
	REFUSED(openat(dir, "file", O_RDWR | O_CREAT | O_CLOEXEC, 0600));
	CHECK(mkdirat(dir, "models", 0700) == 0 && !unlinkat(dir, "models", AT_REMOVEDIR), "%m");
}

static void runs_the_daemon(void)
{
	char kept[] = "/tmp/tlml-privs-XXXXXX";
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0), fd;
	int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "test_privs", 4, 8, 1, NULL);
	struct tlml_loop *loops[2] = {};
	__u64 value = 42;
	__u32 key = 0;
	pthread_t id;
	pid_t other;
	int dir;

	if (map >= 0)
		CHECK(!bpf_map_update_elem(map, &key, &value, BPF_ANY), "%m");
	value = 0;
	CHECK(mkdtemp(kept) && !tlml_run_dir_give(kept, 65534, 65534, &error), "%s", error.text);
	dir = open(kept, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	sprintf(addr.sun_path + 1, "tlml-test-privs-%d", getpid());
	CHECK(!bind(listener, (void *)&addr, sizeof(addr)) && !listen(listener, 1), "%m");
	CHECK(!tlml_loop_new(TLML_LOOP_AUTO, &loops[0], &error), "%s", error.text);
	CHECK(!tlml_loop_new(TLML_LOOP_EPOLL, &loops[1], &error), "%s", error.text);
	CHECK(!tlml_privs_drop("nobody", &error), "%s", error.text);
	other = neighbour();
	CHECK(!tlml_privs_seccomp(TLML_SECCOMP_DAEMON, &error), "%s", error.text);
	for (int i = 0; i < 2; i++)
		daemon_on(loops[i], listener, &addr);
	for (int i = 0; i < 2; i++) {
		fd = socket(i ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
		CHECK((fd >= 0 && !close(fd)) || errno == EAFNOSUPPORT, "%m");
	}
	if (map >= 0) {
		CHECK(!bpf_map_lookup_elem(map, &key, &value) && value == 42, "%m");
		CHECK(bpf_map_update_elem(map, &key, &value, BPF_ANY) == -EPERM, "wrote to a map");
	}
	daemon_keeps_files(dir);
	CHECK(!unlinkat(AT_FDCWD, kept, AT_REMOVEDIR), "%m");
	check_refused_to_both(other);
	REFUSED(syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0));
	REFUSED(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	CHECK(!pthread_create(&id, NULL, thread, NULL) && !pthread_join(id, NULL) && thread_ran,
	      "no thread to learn on");
}

/* Trains and asks a booster on two threads, as the large model's process does. */
static void check_xgboost(void)
{
	float x[64], y[64], missing = -1;
	bst_ulong n = 0, *shape, dims;
	DMatrixHandle data;
	BoosterHandle b;
	const float *out;

	for (int i = 0; i < 64; i++) {
		x[i] = i;
		y[i] = i >= 32;
	}
	CHECK(!XGDMatrixCreateFromMat(x, 64, 1, missing, &data), "%s", XGBGetLastError());
	CHECK(!XGDMatrixSetFloatInfo(data, "label", y, 64), "%s", XGBGetLastError());
	CHECK(!XGBoosterCreate(&data, 1, &b), "%s", XGBGetLastError());
	XGBoosterSetParam(b, "nthread", "2");
	XGBoosterSetParam(b, "objective", "binary:logistic");
	CHECK(!XGBoosterUpdateOneIter(b, 0, data), "%s", XGBGetLastError());
	CHECK(!XGBoosterPredictFromDMatrix(b, data, "{\"type\": 0, \"training\": false, \"iteration_begin\": 0, \"iteration_end\": 0, \"strict_shape\": false}",
					   (const bst_ulong **)&shape, &dims, &out),
	      "%s", XGBGetLastError());
	n = shape[0];
	CHECK(n == 64 && out[0] < 0.5 && out[63] > 0.5, "%lu rows", (unsigned long)n);
}

static void runs_the_large_model(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), peer = socket(AF_UNIX, SOCK_STREAM, 0), fd;
	pthread_t id;
	pid_t other;

	sprintf(addr.sun_path + 1, "tlml-test-privs-%d", getpid());
	CHECK(!bind(listener, (void *)&addr, sizeof(addr)) && !listen(listener, 1), "%m");
	CHECK(!connect(peer, (void *)&addr, sizeof(addr)), "%m");
	CHECK(!tlml_privs_drop("nobody", &error), "%s", error.text);
	other = neighbour();
	CHECK(!tlml_privs_seccomp(TLML_SECCOMP_LARGE, &error), "%s", error.text);
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	CHECK(fd >= 0 && write(fd, "x", 1) == 1, "%m");
	CHECK(!pthread_create(&id, NULL, thread, NULL) && !pthread_join(id, NULL) && thread_ran,
	      "no thread");
	CHECK(dlopen("libutil.so.1", RTLD_NOW), "%s", dlerror());
	check_xgboost();
	check_refused_to_both(other);
	check_child();
	REFUSED(socket(AF_UNIX, SOCK_STREAM, 0));
	REFUSED(socket(AF_INET, SOCK_STREAM, 0));
	REFUSED(connect(peer, (void *)&addr, sizeof(addr)));
	REFUSED(syscall(SYS_bpf, BPF_MAP_LOOKUP_ELEM, NULL, 0));
	REFUSED(syscall(SYS_io_uring_enter, -1, 0, 0, 0, NULL, 0));
}

static void teaches_the_large_model(void)
{
	char kept[] = "/tmp/tlml-test-privs-XXXXXX", text[] = "kept";
	pid_t other;
	int dir;

	CHECK(mkdtemp(kept) && !tlml_run_dir_give(kept, 65534, 65534, &error), "%s", error.text);
	dir = open(kept, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	CHECK(!tlml_privs_drop("nobody", &error), "%s", error.text);
	other = neighbour();
	CHECK(!tlml_privs_seccomp(TLML_SECCOMP_TEACHER, &error), "%s", error.text);
	CHECK(!tlml_whole_write(dir, "file", 0600, text, sizeof(text), &error), "%s", error.text);
	CHECK(!renameat2(dir, "file", dir, "other", 0) && !tlml_whole_remove(dir, "other"), "%m");
	CHECK(!unlinkat(AT_FDCWD, kept, AT_REMOVEDIR), "%m");
	check_xgboost();
	check_refused_to_both(other);
	REFUSED(socket(AF_INET, SOCK_STREAM, 0));
	REFUSED(syscall(SYS_bpf, BPF_MAP_LOOKUP_ELEM, NULL, 0));
	REFUSED(syscall(SYS_io_uring_enter, -1, 0, 0, 0, NULL, 0));
	CHECK(!close(socket(AF_UNIX, SOCK_STREAM, 0)), "%m");
}

/* No probe may be registered with the loop's ring, so its restrictions hold. */
static void ring_is_restricted(void)
{
	struct tlml_loop *l;
	char path[64], what[64];
	int found = 0;

	if (tlml_loop_new(TLML_LOOP_URING, &l, &error)) {
		printf("# %s\n", error.text);
		return;
	}
	for (int fd = 3; fd < 64; fd++) {
		ssize_t n;

		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		n = readlink(path, what, sizeof(what));
		if (n < 0 || n != (ssize_t)strlen("anon_inode:[io_uring]") ||
		    memcmp(what, "anon_inode:[io_uring]", n))
			continue;
		found++;
		CHECK(syscall(SYS_io_uring_register, fd, IORING_REGISTER_PROBE, what, 0) < 0 &&
		      errno == EACCES, "%m");
	}
	CHECK_EQ(found, 1);
	tlml_loop_free(l);
}

#define APART(name) static void name##_apart(void) { apart(name); }
APART(becomes_nobody)
APART(stays_who_it_is)
APART(knows_its_users)
APART(runs_the_daemon)
APART(runs_the_large_model)
APART(teaches_the_large_model)

static const struct tap_test tests[] = {
	{ "becomes nobody, without capabilities", becomes_nobody_apart },
	{ "stays who it is, without capabilities", stays_who_it_is_apart },
	{ "an unknown user is named", knows_its_users_apart },
	{ "tlmld: what it needs, nothing else", runs_the_daemon_apart },
	{ "tlml-large: what it needs, nothing else", runs_the_large_model_apart },
	{ "tlml-large that learns: what it needs, nothing else", teaches_the_large_model_apart },
	{ "io_uring leads around no filter", ring_is_restricted },
};

int main(void)
{
	return tap_main(tests, sizeof(tests) / sizeof(tests[0]));
}
