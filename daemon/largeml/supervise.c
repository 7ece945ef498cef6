// SPDX-License-Identifier: BSD-2-Clause
/* The parent of the worker: it holds the sockets, so that clients wait while one starts anew. */
#include "supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#include "../log.h"

#define BACKOFF_MS	100	/* before the second start, doubled for each more, ... */
#define BACKOFF_MAX_MS	10000	/* ... up to this */
#define HEALTHY_MS	30000	/* who lived that long begins with the short one again */
#define STOP_MS		10000	/* for a worker that was asked to end, then it is killed */

struct supervisor {
	const struct tlml_supervise_options *o;
	sigset_t mask, was;
	int signal_fd, beat_fd;			/* -1: none */
	pid_t pid;				/* of the worker; 0: none */
	int ready, stopping;
	uint64_t started_ms, backoff_ms;
	uint64_t due_ms;			/* when to start or to kill it; 0: never */
};

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ull + t.tv_nsec / 1000000;
}

/* In the child, which must not outlive its parent, not even as another user. */
static void child(struct supervisor *s, int beat_fd, pid_t parent)
{
	struct tlml_error e;

	close(s->signal_fd);
	sigprocmask(SIG_SETMASK, &s->was, NULL);
	if (s->o->enter(s->o->arg, &e)) {
		tlml_log(TLML_LOG_ERROR, "%s", e.text);
		exit(1);
	}
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) || getppid() != parent)
		exit(1);
	exit(s->o->work(s->o->arg, beat_fd));
}

static int start(struct supervisor *s, struct tlml_error *e)
{
	pid_t parent = getpid();
	int fd[2];

	if (pipe2(fd, O_CLOEXEC))
		return tlml_error_set(e, errno, "cannot make a pipe: %s", strerror(errno));
	s->due_ms = 0;
	s->started_ms = now_ms();
	s->pid = fork();
	if (!s->pid)
		child(s, fd[1], parent);
	close(fd[1]);
	s->beat_fd = fd[0];
	if (s->pid > 0)
		return 0;
	s->pid = 0;
	return tlml_error_set(e, errno, "cannot start a worker: %s", strerror(errno));
}

static void stop(struct supervisor *s)
{
	if (s->stopping)
		return;
	s->stopping = 1;
	s->due_ms = s->pid ? now_ms() + STOP_MS : 0;
	sd_notify(0, "STOPPING=1");
	if (s->pid)
		kill(s->pid, SIGTERM);
}

/* How the worker ended, for people. */
static void describe(int status, char *text, size_t room)
{
	if (WIFSIGNALED(status))
		snprintf(text, room, "signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(text, room, "exit status %d", WEXITSTATUS(status));
}

/* The worker is gone, unless the signal is an old one. */
static int reap(struct supervisor *s, struct tlml_error *e)
{
	char how[64];
	int status;

	if (!s->pid || waitpid(s->pid, &status, WNOHANG) != s->pid)
		return 0;
	s->pid = 0;
	s->due_ms = 0;
	if (s->beat_fd >= 0)
		close(s->beat_fd);
	s->beat_fd = -1;
	if (s->stopping)
		return 0;
	describe(status, how, sizeof(how));
	if (!s->ready || !s->o->again)
		return tlml_error_set(e, ECHILD, "the worker ended%s: %s",
				      s->ready ? "" : " before it was ready", how);
	if (now_ms() - s->started_ms > HEALTHY_MS)
		s->backoff_ms = BACKOFF_MS;
	tlml_log(TLML_LOG_WARNING, "the worker ended: %s; the next one starts in %llu ms", how,
		 (unsigned long long)s->backoff_ms);
	s->due_ms = now_ms() + s->backoff_ms;
	s->backoff_ms = s->backoff_ms * 2 < BACKOFF_MAX_MS ? s->backoff_ms * 2 : BACKOFF_MAX_MS;
	return 0;
}

static int on_signal(struct supervisor *s, struct tlml_error *e)
{
	struct signalfd_siginfo info;

	if (read(s->signal_fd, &info, sizeof(info)) != sizeof(info))
		return 0;
	if (info.ssi_signo == SIGCHLD)
		return reap(s, e);
	if (info.ssi_signo != SIGHUP)
		stop(s);
	else if (s->pid)
		kill(s->pid, SIGHUP);
	return 0;
}

static int on_beat(struct supervisor *s, struct tlml_error *e)
{
	int first = !s->ready;
	char beats[64];

	if (read(s->beat_fd, beats, sizeof(beats)) <= 0) {
		close(s->beat_fd);	/* the worker is about to be reaped */
		s->beat_fd = -1;
		return 0;
	}
	s->ready = 1;
	sd_notify(0, "READY=1\nWATCHDOG=1");
	return first ? s->o->enter(s->o->arg, e) : 0;
}

static int on_due(struct supervisor *s, struct tlml_error *e)
{
	s->due_ms = 0;
	if (!s->pid)
		return start(s, e);
	tlml_log(TLML_LOG_WARNING, "worker %d does not end: it is killed", (int)s->pid);
	kill(s->pid, SIGKILL);
	return 0;
}

static int loop(struct supervisor *s, struct tlml_error *e)
{
	struct pollfd p[] = {
		{ .events = POLLIN, .fd = s->signal_fd },
		{ .events = POLLIN, .fd = s->o->follow_fd },
		{ .events = POLLIN },
	};
	char text[64];
	uint64_t now;
	int err;

	err = start(s, e);
	while (!err && !(s->stopping && !s->pid)) {
		now = now_ms();
		p[2].fd = s->beat_fd;
		if (poll(p, 3, !s->due_ms ? -1 : s->due_ms > now ? (int)(s->due_ms - now) : 0) < 0)
			continue;
		if (s->due_ms && s->due_ms <= now_ms())
			err = on_due(s, e);
		if (!err && p[2].revents && p[2].fd == s->beat_fd)
			err = on_beat(s, e);
		if (p[1].revents && read(s->o->follow_fd, text, sizeof(text)) <= 0) {
			p[1].fd = -1;
			stop(s);
		}
		if (!err && p[0].revents)
			err = on_signal(s, e);
	}
	return err;
}

int tlml_supervise(const struct tlml_supervise_options *o, struct tlml_error *e)
{
	struct supervisor s = { .o = o, .beat_fd = -1, .backoff_ms = BACKOFF_MS };
	int err;

	sigemptyset(&s.mask);
	sigaddset(&s.mask, SIGTERM);
	sigaddset(&s.mask, SIGINT);
	sigaddset(&s.mask, SIGHUP);
	sigaddset(&s.mask, SIGCHLD);
	sigprocmask(SIG_BLOCK, &s.mask, &s.was);
	s.signal_fd = signalfd(-1, &s.mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s.signal_fd < 0)
		return tlml_error_set(e, errno, "cannot make a signalfd: %s", strerror(errno));
	err = loop(&s, e);
	if (s.pid)
		kill(s.pid, SIGKILL);
	if (s.beat_fd >= 0)
		close(s.beat_fd);
	close(s.signal_fd);
	sigprocmask(SIG_SETMASK, &s.was, NULL);
	return err;
}
