/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who watches questions, answers and decisions as they are made: an event is one JSON object, kept
 * for each watcher until it is fetched. A slow watcher loses events, and nobody waits for it.
 */
#ifndef TLML_WATCH_H
#define TLML_WATCH_H

#include "answers.h"
#include "path.h"

#define TLML_WATCH_EVENTS	512	/* kept for a watcher */

TAILQ_HEAD(tlml_watchers, tlml_watcher);

struct tlml_watcher {
	char ifname[IF_NAMESIZE];	/* "": of all interfaces */
	int trace;			/* every decision, too */
	int payload;			/* and bytes of packets, if the operator had them told */
	void (*ready)(struct tlml_watcher *w);	/* there is something to fetch */

	TAILQ_ENTRY(tlml_watcher) all;	/* the rest is watch.c's own */
	char *event[TLML_WATCH_EVENTS];
	unsigned int first, events;
	uint64_t lost;
};

enum tlml_event_kind { TLML_EVENT_ASKED, TLML_EVENT_ANSWERED, TLML_EVENT_UNANSWERED,
		       TLML_EVENT_TRACED, TLML_EVENT_PAYLOAD };

struct tlml_event {
	enum tlml_event_kind kind;
	const struct tlml_path *path;
	const struct tlml_record *record;	/* PAYLOAD: NULL if its flow is not known */
	const struct tlml_opinion *opinion;	/* ANSWERED: it, */
	int applied;				/* and whether it is in the line now */
	const char *why;			/* UNANSWERED */
	const struct tlml_payload *payload;	/* PAYLOAD */
};

void tlml_watch_begin(struct tlml_watchers *all, struct tlml_watcher *w);
void tlml_watch_end(struct tlml_watchers *all, struct tlml_watcher *w);

/* Whether anybody wants every decision of an interface. */
int tlml_watch_traces(const struct tlml_watchers *all, const char *ifname);

/* Keeps the event for whom it concerns. */
void tlml_watch_tell(struct tlml_watchers *all, const struct tlml_event *e);

/* The oldest event as JSON text, to be freed; NULL if there is none. */
char *tlml_watch_fetch(struct tlml_watcher *w);

#endif
