/* SPDX-License-Identifier: BSD-2-Clause */
/* Between learner.c, which says when, and learner_model.c, which changes what is live. */
#ifndef TLML_LEARNER_IMPL_H
#define TLML_LEARNER_IMPL_H

#include "learner.h"

/* Finds the file of the model that is live now, and the answers of its classes. */
void tlml_learner_look(struct tlml_learner *l);

/* Answers that came since the last time go to disk; what is wrong with that is logged. */
void tlml_learner_save(struct tlml_learner *l);

/* No course begins, as the large model tells nothing apart, for which e has the sentence. */
void tlml_learner_doubt(struct tlml_learner *l, const struct tlml_error *e);

/* The generation that is live turned out to be worse: the one before it comes back. */
void tlml_learner_back(struct tlml_learner *l);

#endif
