// SPDX-License-Identifier: BSD-2-Clause
/* tlml-large: the bundled large model, asked over a socket in the Open Inference Protocol v2. */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "../listen.h"
#include "../log.h"
#include "../privs.h"
#include "../run.h"
#include "queue.h"
#include "server.h"
#include "supervise.h"
#include "teacher.h"

#define EXIT_USAGE	2
#define QUEUE_DEFAULT	64
#define USER		"tlml"		/* if there is such a user, else ... */
#define USER_OTHERWISE	"nobody"

extern const char tlml_large_default[];		/* models/default.S */
extern const unsigned int tlml_large_default_size;
extern const char tlml_large_cases[];
extern const unsigned int tlml_large_cases_size;

struct options {
	struct tlml_server_options server;
	const char *socket, *listen[TLML_SOCKETS_MAX - 1], *user;
	unsigned int listens;
	int supervise, follow_fd;
	const char *labels;	/* to teach instead of serving, ... */
	int rollback;		/* ... or to go back to what was served before */
};

enum {
	OPT_SOCKET = 256, OPT_LISTEN, OPT_MODELS, OPT_THREADS, OPT_QUEUE, OPT_USER, OPT_SUPERVISE,
	OPT_FOLLOW, OPT_NULL, OPT_LEARN, OPT_ROLLBACK,
};

static const struct argp_option options[] = {
	{ "socket", OPT_SOCKET, "PATH", 0, "Listen at this Unix socket (default: large.sock in the run directory)" },
	{ "listen", OPT_LISTEN, "HOST:PORT", 0, "Listen at this TCP address, too; may be repeated" },
	{ "models", OPT_MODELS, "DIR", 0, "Serve the files NAME.ubj, NAME.json and NAME.onnx in it, too; tlml.* in place of the built-in model" },
	{ "threads", OPT_THREADS, "N", 0, "Threads that compute (default: one for each CPU)" },
	{ "queue", OPT_QUEUE, "N", 0, "Requests under way at most, more are refused (default 64)" },
	{ "user", OPT_USER, "USER", 0, "Who to run as when started by root (default: tlml, or nobody)" },
	{ "supervise", OPT_SUPERVISE, NULL, 0, "Serve from a worker process, and start it anew if it dies" },
	{ "follow", OPT_FOLLOW, "FD", 0, "End when this open descriptor comes to its end of file" },
	{ "null", OPT_NULL, "CLASS,CLASS...", 0, "Serve as tlml no model at all, which answers at once; for measurements" },
	{ "learn", OPT_LEARN, "LABELS", 0, "Do not serve: teach the model in --models what labels say, and end" },
	{ "rollback", OPT_ROLLBACK, NULL, 0, "Do not serve: exchange the model in --models for the one before it, and end" },
	{ 0 }
};

const char *argp_program_version = "tlml-large " TLML_VERSION;

static unsigned int number_arg(const char *name, const char *arg, unsigned int lo, unsigned int hi,
			       struct argp_state *state)
{
	unsigned long v;
	char *end;

	errno = 0;
	v = strtoul(arg, &end, 10);
	if (*arg < '0' || *arg > '9' || *end || errno || v < lo || v > hi)
		argp_error(state, "%s is '%s': give a number from %u to %u", name, arg, lo, hi);
	return v;
}

static error_t parse_arg(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;
	struct tlml_server_options *s = &o->server;

	switch (key) {
	case OPT_SOCKET: o->socket = arg; return 0;
	case OPT_LISTEN:
		if (o->listens == TLML_SOCKETS_MAX - 1)
			argp_error(state, "--listen may be given %d times", TLML_SOCKETS_MAX - 1);
		o->listen[o->listens++] = arg;
		return 0;
	case OPT_MODELS: s->shelf.dir = arg; return 0;
	case OPT_THREADS:
		s->shelf.workers = number_arg("--threads", arg, 1, TLML_WORKERS_MAX, state);
		return 0;
	case OPT_QUEUE: s->queue = number_arg("--queue", arg, 1, TLML_QUEUE_MAX, state); return 0;
	case OPT_USER: o->user = arg; return 0;
	case OPT_SUPERVISE: o->supervise = 1; return 0;
	case OPT_FOLLOW: o->follow_fd = number_arg("--follow", arg, 3, 1 << 20, state); return 0;
	case OPT_NULL: s->shelf.null_classes = arg; return 0;
	case OPT_LEARN: o->labels = arg; return 0;
	case OPT_ROLLBACK: o->rollback = 1; return 0;
	case ARGP_KEY_ARG: argp_error(state, "'%s' is no option", arg); return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse_arg,
	.doc = "Answers what tlmld asks about hard flows, in the Open Inference Protocol v2, by models of XGBoost and ONNX.",
};

static unsigned int cpus(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof(set), &set) ? 1 : CPU_COUNT(&set);

	return n < TLML_WORKERS_MAX ? n : TLML_WORKERS_MAX;
}

/* The run directory belongs to whom we will be, who may then remove the socket. */
static int run_dir(const struct options *o, const struct passwd *pw, char *path, size_t size,
		   struct tlml_error *e)
{
	char dir[128];
	int err;

