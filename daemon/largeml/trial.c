// SPDX-License-Identifier: BSD-2-Clause
/* Whether a model computes. The child tells by a pipe what it found, or by how it ends. */
#include "trial.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECONDS		30
#define VALUES		(TLML_CASE_PACKETS * 3)	/* the most that an input has */

/* Numbers as flows have them: all zero first, then ever larger ones. */
static void rows_make(float (*value)[TLML_CHUNK * VALUES])
{
	unsigned int i, k, n, end;

	for (i = 0; i < TLML_INPUTS; i++) {
		n = tlml_inputs[i].values;
		end = i == TLML_INPUT_FLOW ? 65536 : 128;
		for (k = 0; k < TLML_CHUNK * n; k++)
			value[i][k] = k / n * 37 * (k % n + 3) % end;
	}
}

int tlml_trial_run(const struct tlml_engine *engine, void *state, unsigned int workers,
		   unsigned int classes, struct tlml_error *e)
{
	float value[TLML_INPUTS][TLML_CHUNK * VALUES], p[TLML_CHUNK * TLML_CLASSES_MAX];
	struct tlml_rows rows = { .value = { value[0], value[1], value[2] } };
	unsigned int i;
	int err = 0;

	rows_make(value);
	for (i = 0; !err && i < workers; i++) {
		err = engine->run(state, i, &rows, TLML_CHUNK, p, e);
		if (!err)
			err = tlml_engine_check(p, TLML_CHUNK, classes, e);
	}
	return err;
}

/* In the child, which shares nothing with its parent but the pipe. */
static void child(const struct tlml_engine *engine, const void *bytes, size_t size, int fd)
{
	struct tlml_error e = { "" };
	struct tlml_oip_plan plan = { 0 };
	void *state;
	int err, sig;
	sigset_t none;

	for (sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	pthread_sigmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	alarm(SECONDS);
	err = engine->open(bytes, size, 1, &plan, &state, &e);
	if (!err)
		err = tlml_trial_run(engine, state, 1, plan.classes, &e);
	if (err && write(fd, e.text, strlen(e.text)) < 0)
		_exit(2);
	_exit(err ? 1 : 0);
}

/* What the child said, up to its end. */
static void hear(int fd, char *text, size_t room)
{
	size_t at = 0;
	ssize_t n;

	while (at < room - 1) {
		n = read(fd, text + at, room - 1 - at);
		if (!n || (n < 0 && errno != EINTR))
			break;
		at += n > 0 ? n : 0;
	}
	text[at] = 0;
}

static int judge(int status, const char *said, struct tlml_error *e)
{
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	if (WIFEXITED(status) && *said)
		return tlml_error_set(e, EINVAL, "%s", said);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		return tlml_error_set(e, EINVAL, "it took more than %d s to read it and to ask it once",
				      SECONDS);
	if (WIFSIGNALED(status))
		return tlml_error_set(e, EINVAL, "it is damaged: reading it and asking it once ended the process that tried it (%s)",
				      strsignal(WTERMSIG(status)));
	return tlml_error_set(e, EINVAL, "the process that tried it said nothing");
}

int tlml_trial(const struct tlml_engine *engine, const void *bytes, size_t size,
	       struct tlml_error *e)
{
	struct tlml_error said;
	sigset_t all, was;
	int fd[2], status = 0, err = 0;
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC))
		return tlml_error_set(e, errno, "cannot try it: %s", strerror(errno));
	/* A signal between fork() and signal() would run the parent's handlers in the child. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &was);
	pid = fork();
	if (!pid)
		child(engine, bytes, size, fd[1]);
	err = errno;
	pthread_sigmask(SIG_SETMASK, &was, NULL);
	close(fd[1]);
	if (pid > 0)
		hear(fd[0], said.text, sizeof(said.text));
	close(fd[0]);
	if (pid < 0)
		return tlml_error_set(e, err, "cannot try it: %s", strerror(err));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return judge(status, said.text, e);
}
