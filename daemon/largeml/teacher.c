// SPDX-License-Identifier: BSD-2-Clause
/* A process that teaches what labels say to the model of a directory, and ends. */
#include "teacher.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "../whole.h"
#include "load.h"
#include "reload.h"
#include "teach.h"

#define MODEL_FILE	TLML_MODEL_DEFAULT ".ubj"
#define BEFORE_FILE	MODEL_FILE ".before"	/* no name of a model, so it is not served */
#define CASES_FILE	TLML_MODEL_DEFAULT ".cases"
#define MODEL_MAX	(64u << 20)
#define CASES_MAX	(16u << 20)
#define LOG_MAX		(256u << 10)
#define LOG_ENTRIES	20
#define MODE		0644
#define SEED		1

#define CPU_S		120
#define REAL_S		600
#define MEMORY		(2ull << 30)

struct files {
	int dir;
	void *model, *cases;	/* what was read, or NULL: those built in */
	size_t model_size, cases_size;
};

void tlml_teacher_limits(void)
{
	const struct rlimit cpu = { CPU_S, CPU_S }, memory = { MEMORY, MEMORY }, core = { 0, 0 };
	const struct sched_param plain = { 0 };

	setrlimit(RLIMIT_CPU, &cpu);
	setrlimit(RLIMIT_AS, &memory);
	setrlimit(RLIMIT_CORE, &core);
	sched_setscheduler(0, SCHED_IDLE, &plain);
	setpriority(PRIO_PROCESS, 0, 19);
	alarm(REAL_S);
}

static int open_dir(const struct tlml_teacher *t, struct files *f, struct tlml_error *e)
{
	f->dir = open(t->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->dir < 0)
		return tlml_error_set(e, errno, "cannot open the directory %s: %s", t->dir,
				      strerror(errno));
	if (flock(f->dir, LOCK_EX | LOCK_NB))
		return tlml_error_set(e, EBUSY, "another process teaches the model in %s", t->dir);
	return 0;
}

/* 0 also if there is none. */
static int read_file(struct files *f, const char *name, size_t most, void **data, size_t *size,
		     struct tlml_error *e)
{
	struct tlml_error why;
	int err = tlml_whole_read(f->dir, name, most, data, size, &why);

	if (!err || err == -ENOENT)
		return 0;
	*e = why;
	return err;
}

static int read_files(struct files *f, struct tlml_error *e)
{
	static const char *const others[] = { ".json", ".onnx" };
	char name[32];
	int err;

	err = read_file(f, MODEL_FILE, MODEL_MAX, &f->model, &f->model_size, e);
	if (!err)
		err = read_file(f, CASES_FILE, CASES_MAX, &f->cases, &f->cases_size, e);
	for (unsigned int i = 0; !err && !f->model && i < 2; i++) {
		snprintf(name, sizeof(name), TLML_MODEL_DEFAULT "%s", others[i]);
		if (!faccessat(f->dir, name, F_OK, 0))
			err = tlml_error_set(e, EINVAL, "%s is served: labels teach trees in " MODEL_FILE " only",
					     name);
	}
	return err;
}

/* A directory or file that may not be opened is no refusal. */
static int is_refused(int err, const struct tlml_teach_report *r)
{
	return err == -EACCES && r->why != TLML_TEACH_PASSED;
}

static const char *outcome_of(int err, const struct tlml_teacher *t,
			      const struct tlml_teach_report *r)
{
	if (!err)
		return t->labels ? "learned" : "rolled back";
	return is_refused(err, r) ? "refused" : "failed";
}

/* At the end of the list, of which the oldest go; a damaged one begins anew. */
static int log_entry(struct files *f, json_t *entry, struct tlml_error *e)
{
	json_t *list = NULL;
	void *text = NULL;
	size_t size;
	char *out;
	int err;

	if (!tlml_whole_read(f->dir, TLML_TEACHER_LOG, LOG_MAX, &text, &size, e))
		list = json_loadb(text, size, 0, NULL);
	free(text);
	if (!json_is_array(list)) {
		json_decref(list);
		list = json_array();
	}
	json_array_append(list, entry);
	while (json_array_size(list) > LOG_ENTRIES)
		json_array_remove(list, 0);
	out = json_dumps(list, JSON_INDENT(1) | JSON_REAL_PRECISION(5));
	json_decref(list);
	err = out ? tlml_whole_write(f->dir, TLML_TEACHER_LOG, MODE, out, strlen(out), e) :
	      tlml_error_set(e, ENOMEM, "no memory for the log");
	free(out);
	return err;
}

