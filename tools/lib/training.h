/* SPDX-License-Identifier: BSD-2-Clause */
/* What tlml-train does once its command line is read: files in, model and reports out. */
#ifndef TLML_TRAINING_H
#define TLML_TRAINING_H

#include <jansson.h>
#include <time.h>

#include "../../daemon/learn/set.h"
#include "../../daemon/learn/train.h"

#define TLML_INPUTS_MAX	4096

struct tlml_training {
	const char *output, *eval, *dump, *report, *anchor, *cases;	/* paths, or NULL */
	const char *model;		/* whose verdicts the cases have; NULL: the built-in one */
	unsigned int anchor_flows;	/* of each class, to rehearse, and as many to judge by */
	uint32_t ask_at;		/* the packet of a flow at which it becomes a case */
	struct { const char *path; enum tlml_split split; } in[TLML_INPUTS_MAX];
	unsigned int n_in;
	const char *attacks[TLML_CLASSES_MAX + 1];	/* NULL-terminated */
	unsigned int n_attacks;
	json_t *meta;			/* goes into the model */
	int compare;
	struct tlml_train_options options;	/* progress is filled in */
	struct tlml_set set;
	struct tlml_view view[TLML_SPLITS];
	struct timespec told;		/* when progress was last shown */
	struct tlml_error e;
};

/* Trains or evaluates; -errno with a sentence in t->e. */
int tlml_training_run(struct tlml_training *t);

void tlml_training_free(struct tlml_training *t);

#endif
