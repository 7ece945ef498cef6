// SPDX-License-Identifier: BSD-2-Clause
/* Who watches questions, answers and decisions as they are made. */
#include "watch.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "policy.h"

static const char *const kinds[] = { "asked", "answered", "unanswered", "traced", "payload" };

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

static int concerns(const struct tlml_watcher *w, const char *ifname, enum tlml_event_kind kind)
{
	if ((kind == TLML_EVENT_TRACED && !w->trace) ||
	    (kind == TLML_EVENT_PAYLOAD && !w->payload))
		return 0;
	return !*w->ifname || !strcmp(w->ifname, ifname);
}

int tlml_watch_traces(const struct tlml_watchers *all, const char *ifname)
{
	const struct tlml_watcher *w;

	TAILQ_FOREACH(w, all, all)
		if (concerns(w, ifname, TLML_EVENT_TRACED))
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

static void add_ends(json_t *o, const struct tlml_record *r)
{
	json_object_set_new(o, "src", address(r->saddr, r->family));
	json_object_set_new(o, "sport", json_integer(r->sport));
	json_object_set_new(o, "dst", address(r->daddr, r->family));
	json_object_set_new(o, "dport", json_integer(r->dport));
	json_object_set_new(o, "proto", json_integer(r->proto));
}

/* Bytes of a packet, of a flow that there may be no open case of any more. */
static json_t *payload_json(const struct tlml_event *e)
{
	const struct tlml_payload *p = e->payload;
	char hex[2 * TLML_PAYLOAD_MAX + 1] = "";
	json_t *o;

	for (unsigned int i = 0; i < p->len; i++)
		sprintf(hex + 2 * i, "%02x", p->data[i]);
	o = json_pack("{s:s, s:s, s:I}", "event", kinds[e->kind], "interface", e->path->ifname,
		      "time_us", (json_int_t)clock_us(CLOCK_REALTIME));
	if (e->record)
		add_ends(o, e->record);
	json_object_set_new(o, "packet", json_integer(p->nth));
	json_object_set_new(o, "data", json_string(hex));
	return o;
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
	o = json_pack("{s:s, s:s, s:I, s:I, s:s, s:s, s:i, s:i, s:s}",
		      "event", kinds[e->kind], "interface", e->path->ifname,
		      "time_us", (json_int_t)us, "packets", (json_int_t)r->flow.pkts,
		      "reason", tlml_reason_name(r->reason), "class", name,
		      "margin", r->flow.margin, "anomaly", r->flow.anomaly, "action",
		      tlml_action_name(r->action));
	add_ends(o, r);
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
	struct tlml_watcher *w;
	char *text = NULL;

	TAILQ_FOREACH(w, all, all) {
		if (!concerns(w, e->path->ifname, e->kind))
			continue;
		if (!text) {
			json_t *o = e->payload ? payload_json(e) : event_json(e);

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
