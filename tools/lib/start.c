// SPDX-License-Identifier: BSD-2-Clause
/* Starting tlmld and tlml-large, by systemd or in the background. */
#include "start.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#include "../../daemon/run.h"
#include "daemon.h"
#include "teacher.h"

#define UNIT		"tlmld.service"
#define NO_SUCH_UNIT	5	/* of systemctl */
#define PATIENCE_S	10
#define TRIES		5
#define FOLLOW_FD	3	/* of both: tlml-large ends when tlmld has closed its end */
#define WORDS_MAX	24
#define DIR_MAX		200

extern char **environ;

/* --- by systemd --- */

/* Units run in the first network namespace, so only there they look after our interfaces. */
static int is_systemds(const char *dir)
{
	return !strcmp(dir, TLML_RUN_ROOT) && sd_booted() > 0;
}

/* 0, 1 if there is no such unit, or -errno with a sentence. */
static int start_unit(struct tlml_error *e)
{
	char *const argv[] = { "systemctl", "--quiet", "--no-ask-password", "start", UNIT, NULL };
	posix_spawn_file_actions_t files;
	int status, err;
	pid_t pid;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
	err = posix_spawnp(&pid, argv[0], &files, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	if (err)
		return tlml_error_set(e, err, "cannot run systemctl: %s", strerror(err));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == NO_SUCH_UNIT)
		return 1;
	if (status)
		return tlml_error_set(e, EIO, "systemd cannot start " UNIT ": 'journalctl -u " UNIT "' says why");
	return 0;
}

/* --- in the background --- */

void tlml_program_find(const char *name, char path[TLML_PROGRAM_MAX])
{
	ssize_t len = readlink("/proc/self/exe", path, TLML_PROGRAM_MAX - 32);
	char *end;

	path[len > 0 ? len : 0] = 0;
	end = strrchr(path, '/');
	if (end) {
		strcpy(end + 1, name);
		if (!access(path, X_OK))
			return;
	}
	strcpy(path, name);
}

static void log_path(const char *dir, const char *name, char *path, size_t size)
{
	snprintf(path, size, "%s/%s.log", dir, name);
}

/* Others than root may write into the directory: what they may have laid there is not followed. */
static int open_log(const char *dir, const char *name, struct tlml_error *e)
{
	char path[DIR_MAX + 32];
	int fd;

	log_path(dir, name, path, sizeof(path));
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (fd < 0)
		return tlml_error_set(e, errno, "cannot write %s: %s", path, strerror(errno));
	return fd;
}

/* In a session of its own, with log for its messages and follow as FOLLOW_FD. Process or -errno. */
static int spawn(char *const *argv, int log, int follow, struct tlml_error *e)
{
	char program[TLML_PROGRAM_MAX];
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none;
	pid_t pid;
	int err;

	tlml_program_find(argv[0], program);
	sigemptyset(&none);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, log, 1);
	posix_spawn_file_actions_adddup2(&files, log, 2);
	posix_spawn_file_actions_adddup2(&files, follow, FOLLOW_FD);
	posix_spawn_file_actions_addclosefrom_np(&files, FOLLOW_FD + 1);
	posix_spawn_file_actions_addchdir_np(&files, "/");
	err = posix_spawnp(&pid, program, &files, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	if (err)
		return tlml_error_set(e, err, "cannot start %s: %s", program, strerror(err));
	return pid;
}

static int start_program(const char *dir, char *const *argv, int follow, struct tlml_error *e)
{
	int log = open_log(dir, argv[0], e), pid;

	if (log < 0)
		return log;
	pid = spawn(argv, log, follow, e);
	close(log);
	return pid;
}

/* Both, as far as they are needed. The process of tlmld, or -errno with a sentence. */
static int start_both(const char *dir, const struct tlml_start_options *o, struct tlml_error *e)
{
	char models[DIR_MAX];
	char *large[] = { "tlml-large", "--supervise", "--follow", "3", "--models", models, NULL };
	char *tlmld[WORDS_MAX] = { "tlmld", "--exit-idle" };
	int ends[2], words = 2, err;

	/* Where labels may put a model some day. */
	tlml_teacher_dir(models, sizeof(models));
	err = tlml_run_dir_make(models, e);
	if (err)
		return err;
	for (unsigned int i = 0; i < o->urls && words + 2 < WORDS_MAX; i++) {
		tlmld[words++] = "--large";
		tlmld[words++] = o->url[i];
	}
	if (pipe2(ends, O_CLOEXEC))
		return tlml_error_set(e, errno, "cannot make a pipe: %s", strerror(errno));
	if (!o->urls)
		err = start_program(dir, large, ends[0], e);
	if (err >= 0)
		err = start_program(dir, tlmld, ends[1], e);
	close(ends[0]);
	close(ends[1]);
	return err;
}

