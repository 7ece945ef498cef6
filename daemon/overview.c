// SPDX-License-Identifier: BSD-2-Clause
/* What tlmld tells of itself. */
#include "overview.h"
#include "learner.h"

#define ROOM	(TLML_REQUEST_MAX / 2)	/* the other half: endpoints, and what hinders them */

static const char *const counts[] = {
#define TLML_PATH_COUNT_NAME(id, meaning) #id,
	TLML_PATH_COUNTS(TLML_PATH_COUNT_NAME)
#undef TLML_PATH_COUNT_NAME
};

static json_t *lease_left(const struct tlml_ctl *ctl)
{
	__u64 until = __atomic_load_n(&ctl->lease_until, __ATOMIC_RELAXED), now = tlml_maps_now();

	if (until == TLML_FOREVER)
		return json_null();
	return json_real(until < now ? 0 : ((until - now) << TLML_TICK_SHIFT) / 1e9);
}

static json_t *path_json(const struct tlml_paths *ps, const struct tlml_path *p)
{
	struct tlml_stats stats;
	struct tlml_error e;
	json_t *o;

	o = json_pack("{s:s, s:s, s:I, s:o, s:b, s:i}", "interface", p->ifname, "dir", p->dir,
		      "generation", (json_int_t)tlml_maps_current(&p->maps)->generation,
		      "lease_s", lease_left(p->maps.ctl), "reading", p->ring != NULL,
		      "cases", (int)tlml_hard_count(ps->escalation->cases, p));
	for (unsigned int i = 0; i < TLML_PATH_COUNTS_N; i++)
		json_object_set_new(o, counts[i], json_integer(p->count[i]));
	if (p->learner)
		json_object_set_new(o, "learning", tlml_learner_status(p->learner));
	/* A record that found no room was lost by the data path, which counted it. */
	if (!tlml_maps_stats(&p->maps, &stats, &e))
		json_object_set_new(o, "lost", json_integer(stats.count[TLML_STAT_ring_full]));
	return o;
}

json_t *tlml_overview_paths(const struct tlml_paths *ps, unsigned int from, unsigned int *more)
{
	const struct tlml_path *p;
	json_t *list = json_array();
	unsigned int i = 0;
	size_t size = 0;

	*more = 0;
	TAILQ_FOREACH(p, &ps->all, all) {
		json_t *o = i++ >= from ? path_json(ps, p) : NULL;

		if (!o)
			continue;
		size += json_dumpb(o, NULL, 0, JSON_COMPACT);
		if (size > ROOM && json_array_size(list)) {
			json_decref(o);
			*more = i - 1;
			break;
		}
		json_array_append_new(list, o);
	}
	return list;
}
