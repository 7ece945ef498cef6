/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A process that teaches what labels say to the model of a directory, and ends. What it makes goes
 * into the place of DIR/tlml.ubj when the gate lets it, and the file before it is kept beside.
 */
#ifndef TLML_LARGEML_TEACHER_H
#define TLML_LARGEML_TEACHER_H

#include <stddef.h>

#include "../error.h"

#define TLML_TEACHER_LOG	"tlml.taught"	/* in DIR: a JSON list of the last outcomes */
#define TLML_TEACHER_REFUSED	3		/* exit status: the gate refused */

struct tlml_teacher {
	const char *dir, *socket;	/* of models; where it is served, or NULL */
	const char *labels;		/* a file of case_labels.h; NULL: take the last step back */
	const void *model, *rehearsal;	/* without files of them in dir: */
	size_t model_size, rehearsal_size;	/* tlml.ubj and tlml.cases */
};

/*
 * Does it, says on standard output what came of it as a JSON object, and returns the exit status:
 * {"outcome": "learned"|"rolled back"|"refused"|"failed", "why", "time", "served": bool, ...} with
 * the members of tlml_teach_json(). The gate's refusals and what went live are logged in dir.
 */
int tlml_teacher_run(const struct tlml_teacher *t);

/* Before that: what bounds this process. It is slow, and never in the way. */
void tlml_teacher_limits(void);

#endif
