/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between learner.c, which says when, learner_trial.c, which takes a candidate to where it decides,
 * and learner_model.c, which knows what is live and on disk.
 */
#ifndef TLML_LEARNER_IMPL_H
#define TLML_LEARNER_IMPL_H

#include "learner.h"

/* Finds the file of the model that is live now, and the answers of its classes. */
void tlml_learner_look(struct tlml_learner *l);

/* l->live is not was any more, which is taken over: what is counted of it begins anew. */
void tlml_learner_succeed(struct tlml_learner *l, struct tlml_model *was);

/* Answers that came since the last time go to disk; what is wrong is logged then, or next time. */
void tlml_learner_save(struct tlml_learner *l, int wait);

/* No course begins, as the large model tells nothing apart, for which e has the sentence. */
void tlml_learner_doubt(struct tlml_learner *l, const struct tlml_error *e);

/* The generation that is live turned out to be worse: the one before it comes back. */
void tlml_learner_back(struct tlml_learner *l);

/* The candidate of a course passed the gate. */
void tlml_learner_try(struct tlml_learner *l, const struct tlml_course_result *r);

/* Ends a trial that is passed, failed, over, or cannot go on; none may be under way. */
void tlml_learner_trial_tick(struct tlml_learner *l);

/* Ends a trial before it is over, if there is one. */
void tlml_learner_trial_stop(struct tlml_learner *l, const char *why);

/* What is refused is kept with l->last.why. */
void tlml_learner_refuse(struct tlml_learner *l, const void *blob, size_t size);

#endif
