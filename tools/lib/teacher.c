// SPDX-License-Identifier: BSD-2-Clause
/* A tlml-large that teaches its model instead of serving it. */
#include "teacher.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../daemon/generations.h"
#include "../../daemon/whole.h"
#include "start.h"

#define REPORT_MAX	8192
#define LOG_FILE	"tlml.taught"	/* daemon/largeml/teacher.h */
#define LOG_MAX		(256u << 10)

extern char **environ;

void tlml_teacher_dir(char *path, unsigned int size)
{
	tlml_generations_root(path, size - sizeof("/models"));
	strcat(path, "/models");
}

/* The directory is of whom tlml-large runs as: what lies there is not trusted. */
json_t *tlml_teacher_log(void)
{
	char path[TLML_PROGRAM_MAX];
	struct tlml_error none;
	json_t *list = NULL;
	void *text = NULL;
	size_t size;
	int dir;

	tlml_teacher_dir(path, sizeof(path));
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0 && !tlml_whole_read(dir, LOG_FILE, LOG_MAX, &text, &size, &none))
		list = json_loadb(text, size, 0, NULL);
	if (dir >= 0)
		close(dir);
	free(text);
	if (json_is_array(list))
		return list;
	json_decref(list);
	return json_array();
}

/* All that it says, up to its end. */
static size_t hear(int fd, char *text, size_t room)
{
	size_t at = 0;
	ssize_t n = 1;

	while (n && at < room) {
		n = read(fd, text + at, room - at);
		if (n < 0 && errno != EINTR)
			break;
		at += n > 0 ? n : 0;
	}
	return at;
}

static int spawn(char *const *argv, int out, pid_t *pid, struct tlml_error *e)
{
	char program[TLML_PROGRAM_MAX];
	posix_spawn_file_actions_t files;
	int err;

	tlml_program_find(argv[0], program);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, out, 1);
	posix_spawn_file_actions_addclosefrom_np(&files, 3);
	err = posix_spawnp(pid, program, &files, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	return err ? tlml_error_set(e, err, "cannot start %s: %s", program, strerror(err)) : 0;
}

static int judge(int status, const char *text, size_t len, json_t **report, struct tlml_error *e)
{
	*report = json_loadb(text, len, 0, NULL);
	if (json_is_object(*report))
		return 0;
	json_decref(*report);
	if (WIFSIGNALED(status))
		return tlml_error_set(e, EIO, "tlml-large was ended while it learned: signal %d (%s); what it serves is as it was",
				      WTERMSIG(status), strsignal(WTERMSIG(status)));
	return tlml_error_set(e, EIO, "tlml-large did not learn: see what it says above");
}

int tlml_teacher_start(const char *models, const char *socket, const char *labels, json_t **report,
		       struct tlml_error *e)
{
	char *argv[] = { "tlml-large", "--models", (char *)models, "--socket", (char *)socket,
			 labels ? "--learn" : "--rollback", (char *)labels, NULL };
	char text[REPORT_MAX];
	int ends[2], status, err;
	size_t len;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return tlml_error_set(e, errno, "cannot make a pipe: %s", strerror(errno));
	err = spawn(argv, ends[1], &pid, e);
	close(ends[1]);
	len = err ? 0 : hear(ends[0], text, sizeof(text));
	close(ends[0]);
	if (err)
		return err;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return judge(status, text, len, report, e);
}