static int swap(struct files *f, struct tlml_error *e)
{
	if (renameat2(f->dir, MODEL_FILE, f->dir, BEFORE_FILE, RENAME_EXCHANGE))
		return tlml_error_set(e, errno, errno == ENOENT ? "there is no model to go back to" :
				      "cannot exchange " MODEL_FILE " and " BEFORE_FILE ": %s",
				      strerror(errno));
	return fsync(f->dir) ? tlml_error_set(e, errno, "cannot write the directory: %s",
					      strerror(errno)) : 0;
}

/*
 * What is in place now is to be served: 1 if it is, 0 with a sentence if nobody does; an error if
 * who serves does not take it, and then it is not in place any more.
 */
static int serve(const struct tlml_teacher *t, struct files *f, struct tlml_error *e)
{
	struct tlml_error ignored;
	int err = t->socket ? tlml_reload(t->socket, TLML_MODEL_DEFAULT, e) :
		  tlml_error_set(e, ENOENT, "nobody was told: who serves takes it at SIGHUP");

	if (!err)
		return 1;
	if (err != -EINVAL)
		return 0;
	swap(f, &ignored);
	return err;
}

static int learn(const struct tlml_teacher *t, struct files *f, struct tlml_teach_report *r,
		 struct tlml_error *e)
{
	struct tlml_teach lesson = { .model = f->model ?: t->model,
				     .model_size = f->model ? f->model_size : t->model_size,
				     .rehearsal = f->cases ?: t->rehearsal,
				     .rehearsal_size = f->cases ? f->cases_size : t->rehearsal_size,
				     .seed = SEED };
	struct tlml_case_labels labels;
	size_t size;
	void *next;
	int err;

	err = tlml_case_labels_init(&labels, 0, e);
	if (err)
		return err;
	lesson.labels = &labels;
	err = tlml_case_labels_read(&labels, t->labels, e);
	if (!err)
		err = tlml_teach(&lesson, &next, &size, r, e);
	tlml_case_labels_free(&labels);
	if (err)
		return err;
	/* What was there before, first: killed in between, going back changes nothing. */
	err = tlml_whole_write(f->dir, BEFORE_FILE, MODE, lesson.model, lesson.model_size, e);
	if (!err)
		err = tlml_whole_write(f->dir, MODEL_FILE, MODE, next, size, e);
	free(next);
	return err;
}

static int act(const struct tlml_teacher *t, struct files *f, struct tlml_teach_report *r,
	       int *served, struct tlml_error *e)
{
	int err = open_dir(t, f, e);

	if (!err)
		err = read_files(f, e);
	if (!err)
		err = t->labels ? learn(t, f, r, e) : swap(f, e);
	if (err)
		return err;
	*served = serve(t, f, e);
	return *served < 0 ? *served : 0;
}

int tlml_teacher_run(const struct tlml_teacher *t)
{
	struct tlml_teach_report r = { 0 };
	struct files f = { .dir = -1 };
	struct tlml_error e = { "" }, late;
	int served = 0, err;
	json_t *said;

	err = act(t, &f, &r, &served, &e);
	tlml_error_clean(e.text);
	said = json_pack("{s:s, s:s, s:I, s:b}", "outcome", outcome_of(err, t, &r), "why", e.text,
			 "time", (json_int_t)time(NULL), "served", served > 0);
	if (t->labels)
		json_object_update_new(said, tlml_teach_json(&r));
	if (f.dir >= 0 && err != -EBUSY && err != -EAGAIN && log_entry(&f, said, &late))
		fprintf(stderr, "tlml-large: %s\n", late.text);
	json_dumpf(said, stdout, JSON_COMPACT | JSON_REAL_PRECISION(5));
	putchar('\n');
	json_decref(said);
	free(f.model);
	free(f.cases);
	if (f.dir >= 0)
		close(f.dir);
	return !err ? 0 : is_refused(err, &r) ? TLML_TEACHER_REFUSED : 1;
}
