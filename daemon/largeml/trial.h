/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether a model computes, before anybody relies on it. */
#ifndef TLML_LARGEML_TRIAL_H
#define TLML_LARGEML_TRIAL_H

#include "engine.h"

/*
 * Opens and asks a model in a child process: parsers of models do not survive every damaged file.
 * 0, or -EINVAL with a sentence, also if the child crashed or took longer than half a minute.
 */
int tlml_trial(const struct tlml_engine *engine, const void *bytes, size_t size,
	       struct tlml_error *e);

/* Asks each worker of an open model, so that what is done once only has been done. -errno. */
int tlml_trial_run(const struct tlml_engine *engine, void *state, unsigned int workers,
		   unsigned int classes, struct tlml_error *e);

#endif
