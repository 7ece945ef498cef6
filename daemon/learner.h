/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One interface's learning: keeps what the large model says, has a next generation made of it when
 * that is due, publishes it if the gate lets it, and takes it back if it does worse.
 */
#ifndef TLML_LEARNER_H
#define TLML_LEARNER_H

#include <jansson.h>

#include "answers.h"
#include "census.h"
#include "doubt.h"
#include "generations.h"
#include "learn/threshold.h"
#include "learning.h"
#include "probation.h"
#include "recent.h"
#include "saver.h"
#include "trial.h"

/* What became of the last course. */
struct tlml_learner_last {
	const char *outcome;		/* "none" before the first one */
	struct tlml_error why;		/* unless it passed */
	struct tlml_gate_report report;
	uint64_t time;			/* seconds since 1970 */
	uint32_t generation;
	unsigned int steps, answers;
	double seconds, loss;
};

struct tlml_learner {
	struct tlml_learning *school;
	char ifname[IF_NAMESIZE], dir[TLML_PATH_MAX];
	struct tlml_maps *maps;
	struct tlml_generations *generations;

	struct tlml_model live;		/* without blob: not known to tlmld */
	uint32_t generation;		/* that live was looked for */
	struct tlml_reservoir answers, audits;	/* to learn from; to be judged by */
	uint64_t taken, fresh, saved;	/* answers ever, since the last course, on disk */
	double rate;			/* of disagreement, of late, by this generation; */
	uint64_t rated;			/* of so many audited flows */
	struct tlml_page_hinkley drift;
	struct tlml_census census;
	uint64_t census_ns;		/* when counters were read last */
	struct tlml_doubt doubt;
	unsigned int alarms, rollbacks;
	struct tlml_trial trial;	/* of what the last course made */
	struct tlml_probation probation;	/* of the generation that is live */
	struct tlml_threshold threshold;
	const char *wanted;		/* why a course is to begin, or NULL */
	uint64_t answer_ns, saved_ns;	/* when there was an answer; when it was saved */
	struct tlml_saver saver;
	int stale;
	struct tlml_learner_last last;
};

/*
 * For the interface's maps; both generations and maps stay the caller's. Answers are kept in dir,
 * which is there. -errno with a sentence.
 */
int tlml_learner_open(struct tlml_learning *s, const char *ifname, const char *dir,
		      struct tlml_maps *m, struct tlml_generations *g, struct tlml_learner **l,
		      struct tlml_error *e);

/* The large model's last word on r; version: which large model, a hash. */
void tlml_learner_take(struct tlml_learner *l, const struct tlml_record *r,
		       const struct tlml_opinion *o, uint32_t version);

/* What c, which the large model answered, was in truth: what is kept of it is that from now on. */
void tlml_learner_label(struct tlml_learner *l, const struct tlml_recent_case *c,
			const char *klass);

/* To be called every second. */
void tlml_learner_tick(struct tlml_learner *l);

/* Has a course begin with the next tick. -EAGAIN with a sentence of why that cannot be. */
int tlml_learner_now(struct tlml_learner *l, struct tlml_error *e);

/* For learning.c: a course that this one began is over. */
void tlml_learner_finish(struct tlml_learner *l, const struct tlml_course_result *r);

/* After the generation that is live was changed, or pinned: what is on trial may have to end. */
void tlml_learner_changed(struct tlml_learner *l);

/*
 * {"mode", "state", "answers", "audits", "fresh", "disagreement", "psi", "alarms",
 * "rollbacks", "trial": null | {"stage": "shadow" | "canary", "generation", "percent",
 * "flows", "better", "worse", "benign", "dropped", "audited", "wrong", "left_s"}, "last": {"outcome",
 * "why", "time", "generation", "answers", "steps", "loss", "seconds", "golden": [before, after],
 * "judged", "better", "worse", "chance", "benign", "dropped"}}, a new reference; NULL without
 * memory. outcome: none, failed, refused, shadow (passed, and learn says shadow), on trial,
 * withdrawn, published.
 */
json_t *tlml_learner_status(const struct tlml_learner *l);

/* Saves, withdraws a canary, and frees. */
void tlml_learner_close(struct tlml_learner *l);

#endif
