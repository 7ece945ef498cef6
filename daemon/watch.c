// SPDX-License-Identifier: BSD-2-Clause
/* Who watches questions, answers and decisions as they are made. */
#include "watch.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "policy.h"

static const char *const kinds[] = { "asked", "answered", "unanswered", "traced" };
static const char *const reasons[] = { "trace", "unsure", "anomaly", "audit" };

void tlml_watch_begin(struct tlml_watchers *all, struct tlml_watcher *w)
{
	w->first = w->events = w->lost = 0;
	TAILQ_INSERT_TAIL(all, w, all);
}

void tlml_watch_end(struct tlml_watchers *all, struct tlml_watcher *w)
{
	char *text;

	TAILQ_REMOVE(all, w, all);
	w->lost = 0;
	while ((text = tlml_watch_fetch(w)))
		free(text);
}

static int concerns(const struct tlml_watcher *w, const char *ifname, int traced)
{
	return (w->trace || !traced) && (!*w->ifname || !strcmp(w->ifname, ifname));
}

int tlml_watch_traces(const struct tlml_watchers *all, const char *ifname)
{
	const struct tlml_watcher *w;

	TAILQ_FOREACH(w, all, all)
		if (w->trace && concerns(w, ifname, 1))
			return 1;
	return 0;
}

static uint64_t clock_us(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * 1000000ull + t.tv_nsec / 1000;
}

static json_t *address(const __u32 *addr, __u8 family)
{
	char text[INET6_ADDRSTRLEN];

	return json_string(inet_ntop(family == 4 ? AF_INET : AF_INET6, addr, text, sizeof(text)));
}

static json_t *event_json(const struct tlml_event *e)
{
	const struct tlml_record *r = e->record;
	uint64_t now = clock_us(CLOCK_MONOTONIC), then = (r->tick << TLML_TICK_SHIFT) / 1000;
	uint64_t age = then < now ? now - then : 0, us = clock_us(CLOCK_REALTIME);
	char name[TLML_NAME_MAX];
	json_t *o;

	/* An answer is given now; a question was put when the record was made. */
	if (e->kind == TLML_EVENT_ASKED || e->kind == TLML_EVENT_TRACED)
		us -= age;
	tlml_answer_class(e->path->maps.weights, r, name);
	o = json_pack("{s:s, s:s, s:I, s:o, s:i, s:o, s:i, s:i, s:I, s:s, s:s, s:i, s:i, s:s}",
		      "event", kinds[e->kind], "interface", e->path->ifname,
		      "time_us", (json_int_t)us,
		      "src", address(r->saddr, r->family), "sport", r->sport,
		      "dst", address(r->daddr, r->family), "dport", r->dport, "proto", r->proto,
		      "packets", (json_int_t)r->flow.pkts, "reason", reasons[r->reason], "class", name,
		      "margin", r->flow.margin, "anomaly", r->flow.anomaly, "action",
		      tlml_action_name(r->action));
	if (e->kind == TLML_EVENT_ANSWERED)
		json_object_set_new(o, "answer",
				    json_pack("{s:s, s:f, s:I, s:b}", "class", e->opinion->klass,
					      "confidence", (double)e->opinion->p, "latency_us",
					      (json_int_t)age, "applied", e->applied));
	if (e->kind == TLML_EVENT_UNANSWERED)
		json_object_set_new(o, "why", json_string(e->why));
	return o;
}

/* What is lost is told when there is room again, in its place. */
static void keep(struct tlml_watcher *w, const char *text)
{
	char *copy = w->lost || w->events == TLML_WATCH_EVENTS ? NULL : strdup(text);

	if (copy)
		w->event[(w->first + w->events++) % TLML_WATCH_EVENTS] = copy;
	else
		w->lost++;
}

void tlml_watch_tell(struct tlml_watchers *all, const struct tlml_event *e)
{
	int traced = e->kind == TLML_EVENT_TRACED;
	struct tlml_watcher *w;
	char *text = NULL;

	TAILQ_FOREACH(w, all, all) {
		if (!concerns(w, e->path->ifname, traced))
			continue;
		if (!text) {
			json_t *o = event_json(e);

			text = json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(5));
			json_decref(o);
			if (!text)
				return;
		}
		keep(w, text);
		w->ready(w);
	}
	free(text);
}

char *tlml_watch_fetch(struct tlml_watcher *w)
{
	char *text = NULL;

	if (w->events) {
		text = w->event[w->first];
		w->first = (w->first + 1) % TLML_WATCH_EVENTS;
		w->events--;
	} else if (w->lost) {
		json_t *o = json_pack("{s:s, s:I}", "event", "lost", "n", (json_int_t)w->lost);

		text = json_dumps(o, JSON_COMPACT);
		json_decref(o);
		w->lost = 0;
	}
	return text;
}
