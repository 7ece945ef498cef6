/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hard flows that a question is open about: found by interface, bucket and fingerprint. All
 * memory is taken at the start; when it is used up, no more are taken on.
 */
#ifndef TLML_HARD_H
#define TLML_HARD_H

#include <sys/queue.h>

#include "large.h"

struct tlml_hard_table;

/* What a case waits for. */
enum tlml_hard_state {
	TLML_HARD_ASKED,	/* the large model; its question belongs to tlml_large */
	TLML_HARD_KEPT,		/* more packets, to be asked about once more */
	TLML_HARD_GIVEN,	/* a moment, to see whether the line kept its answer */
	TLML_HARD_STATES,
};

/* The likeliest class, in the large model's own words. */
struct tlml_opinion {
	char klass[TLML_NAME_MAX];
	float p;
	float known[TLML_CLASSES_MAX];	/* of the tiny model's classes, in its order */
	__u32 generation;		/* whose classes these are */
};

struct tlml_hard {
	struct tlml_question question;
	struct tlml_case subject;
	void *owner;			/* the interface's; NULL: it went away meanwhile */
	enum tlml_hard_state state;
	uint64_t due_ns;		/* KEPT and GIVEN: until when */
	unsigned int asked;		/* how often */
	__u32 asked_packets;		/* that were known then */
	struct tlml_opinion opinion;	/* KEPT: what the large model said, not being sure */
	struct tlml_answer answer;	/* GIVEN, and how often it was mended */
	unsigned int mended;
	LIST_ENTRY(tlml_hard) hash;
	TAILQ_ENTRY(tlml_hard) queue;	/* of its state, or of the free ones */
};

/* Room for size cases. -ENOMEM. Free when all questions have been answered. */
int tlml_hard_new(unsigned int size, struct tlml_hard_table **t);
void tlml_hard_free(struct tlml_hard_table *t);

/* The open case of a flow, or NULL. */
struct tlml_hard *tlml_hard_find(struct tlml_hard_table *t, const void *owner, __u32 bucket,
				 __u32 fp);

/* A case, ASKED, with a copy of subject, of whose flow there is none yet; NULL if all are taken. */
struct tlml_hard *tlml_hard_open(struct tlml_hard_table *t, void *owner,
				 const struct tlml_case *subject);
void tlml_hard_close(struct tlml_hard_table *t, struct tlml_hard *h);

/*
 * Has h wait in that state; due_ns never lies before that of a case that went into the state
 * earlier. 0 where nothing is due.
 */
void tlml_hard_move(struct tlml_hard_table *t, struct tlml_hard *h, enum tlml_hard_state state,
		    uint64_t due_ns);

/* The case of a state that has been due longest, or NULL if none is at now_ns. */
struct tlml_hard *tlml_hard_due(struct tlml_hard_table *t, enum tlml_hard_state state,
				uint64_t now_ns);

/* When the next one is due, UINT64_MAX if none waits. */
uint64_t tlml_hard_next(const struct tlml_hard_table *t);

/* Closes an interface's cases; those asked about just have no owner any more. */
void tlml_hard_disown(struct tlml_hard_table *t, const void *owner);

/* Open cases of an owner, of all with NULL. */
unsigned int tlml_hard_count(const struct tlml_hard_table *t, const void *owner);

#endif
