// SPDX-License-Identifier: BSD-2-Clause
/* What the learners of all interfaces share. */
#include "learning.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "learner.h"

#define ANCHOR_MAX	(8u << 20)	/* bytes; there is room for TLML_ANCHOR_SAMPLES of them */

static int read_anchor(struct tlml_learning *s, const char *path, struct tlml_error *e)
{
	FILE *f = fopen(path, "re");
	size_t size;
	int err = 0;

	if (!f)
		return tlml_error_set(e, errno, "the anchor %s: cannot open it: %s", path,
				      strerror(errno));
	s->file = malloc(ANCHOR_MAX);
	size = s->file ? fread(s->file, 1, ANCHOR_MAX, f) : 0;
	if (!s->file)
		err = tlml_error_set(e, ENOMEM, "the anchor %s: no memory for it", path);
	else if (ferror(f) || !size || size == ANCHOR_MAX)
		err = tlml_error_set(e, EINVAL, "the anchor %s: cannot be one: name what 'tlml-train --anchor' wrote",
				     path);
	fclose(f);
	if (err)
		return err;
	s->shipped = (struct tlml_shipped){ .model = s->shipped.model,
					    .model_size = s->shipped.model_size,
					    .anchor = s->file, .anchor_size = size };
	return 0;
}

static void course_over(struct tlml_op *op, int res)
{
	struct tlml_learning *s = op->arg;
	struct tlml_course *c = s->course;
	struct tlml_learner *pupil = s->pupil;

	if (res == -ECANCELED)
		return;
	s->course = NULL;
	s->pupil = NULL;
	if (pupil)
		tlml_learner_finish(pupil, tlml_course_result(c));
	tlml_course_free(c);
}

int tlml_learning_open(struct tlml_learning *s, struct tlml_loop *l, const struct tlml_conf *conf,
		       const struct tlml_shipped *shipped, struct tlml_error *e)
{
	*s = (struct tlml_learning){ .loop = l, .conf = conf, .shipped = *shipped,
				     .over = { .done = course_over, .arg = s } };
	return *conf->anchor ? read_anchor(s, conf->anchor, e) : 0;
}

int tlml_learning_begin(struct tlml_learning *s, struct tlml_learner *pupil,
			struct tlml_course_plan *plan, struct tlml_error *e)
{
	int err;

	if (s->course)
		return tlml_error_set(e, EBUSY, "a course is under way already: try again in a while");
	plan->anchor = s->shipped.anchor;
	plan->anchor_size = s->shipped.anchor_size;
	plan->shipped = s->shipped.model;
	plan->shipped_size = s->shipped.model_size;
	plan->cpu = s->conf->learn_cpu;
	err = tlml_course_begin(plan, &s->course, e);
	if (err)
		return err;
	s->pupil = pupil;
	tlml_loop_poll(s->loop, &s->over, tlml_course_fd(s->course), POLLIN);
	return 0;
}

void tlml_learning_leave(struct tlml_learning *s, const struct tlml_learner *pupil)
{
	if (s->pupil == pupil)
		s->pupil = NULL;
}

void tlml_learning_stop(struct tlml_learning *s)
{
	tlml_loop_cancel(s->loop, &s->over);
}

void tlml_learning_close(struct tlml_learning *s)
{
	if (s->course)
		tlml_course_free(s->course);
	free(s->file);
	s->course = NULL;
	s->file = NULL;
}