/* --- until it answers --- */

/* The last line of a log, "" if there is none. */
static void last_words(const char *dir, const char *name, char *text, size_t size)
{
	char path[DIR_MAX + 32];
	size_t len;
	FILE *f;

	*text = 0;
	log_path(dir, name, path, sizeof(path));
	f = fopen(path, "re");
	while (f && fgets(text, size, f))
		;
	if (f)
		fclose(f);
	len = strlen(text);
	if (len && text[len - 1] == '\n')
		text[len - 1] = 0;
}

/*
 * pid: of a tlmld of ours that may end, 0 none. A connection, or -errno with a sentence. Attaching
 * has left deadly signals blocked.
 */
static int await(const char *dir, int pid, struct tlml_error *e)
{
	static const struct timespec pause = { 0, 20000000 };
	sigset_t deadly;
	char last[256];
	int fd;

	sigemptyset(&deadly);
	sigaddset(&deadly, SIGINT);
	sigaddset(&deadly, SIGTERM);
	sigaddset(&deadly, SIGHUP);
	for (int i = 0; i < PATIENCE_S * 50; i++) {
		fd = tlml_daemon_connect(e);
		if (fd != -ENOENT)
			return fd;
		/* Unless another one that was started at the same time was faster. */
		if (pid && waitpid(pid, NULL, WNOHANG) == pid) {
			fd = tlml_daemon_connect(e);
			if (fd != -ENOENT)
				return fd;
			last_words(dir, "tlmld", last, sizeof(last));
			return tlml_error_set(e, ECHILD, "tlmld ended at once; the last that %s/tlmld.log says: %s",
					      dir, last);
		}
		if (sigtimedwait(&deadly, NULL, &pause) > 0)
			return tlml_error_set(e, EINTR, "interrupted while tlmld was started");
	}
	return tlml_error_set(e, ETIMEDOUT, "tlmld was started, but does not answer at %s/" TLML_SOCKET_DAEMON,
			      dir);
}

/* A connection to one that was started, or -errno with a sentence. */
static int start(const struct tlml_start_options *o, struct tlml_error *e)
{
	char dir[DIR_MAX];
	int err = 1, pid = 0;

	tlml_run_dir(dir, sizeof(dir));
	if (is_systemds(dir))
		err = start_unit(e);
	if (err > 0) {
		err = tlml_run_dir_make(dir, e);
		if (!err)
			err = pid = start_both(dir, o, e);
	}
	return err < 0 ? err : await(dir, pid, e);
}

/* --- what it looks after, and whom it asks --- */

static int asks_these(int fd, const struct tlml_start_options *o, struct tlml_error *e)
{
	json_t *status, *endpoints;
	const char *url;
	int err = tlml_daemon_overview(fd, &status, e), same;

	if (err)
		return err;
	endpoints = json_object_get(json_object_get(status, "large"), "endpoints");
	same = json_array_size(endpoints) == o->urls;
	for (size_t i = 0; i < json_array_size(endpoints); i++) {
		url = json_string_value(json_object_get(json_array_get(endpoints, i), "url"));
		same = same && url && !strcmp(url, o->url[i]);
	}
	if (!same)
		err = tlml_error_set(e, EBUSY, "the tlmld that runs here, process %d, asks others than --large names: 'tlmlctl large' shows whom; leave --large out, or end that one first; whom the unit asks, /etc/tlml/tlmld.conf says",
				     (int)json_integer_value(json_object_get(status, "pid")));
	json_decref(status);
	return err;
}

int tlml_start_check(const struct tlml_start_options *o, struct tlml_error *e)
{
	char dir[DIR_MAX];
	int fd, err;

	if (!o->urls)
		return 0;
	fd = tlml_daemon_connect(e);
	tlml_run_dir(dir, sizeof(dir));
	if (fd == -ENOENT && is_systemds(dir) && !start_unit(e))
		fd = await(dir, 0, e);
	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return fd;
	err = asks_these(fd, o, e);
	close(fd);
	return err;
}

int tlml_start(const char *ifname, const struct tlml_start_options *o, struct tlml_error *e)
{
	int err, fd, started;

	/* One that is about to end hangs up, also on who has just come: then it takes another. */
	for (int tries = 0; tries < TRIES; tries++) {
		fd = tlml_daemon_connect(e);
		started = fd == -ENOENT;
		if (started)
			fd = start(o, e);
		if (fd < 0)
			return fd;
		/* One that has just been started has found it by its pins. */
		err = started && tlml_daemon_has(fd, ifname) ? 0 : tlml_daemon_add(fd, ifname, e);
		close(fd);
		if (err != -EPIPE && err != -ECONNRESET)
			break;
	}
	return err;
}
