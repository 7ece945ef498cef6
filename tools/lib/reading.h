/* SPDX-License-Identifier: BSD-2-Clause */
/* A labelled capture, packet by packet, as the trainer's table of flows sees it. */
#ifndef TLML_READING_H
#define TLML_READING_H

#include "../../daemon/learn/set.h"
#include "../../daemon/learn/table.h"
#include "capture.h"

/* Which files, and what to look at. */
struct tlml_reading {
	struct tlml_set *set;		/* gets the classes, the capture and the ids of its flows */
	const char *path;		/* X.pcap, with labels in X.tsv */
	enum tlml_split split;
	const char *const *attacks;	/* classes to be called attacks, NULL-terminated, or NULL */
	uint32_t points;		/* decision points: bit k is packet 2^k */
};

/* A packet of a labelled flow. */
struct tlml_read {
	const struct tlml_frame *frame;
	const struct tlml_packet *packet;
	const struct tlml_seen *seen;
	unsigned int label, capture;	/* of the set */
};

/* 0, or -errno with a sentence, which ends the reading. */
typedef int tlml_read_fn(void *arg, const struct tlml_read *r, struct tlml_error *e);

/* Calls each with every packet of a labelled flow; -errno with a sentence. */
int tlml_reading_run(const struct tlml_reading *r, tlml_read_fn *each, void *arg,
		     struct tlml_error *e);

/* Whether a name is in the NULL-terminated list; list may be NULL. */
int tlml_reading_listed(const char *const *list, const char *name);

#endif
