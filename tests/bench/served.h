/* SPDX-License-Identifier: BSD-2-Clause */
/* A tlml-large process at a socket of its own, which ends with the one who started it. */
#ifndef TLML_BENCH_SERVED_H
#define TLML_BENCH_SERVED_H

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct served {
	const char *name;
	char path[64], url[80];
	pid_t pid, worker;	/* the one that computes is a child of the one that was started */
};

static inline pid_t served_worker(pid_t pid)
{
	char path[64];
	pid_t child = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	f = fopen(path, "r");
	if (f) {
		if (fscanf(f, "%d", &child) != 1)
			child = 0;
		fclose(f);
	}
	return child ? child : pid;
}

/* One thread, so that the time of its model is a time and not a sum. classes NULL: its default. */
static inline void served_start(struct served *s, const char *program, const char *classes)
{
	snprintf(s->path, sizeof(s->path), "/tmp/tlml-bench.%d.%s", getpid(), s->name);
	snprintf(s->url, sizeof(s->url), "unix://%s", s->path);
	s->pid = fork();
	if (!s->pid) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		execl(program, "tlml-large", "--socket", s->path, "--threads", "1",
		      classes ? "--null" : NULL, classes, NULL);
		_exit(127);
	}
	for (unsigned int i = 0; access(s->path, F_OK) && i < 500; i++)
		usleep(20000);
	s->worker = served_worker(s->pid);
}

static inline void served_end(struct served *s)
{
	if (s->pid <= 0)
		return;
	kill(s->pid, SIGTERM);
	waitpid(s->pid, NULL, 0);
	unlink(s->path);
}

/* us of CPU that a process had so far. */
static inline double served_cpu(pid_t pid)
{
	struct timespec ts = { 0 };
	clockid_t clock;

	if (!clock_getcpuclockid(pid, &clock))
		clock_gettime(clock, &ts);
	return ts.tv_sec * 1e6 + ts.tv_nsec / 1e3;
}

#endif
