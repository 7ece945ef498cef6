/* SPDX-License-Identifier: BSD-2-Clause */
/* What the learners of all interfaces share: what tlmld came with, and one course at a time. */
#ifndef TLML_LEARNING_H
#define TLML_LEARNING_H

#include "conf.h"
#include "course.h"

struct tlml_learner;

/* The model that tlml-load takes if it is told of none, and the anchor that goes with it. */
struct tlml_shipped {
	const void *model, *anchor;
	size_t model_size, anchor_size;
};

struct tlml_learning {
	struct tlml_loop *loop;
	const struct tlml_conf *conf;	/* the caller's, which may change it */
	struct tlml_shipped shipped;
	void *file;			/* another anchor, read from conf->anchor, or NULL */

	struct tlml_course *course;	/* under way, or NULL */
	struct tlml_learner *pupil;	/* whose it is; NULL: who left meanwhile */
	struct tlml_op over;		/* of the course */
};

/*
 * -errno with a sentence if there is no reading conf->anchor; to be closed all the same. shipped
 * stays the caller's.
 */
int tlml_learning_open(struct tlml_learning *s, struct tlml_loop *l, const struct tlml_conf *conf,
		       const struct tlml_shipped *shipped, struct tlml_error *e);

/* plan lacks what is shared. -EBUSY while another course is under way, -errno with a sentence. */
int tlml_learning_begin(struct tlml_learning *s, struct tlml_learner *pupil,
			struct tlml_course_plan *plan, struct tlml_error *e);

/* Nobody wants to know what came of pupil's course. */
void tlml_learning_leave(struct tlml_learning *s, const struct tlml_learner *pupil);

/* While the loop still runs: the course under way is not waited for any more. */
void tlml_learning_stop(struct tlml_learning *s);

/* When the loop runs no more. */
void tlml_learning_close(struct tlml_learning *s);

#endif
