// SPDX-License-Identifier: BSD-2-Clause
/* One interface's learning: which model is live, what becomes of a candidate, what is on disk. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "learner.h"
#include "learner_impl.h"
#include "log.h"

#define ANSWERS		"answers"	/* files in the directory of the interface */
#define AUDITS		"audits"

/* Of a new generation: how much more disagreement than before is too much, and the risks. */
#define WORSE		0.1
#define RATE_LEAST	0.02
#define FALSE_ALARM	0.01
#define MISSED		0.05

/* The data path knows numbers only: what it holds tells whether a file is of them. */
static int is_live(const struct tlml_learner *l, struct tlml_model *file, struct tlml_model *m)
{
	struct tlml_error none;
	int err = tlml_maps_identify(l->maps, tlml_maps_current(l->maps), file, m, &none);

	tlml_model_free(file);
	return !err;
}

static int find_live(struct tlml_learner *l, struct tlml_model *m)
{
	const struct tlml_shipped *s = &l->school->shipped;
	struct tlml_model file;
	struct tlml_error none;

	if (!tlml_generations_read(l->generations, l->generation, &file, &none) &&
	    is_live(l, &file, m))
		return 1;
	return !tlml_model_parse(s->model, s->model_size, "the shipped model", &file, &none) &&
	       is_live(l, &file, m);
}

static int same_classes(const struct tlml_reservoir *r, const struct tlml_model *m)
{
	if (r->n_classes != m->header.classes)
		return 0;
	for (unsigned int c = 0; c < r->n_classes; c++)
		if (strncmp(r->classes[c].name, m->classes[c].name, TLML_NAME_MAX))
			return 0;
	return 1;
}

static void path_of(const struct tlml_learner *l, const char *name, char path[TLML_PATH_MAX])
{
	snprintf(path, TLML_PATH_MAX, "%.*s/%s", TLML_PATH_MAX - 16, l->dir, name);
}

/* An empty one for the live model's classes, then what is on disk. */
static int fill(struct tlml_learner *l, struct tlml_reservoir *r, const char *name)
{
	const struct tlml_conf *conf = l->school->conf;
	char path[TLML_PATH_MAX];
	struct tlml_error e;
	int err;

	tlml_reservoir_free(r);
	err = tlml_reservoir_init(r, l->live.classes, l->live.header.classes, conf->learn_room,
				  conf->learn_quota, 1, &e);
	if (err) {
		tlml_log(TLML_LOG_ERROR, "%s: %s", l->ifname, e.text);
		return err;
	}
	path_of(l, name, path);
	if (tlml_reservoir_read(r, path, &e))
		tlml_log(TLML_LOG_WARNING, "%s: %s", l->ifname, e.text);
	return 0;
}

void tlml_learner_look(struct tlml_learner *l)
{
	struct tlml_error e;

	tlml_model_free(&l->live);
	l->watching = 0;
	l->generation = tlml_maps_current(l->maps)->generation;
	if (!find_live(l, &l->live)) {
		tlml_log(TLML_LOG_NOTICE, "%s: does not learn: no file of the model that is live, generation %u, is known here: 'tlmlctl model push' takes one",
			 l->ifname, l->generation);
		return;
	}
	/* Something has to be there to roll back to. */
	if (tlml_generations_keep(l->generations, l->maps, l->live.blob, l->live.header.size,
				  "it was live when tlmld began", &e))
		tlml_log(TLML_LOG_WARNING, "%s: %s", l->ifname, e.text);
	if (l->answers.room && same_classes(&l->answers, &l->live))
		return;
	tlml_learner_save(l);
	if (fill(l, &l->answers, ANSWERS) || fill(l, &l->audits, AUDITS))
		tlml_model_free(&l->live);
}

void tlml_learner_save(struct tlml_learner *l)
{
	static const char *const names[] = { ANSWERS, AUDITS };
	const struct tlml_reservoir *from[] = { &l->answers, &l->audits };
	char path[TLML_PATH_MAX];
	struct tlml_error e;

	if (l->saved == l->taken)
		return;
	for (unsigned int i = 0; i < 2; i++) {
		path_of(l, names[i], path);
		if (!tlml_reservoir_write(from[i], path, &e))
			continue;
		tlml_log(TLML_LOG_WARNING, "%s: %s", l->ifname, e.text);
		return;
	}
	l->saved = l->taken;
}

