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

static int same_classes(const struct tlml_class_info *classes, unsigned int n,
			const struct tlml_model *m)
{
	if (n != m->header.classes)
		return 0;
	for (unsigned int c = 0; c < n; c++)
		if (strncmp(classes[c].name, m->classes[c].name, TLML_NAME_MAX))
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

void tlml_learner_succeed(struct tlml_learner *l, struct tlml_model *was)
{
	l->generation = tlml_maps_current(l->maps)->generation;
	tlml_probation_end(&l->probation);
	/* Whoever goes back has a reason to. */
	if (was->blob && l->live.blob &&
	    same_classes(was->classes, was->header.classes, &l->live) &&
	    tlml_generations_origin(l->generations, l->generation) == l->generation)
		tlml_probation_begin(&l->probation, was, l->rate);
	tlml_model_free(was);
	l->rate = 0;
	l->rated = 0;
	l->drift = TLML_PAGE_HINKLEY;
	l->census = (struct tlml_census){ 0 };
}

void tlml_learner_look(struct tlml_learner *l)
{
	struct tlml_model was = l->live;
	struct tlml_error e;

	tlml_learner_trial_stop(l, "another model went live meanwhile");
	l->live = (struct tlml_model){ 0 };
	l->generation = tlml_maps_current(l->maps)->generation;
	if (!find_live(l, &l->live))
		tlml_log(TLML_LOG_NOTICE, "%s: does not learn: no file of the model that is live, generation %u, is known here: 'tlmlctl model push' takes one",
			 l->ifname, l->generation);
	/* Something has to be there to roll back to. */
	else if (tlml_generations_keep(l->generations, l->maps, l->live.blob, l->live.header.size,
				       "it was live when tlmld began", &e))
		tlml_log(TLML_LOG_WARNING, "%s: %s", l->ifname, e.text);
	tlml_learner_succeed(l, &was);
	if (!l->live.blob || (l->answers.room &&
			      same_classes(l->answers.classes, l->answers.n_classes, &l->live)))
		return;
	tlml_learner_save(l, 1);
	if (fill(l, &l->answers, ANSWERS) || fill(l, &l->audits, AUDITS))
		tlml_model_free(&l->live);
}

/* What could not be written is told, and due again. */
static void saved(struct tlml_learner *l, int err, const struct tlml_error *e)
{
	if (!err || err == -EINPROGRESS)
		return;
	tlml_log(TLML_LOG_WARNING, "%s: %s", l->ifname, e->text);
	l->saved = l->taken - 1;
}

void tlml_learner_save(struct tlml_learner *l, int wait)
{
	const struct tlml_reservoir *from[] = { &l->answers, &l->audits };
	char path[TLML_SAVER_FILES][TLML_PATH_MAX];
	const char *paths[] = { path[0], path[1] };
	struct tlml_error e;

	saved(l, tlml_saver_end(&l->saver, wait, &e), &e);
	if (l->saved == l->taken || l->saver.busy || !l->answers.room)
		return;
	path_of(l, ANSWERS, path[0]);
	path_of(l, AUDITS, path[1]);
	l->saved = l->taken;
	saved(l, tlml_saver_begin(&l->saver, from, paths, &e), &e);
	if (wait)
		saved(l, tlml_saver_end(&l->saver, 1, &e), &e);
}

void tlml_learner_refuse(struct tlml_learner *l, const void *blob, size_t size)
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
	tlml_learner_refuse(l, "", 0);		/* of which there is no candidate */
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
		tlml_learner_refuse(l, r->blob, r->size);
	} else if (r->err) {
		tlml_log(TLML_LOG_WARNING, "%s: learned nothing: %s", l->ifname, r->why.text);
	} else {
		tlml_learner_try(l, r);
	}
}

void tlml_learner_back(struct tlml_learner *l)
{
	unsigned int worse = l->generation, before = l->probation.before.header.generation;
	struct tlml_error e;

	l->fresh = 0;
	tlml_probation_end(&l->probation);
	if (tlml_generations_rollback(l->generations, l->maps, before,
				      "the large model disagrees with it more often than with the one before", &e)) {
		tlml_log(TLML_LOG_ERROR, "%s: generation %u is worse than the one before it, which cannot come back: %s",
			 l->ifname, worse, e.text);
		return;
	}
	l->rollbacks++;
	tlml_learner_look(l);
	tlml_log(TLML_LOG_WARNING, "%s: generation %u was worse than the one before it: rolled back, as generation %u",
		 l->ifname, worse, l->generation);
}
