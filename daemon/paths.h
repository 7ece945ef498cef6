/* SPDX-License-Identifier: BSD-2-Clause */
/* All interfaces that tlmld looks after: taken on, looked at every second, let go. */
#ifndef TLML_PATHS_H
#define TLML_PATHS_H

#include "escalation.h"
#include "learning.h"

struct tlml_nl;

struct tlml_paths {
	struct tlml_loop *loop;
	struct tlml_escalation *escalation;
	struct tlml_learning *learning;
	struct tlml_watchers *watchers;
	TAILQ_HEAD(, tlml_path) all;

	const char *state;		/* where models are kept; NULL: not yet */
	struct tlml_nl *nl;		/* to tell who listens; NULL: nobody */
	unsigned int leaving;		/* the rest is paths.c's own */
	void (*closed)(void *arg);
	void *closed_arg;
};

void tlml_paths_init(struct tlml_paths *ps, struct tlml_loop *l, struct tlml_escalation *x,
		     struct tlml_learning *s, struct tlml_watchers *w);

/*
 * By their pins. Those named, all of them or -errno with a sentence; with n 0 all that tlml is on,
 * and what is wrong with one of them is logged.
 */
int tlml_paths_open(struct tlml_paths *ps, char *const *names, int n, struct tlml_error *e);

/*
 * Privileges are gone: opens the models of all, in the directory state, which stays the caller's,
 * and of those that come later. What is wrong with one of them is logged.
 */
void tlml_paths_settle(struct tlml_paths *ps, const char *state);

/* The one of that name, or NULL with a sentence. */
struct tlml_path *tlml_paths_find(struct tlml_paths *ps, const char *ifname, struct tlml_error *e);

/* tlml_models_do() for the interface that r names: NULL with a sentence, and a line in the log. */
json_t *tlml_paths_models(struct tlml_paths *ps, const struct tlml_request *r, int fd,
			  struct tlml_error *e);

/* By descriptors, as tlml_path_adopt(). One of that name gives way if its maps are others. */
int tlml_paths_add(struct tlml_paths *ps, const struct tlml_request *r, const int *fds,
		   struct tlml_error *e);

/* -ENOENT with a sentence. */
int tlml_paths_remove(struct tlml_paths *ps, const char *ifname, struct tlml_error *e);

/* Has an interface learn from what there is. -ENOENT, -EAGAIN with a sentence. */
int tlml_paths_learn(struct tlml_paths *ps, const char *ifname, struct tlml_error *e);

/* To be called every second. How many interfaces there are. */
unsigned int tlml_paths_tick(struct tlml_paths *ps);

/* When somebody began to watch or left: has decisions traced where that is wanted. */
void tlml_paths_trace(struct tlml_paths *ps);

/* Lets all of them go, then done(arg). */
void tlml_paths_close(struct tlml_paths *ps, void (*done)(void *arg), void *arg);

#endif
