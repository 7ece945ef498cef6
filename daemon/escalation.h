/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hard flow's way from its record to its answer: a case is opened, the large model asked, once
 * more if it is not sure and more packets come, and what it says is laid into the flow's line.
 */
#ifndef TLML_ESCALATION_H
#define TLML_ESCALATION_H

#include "conf.h"
#include "recent.h"
#include "watch.h"

struct tlml_escalation {
	struct tlml_loop *loop;
	struct tlml_watchers *watchers;
	struct tlml_large *large, *old;	/* the one asked; one on its way out */
	struct tlml_hard_table *cases;
	struct tlml_recent *recent;	/* where cases are noted; NULL: nowhere */

	float sure;			/* the rest is escalation.c's own */
	__u32 ttl;			/* of an answer, in ticks */
	__u32 version;			/* which large model is asked: a hash */
	struct tlml_op timer;		/* of the next case that is due */
	uint64_t timer_ns;
	void (*closed)(void *arg);
	void *closed_arg;
};

/* With a sentence: -EINVAL for a bad endpoint, -ENOMEM. default_url: asked if conf names none. */
int tlml_escalation_open(struct tlml_escalation *x, struct tlml_loop *l,
			 struct tlml_watchers *watchers, const struct tlml_conf *conf,
			 const char *default_url, struct tlml_error *e);

/*
 * Another configuration. reconnect: its endpoints, or how they are asked, are others; questions
 * that are open stay without an answer then. On an error all stays as it is.
 */
int tlml_escalation_change(struct tlml_escalation *x, const struct tlml_conf *conf,
			   const char *default_url, int reconnect, struct tlml_error *e);

/* A tlml_path_take: arg is the escalation. */
void tlml_escalation_take(void *arg, struct tlml_path *p, const void *data, size_t size);

/* Before a path is closed: its cases need no answer any more. */
void tlml_escalation_forget(struct tlml_escalation *x, struct tlml_path *p);

/* When no path is left: lets go of the large model, then done(arg). */
void tlml_escalation_close(struct tlml_escalation *x, void (*done)(void *arg), void *arg);

#endif
