// SPDX-License-Identifier: BSD-2-Clause
/* What is new in the log of generations, and alarms of learning, told by netlink. */
#include "announce.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "learner.h"
#include "log.h"

#define TEXT_MAX	256	/* that the family takes, with the final 0: the rest is cut */

struct tlml_nl *tlml_announce_open(void)
{
	struct tlml_error e;
	struct tlml_nl *nl = NULL;

	if (tlml_nl_open(&nl, &e))
		tlml_log(TLML_LOG_WARNING, "tells nothing by netlink: %s", e.text);
	return nl;
}

static enum tlml_told kind_of(const char *event)
{
	if (!strcmp(event, "rolled back"))
		return TLML_TOLD_ROLLBACK;
	return strcmp(event, "refused") && strcmp(event, "withdrawn") ? TLML_TOLD_GENERATION :
									TLML_TOLD_REFUSED;
}

/* That nobody can be told is no error, nor is one alert too many. */
static void tell(struct tlml_nl *nl, const struct tlml_path *p, enum tlml_told event,
		 unsigned int generation, const char *text)
{
	struct tlml_error e;
	int err = tlml_nl_tell(nl, p->maps.ctl->ifindex, p->maps.fds[0], event, generation, text,
			       &e);

	if (err && err != -ENOENT && err != -EAGAIN)
		tlml_log(TLML_LOG_WARNING, "%s: %s", p->ifname, e.text);
}

static void tell_entry(struct tlml_nl *nl, const struct tlml_path *p, const json_t *entry)
{
	const char *event = json_string_value(json_object_get(entry, "event"));
	const char *why = json_string_value(json_object_get(entry, "why"));
	char text[TEXT_MAX];

	if (!event)
		return;
	snprintf(text, sizeof(text), "%s%s%s", event, why && *why ? ": " : "", why ? why : "");
	tell(nl, p, kind_of(event),
	     json_integer_value(json_object_get(entry, "generation")), text);
}

static void tell_generations(struct tlml_nl *nl, struct tlml_path *p)
{
	uint32_t next = tlml_generations_entries(p->generations);
	json_t *log, *entry;
	size_t i;

	if (next == p->announced)
		return;
	/* What was before tlmld came is no news. */
	log = p->announced ? tlml_generations_log(p->generations) : NULL;
	json_array_foreach(log, i, entry)
		if (json_integer_value(json_object_get(entry, "n")) >= p->announced)
			tell_entry(nl, p, entry);
	json_decref(log);
	p->announced = next;
}

static void tell_alarms(struct tlml_nl *nl, struct tlml_path *p)
{
	const struct tlml_learner *l = p->learner;

	if (l->alarms == p->alarmed)
		return;
	p->alarmed = l->alarms;
	tell(nl, p, TLML_TOLD_ALERT, l->generation,
	     l->wanted ? l->wanted : "the new generation does worse than the one before it");
}

void tlml_announce(struct tlml_nl *nl, struct tlml_paths *ps)
{
	struct tlml_path *p;

	if (!nl)
		return;
	TAILQ_FOREACH(p, &ps->all, all) {
		if (p->generations)
			tell_generations(nl, p);
		if (p->learner)
			tell_alarms(nl, p);
	}
}