/* Below 1 both, and the second one greater. */
static void begin_watch(struct tlml_learner *l)
{
	double was = l->rate < RATE_LEAST ? RATE_LEAST : l->rate > 0.8 ? 0.8 : l->rate;

	l->watch = tlml_sprt_begin(was, was + WORSE, FALSE_ALARM, MISSED);
	l->watching = 1;
}

static void publish(struct tlml_learner *l, const struct tlml_course_result *r)
{
	struct tlml_learner_last *last = &l->last;
	struct tlml_model next;
	char why[160];
	int err;

	snprintf(why, sizeof(why), "learned from %u answers; better on %u and worse on %u of %u judged flows",
		 r->answers, r->report.better, r->report.worse, r->report.audits);
	err = tlml_model_parse(r->blob, r->size, "the candidate", &next, &last->why);
	if (err)
		return;
	err = tlml_generations_publish(l->generations, l->maps, r->blob, r->size, why, &last->why);
	if (err) {
		tlml_model_free(&next);
		tlml_log(TLML_LOG_ERROR, "%s: learned, but not published: %s", l->ifname,
			 last->why.text);
		return;
	}
	last->outcome = "published";
	tlml_model_free(&l->live);
	l->live = next;
	l->generation = next.header.generation;
	begin_watch(l);
	tlml_log(TLML_LOG_NOTICE, "%s: generation %u is live: %s", l->ifname, l->generation, why);
}

static void refuse(struct tlml_learner *l, const void *blob, size_t size)
{
	struct tlml_error e;

	l->last.outcome = "refused";
	tlml_log(TLML_LOG_NOTICE, "%s: refused to learn: %s", l->ifname, l->last.why.text);
	if (tlml_generations_refuse(l->generations, blob, size, l->last.why.text, &e))
		tlml_log(TLML_LOG_WARNING, "%s: %s", l->ifname, e.text);
}

void tlml_learner_doubt(struct tlml_learner *l, const struct tlml_error *e)
{
	l->last = (struct tlml_learner_last){ .why = *e, .time = time(NULL),
					      .answers = l->answers.n };
	l->fresh = 0;
	l->wanted = NULL;
	refuse(l, "", 0);		/* of which there is no candidate */
}

void tlml_learner_finish(struct tlml_learner *l, const struct tlml_course_result *r)
{
	uint32_t generation = tlml_generations_next(l->generations, l->maps);

	l->last = (struct tlml_learner_last){
		.outcome = "failed", .why = r->why, .report = r->report, .time = time(NULL),
		.generation = generation, .steps = r->steps, .answers = r->answers,
		.seconds = r->seconds, .loss = r->loss,
	};
	if (r->err == -EACCES) {
		refuse(l, r->blob, r->size);
	} else if (r->err) {
		tlml_log(TLML_LOG_WARNING, "%s: learned nothing: %s", l->ifname, r->why.text);
	} else if (tlml_maps_current(l->maps)->generation != l->generation) {
		tlml_error_set(&l->last.why, ESTALE, "another model went live meanwhile");
	} else if (l->school->conf->learn == TLML_LEARN_ON) {
		publish(l, r);
	} else {
		l->last.outcome = "shadow";
		tlml_log(TLML_LOG_NOTICE, "%s: generation %u passed the gate, and is not published as learn is not on",
			 l->ifname, generation);
	}
}

void tlml_learner_back(struct tlml_learner *l)
{
	unsigned int worse = l->generation;
	struct tlml_error e;

	l->rollbacks++;
	if (tlml_generations_rollback(l->generations, l->maps, 0,
				      "the large model disagrees with it more often than before", &e)) {
		tlml_log(TLML_LOG_ERROR, "%s: generation %u is worse than the one before it, which cannot come back: %s",
			 l->ifname, worse, e.text);
		return;
	}
	l->fresh = 0;
	tlml_learner_look(l);
	tlml_log(TLML_LOG_WARNING, "%s: generation %u was worse than the one before it: rolled back, as generation %u",
		 l->ifname, worse, l->generation);
}
