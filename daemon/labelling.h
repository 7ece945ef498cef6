/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What people and other tools say about flows that the large model was asked about: finds the case,
 * keeps it with its label, on disk a second later, for tlml-large to be taught by; and has the tiny
 * model learn it.
 */
#ifndef TLML_LABELLING_H
#define TLML_LABELLING_H

#include <pthread.h>

#include "paths.h"

struct tlml_labelling {
	struct tlml_recent *recent;
	struct tlml_case_labels labels;
	char path[TLML_PATH_MAX];	/* the rest is labelling.c's own; "": not settled yet */
	uint64_t taken, unmatched;	/* since the start */
	int changed;			/* what is on disk, or on its way there, is older */
	struct {			/* on a thread, as a disk may take its time: */
		struct tlml_case_labels copy;
		pthread_t thread;
		int busy, over;		/* over is set by the thread */
		int err;		/* of the last one, with why */
		struct tlml_error why;
	} saving;
};

/* -ENOMEM with a sentence; to be closed all the same. */
int tlml_labelling_open(struct tlml_labelling *l, struct tlml_error *e);

/* Privileges are gone: reads what is kept in the directory state. What is wrong is logged. */
void tlml_labelling_settle(struct tlml_labelling *l, const char *state);

/*
 * A request LABEL: {"labelled": true}, or false with "why", a sentence, and "known": whether there
 * is such a case; a new reference. NULL with a sentence for what cannot be.
 */
json_t *tlml_labelling_take(struct tlml_labelling *l, struct tlml_paths *ps,
			    const struct tlml_request *r, struct tlml_error *e);

/*
 * A request TEACH: {"saved": false} until all labels are on disk, so it is to be asked again; then
 * true, with "file" and "labels". A new reference, or NULL with a sentence.
 */
json_t *tlml_labelling_teach(struct tlml_labelling *l, struct tlml_error *e);

/*
 * {"labels", "fresh", "taken", "unmatched", "taught_us", "by": {WHO: {CLASS: COUNT}}}, a new
 * reference.
 */
json_t *tlml_labelling_status(const struct tlml_labelling *l);

/* To be called every second. */
void tlml_labelling_tick(struct tlml_labelling *l);

/* Saves, and frees; also one that is all zero. */
void tlml_labelling_close(struct tlml_labelling *l);

#endif
