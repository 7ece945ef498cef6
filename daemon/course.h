/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One round of learning, on a thread of its own and out of everybody's way: from copies of what
 * the large model said to a candidate and what the gate says of it. What is made of the candidate
 * is somebody else's matter.
 */
#ifndef TLML_COURSE_H
#define TLML_COURSE_H

#include "learn/gate.h"

struct tlml_course;

/* What is learned from. Everything is copied but the files, which have to stay. */
struct tlml_course_plan {
	const struct tlml_model *live;		/* what is learned on from */
	uint32_t generation;			/* of the candidate: above that of live */
	const struct tlml_reservoir *answers;	/* to learn from; of the classes of live */
	const struct tlml_reservoir *audits;	/* to be judged by; the same */
	const void *anchor;			/* a file of them, see learn/anchor.h */
	size_t anchor_size;
	const void *shipped;			/* the blob that the anchor travels with, or NULL */
	size_t shipped_size;
	const struct tlml_policy *policy;	/* [TLML_CLASSES_MAX] of the operator */
	unsigned int cpu;			/* percent of one CPU at most, 1..100 */
	uint64_t seed;
};

/* What came of it. */
struct tlml_course_result {
	int err;		/* 0: passed; -EACCES: refused by the gate; -errno */
	struct tlml_error why;	/* if err */
	struct tlml_gate_report report;
	void *blob;		/* the candidate, the course's own; NULL if there is none */
	size_t size;
	unsigned int steps, answers;
	float loss;		/* of the last step, in nats */
	double seconds;		/* of CPU */
};

/* -ENOMEM, -EAGAIN with a sentence. */
int tlml_course_begin(const struct tlml_course_plan *p, struct tlml_course **c,
		      struct tlml_error *e);

/* Becomes readable when the course is over. */
int tlml_course_fd(const struct tlml_course *c);

/* Once it is over, or this waits for that. */
const struct tlml_course_result *tlml_course_result(struct tlml_course *c);

/* May come early: the course then ends within a few steps, which this waits for. */
void tlml_course_free(struct tlml_course *c);

#endif