	tlml_run_dir(dir, sizeof(dir));
	snprintf(path, size, "%s/" TLML_SOCKET_LARGE, dir);
	err = tlml_run_dir_make(dir, e);
	return err || !pw ? err : tlml_run_dir_give(dir, pw->pw_uid, pw->pw_gid, e);
}

/* Opens every socket while we still may. */
static int sockets_open(const struct options *o, const struct passwd *pw,
			struct tlml_server_options *s, struct tlml_error *e)
{
	unsigned int i;
	int fd;

	fd = tlml_listen_unix(o->socket, SOCK_STREAM, 0660, e);
	if (fd >= 0 && pw && lchown(o->socket, pw->pw_uid, pw->pw_gid)) {
		fd = tlml_error_set(e, errno, "cannot open the socket %s to its users: %s",
				    o->socket, strerror(errno));
		unlink(o->socket);
	}
	for (i = 0; fd >= 0; i++) {
		s->fd[s->sockets++] = fd;
		if (i == o->listens)
			return 0;
		fd = tlml_listen_tcp(o->listen[i], e);
	}
	if (s->sockets)
		unlink(o->socket);
	return fd;
}

/* A model needs no network: only who listens to one keeps it. */
static int enter(void *arg, struct tlml_error *e)
{
	const struct options *o = arg;

	if (!geteuid() && !o->listens && unshare(CLONE_NEWNET))
		return tlml_error_set(e, errno, "cannot leave the network: %s", strerror(errno));
	return tlml_privs_drop(o->user, e);
}

static int serve(void *arg, int beat_fd)
{
	struct tlml_server_options s = ((const struct options *)arg)->server;
	struct tlml_error e;
	int err;

	s.beat_fd = beat_fd;
	err = tlml_privs_seccomp(TLML_SECCOMP_LARGE, &e);
	if (!err)
		err = tlml_server_run(&s, &e);
	if (err)
		tlml_log(TLML_LOG_ERROR, "%s", e.text);
	return !!err;
}

static int run(struct options *o, struct tlml_error *e)
{
	struct tlml_supervise_options sv = {
		.enter = enter, .work = serve, .arg = o, .again = o->supervise,
		.follow_fd = o->follow_fd,
	};
	const struct rlimit files = { TLML_FILES_MAX, TLML_FILES_MAX };
	const struct passwd *pw = geteuid() ? NULL : getpwnam(o->user);
	char path[160];
	int err = 0;

	if (!geteuid() && !pw)
		return tlml_error_set(e, ENOENT, "there is no user '%s': make it, or name another by --user",
				      o->user);
	if (!o->socket) {
		err = run_dir(o, pw, path, sizeof(path), e);
		o->socket = path;
	}
	if (!err)
		err = sockets_open(o, pw, &o->server, e);
	if (err)
		return err;
	setrlimit(RLIMIT_NOFILE, &files);	/* it fails only where the limit is lower anyway */
	err = tlml_supervise(&sv, e);
	unlink(o->socket);	/* if we still may: who starts next replaces it anyway */
	return err;
}

/* The directory belongs to whom we will be. */
static int teach(struct options *o, struct tlml_error *e)
{
	const struct tlml_teacher t = {
		.dir = o->server.shelf.dir, .socket = o->socket, .labels = o->labels,
		.model = tlml_large_default, .model_size = tlml_large_default_size,
		.rehearsal = tlml_large_cases, .rehearsal_size = tlml_large_cases_size,
	};
	const struct passwd *pw = geteuid() ? NULL : getpwnam(o->user);
	int err;

	if (!t.dir || (t.labels && o->rollback))
		return tlml_error_set(e, EINVAL, "--learn and --rollback need --models, and not each other");
	tlml_teacher_limits();
	err = tlml_run_dir_make(t.dir, e);
	if (!err && pw)
		err = tlml_run_dir_give(t.dir, pw->pw_uid, pw->pw_gid, e);
	if (!err)
		err = enter(o, e);
	if (!err)
		err = tlml_privs_seccomp(TLML_SECCOMP_TEACHER, e);
	return err ? err : tlml_teacher_run(&t);
}

int main(int argc, char **argv)
{
	struct options o = {
		.server = { .queue = QUEUE_DEFAULT, .shelf.workers = cpus() },
		.follow_fd = -1,
		.user = getpwnam(USER) ? USER : USER_OTHERWISE,
	};
	struct tlml_error e = { "" };
	uint64_t watchdog_us;
	int err = 0;

	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &o);
	tlml_log_open("tlml-large");
	if (o.labels || o.rollback) {
		err = teach(&o, &e);
		if (err < 0)
			tlml_log(TLML_LOG_ERROR, "%s", e.text);
		return err < 0 ? 1 : err;
	}
	o.server.shelf.builtin = tlml_large_default;
	o.server.shelf.builtin_size = tlml_large_default_size;
	if (o.follow_fd >= 0 && fcntl(o.follow_fd, F_GETFD) < 0)
		err = tlml_error_set(&e, EBADF, "--follow %d: there is no such open descriptor",
				     o.follow_fd);
	if (sd_watchdog_enabled(0, &watchdog_us) > 0)
		o.server.beat_us = watchdog_us / 2;
	if (!err)
		err = run(&o, &e);
	if (err)
		tlml_log(TLML_LOG_ERROR, "%s", e.text);
	return !!err;
}
