// SPDX-License-Identifier: BSD-2-Clause
/* What people and other tools say about flows that the large model was asked about. */
#include "labelling.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "learner.h"
#include "log.h"

static uint64_t wall_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * 1000000ull + t.tv_nsec / 1000;
}

int tlml_labelling_open(struct tlml_labelling *l, struct tlml_error *e)
{
	*l = (struct tlml_labelling){ 0 };
	if (tlml_recent_new(&l->recent))
		return tlml_error_set(e, ENOMEM, "no memory for %u recent cases", TLML_RECENT_MAX);
	return tlml_case_labels_init(&l->labels, 1, e);
}

void tlml_labelling_settle(struct tlml_labelling *l, const char *state)
{
	struct tlml_error e;

	if (snprintf(l->path, sizeof(l->path), "%s/" TLML_LABELS_FILE, state) >=
	    (int)sizeof(l->path)) {
		l->path[0] = 0;
		tlml_log(TLML_LOG_ERROR, "%s: too long a path for labels: none are kept", state);
		return;
	}
	if (tlml_case_labels_read(&l->labels, l->path, &e))
		tlml_log(TLML_LOG_WARNING, "%s", e.text);
}

static void *save(void *arg)
{
	struct tlml_labelling *l = arg;

	l->saving.err = tlml_case_labels_write(&l->saving.copy, l->path, &l->saving.why);
	__atomic_store_n(&l->saving.over, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void save_begin(struct tlml_labelling *l)
{
	struct tlml_case_labels *copy = &l->saving.copy;
	struct tlml_error *why = &l->saving.why;

	/* After an error it is tried again with the next label. */
	l->changed = l->saving.over = 0;
	l->saving.err = tlml_case_labels_copy(&l->labels, copy, why);
	if (!l->saving.err) {
		int no = pthread_create(&l->saving.thread, NULL, save, l);

		l->saving.busy = !no;
		if (no) {
			tlml_case_labels_free(copy);
			l->saving.err = tlml_error_set(why, no, "no thread to write labels on: %s",
						       strerror(no));
		}
	}
	if (l->saving.err)
		tlml_log(TLML_LOG_WARNING, "%s", why->text);
}

static void save_end(struct tlml_labelling *l)
{
	pthread_join(l->saving.thread, NULL);
	tlml_case_labels_free(&l->saving.copy);
	l->saving.busy = 0;
	if (l->saving.err)
		tlml_log(TLML_LOG_WARNING, "%s", l->saving.why.text);
}

/* A class that the live model does not have could not be acted on. */
static int check_class(const struct tlml_path *p, const char *klass, struct tlml_error *e)
{
	const struct tlml_weights *w = tlml_maps_current(&p->maps);
	unsigned int c;

	for (c = 0; c < TLML_CLASSES_MAX && c < w->classes; c++)
		if (!strncmp(w->info[c].name, klass, TLML_NAME_MAX))
			return 0;
	return tlml_error_set(e, EINVAL, "there is no class '%s' on %s: 'tlmlctl class %s' lists them",
			      klass, p->ifname, p->ifname);
}

static int keep(struct tlml_labelling *l, const struct tlml_recent_case *c,
		const struct tlml_label_request *said, struct tlml_error *e)
{
	struct tlml_case_label label = { .time = wall_us(), .asked = c->asked,
					 .flow = tlml_ends_hash(c->ifname, &c->ends),
					 .inputs = c->inputs };
	int err;

	strcpy(label.by, said->by);
	strcpy(label.klass, said->klass);
	err = tlml_case_labels_add(&l->labels, &label, e);
	if (err)
		return err;
	l->taken++;
	l->changed = 1;
	return 0;
}

json_t *tlml_labelling_take(struct tlml_labelling *l, struct tlml_paths *ps,
			    const struct tlml_request *r, struct tlml_error *e)
{
	const struct tlml_label_request *said = &r->label;
	struct tlml_path *p = tlml_paths_find(ps, r->ifname, e);
	const struct tlml_recent_case *c;
	struct tlml_error why;

	if (!p || check_class(p, said->klass, e))
		return NULL;
	c = tlml_recent_find(l->recent, r->ifname, &said->ends, said->time ?: wall_us(),
			     said->within_s * 1000000ull);
	if (!c) {
		l->unmatched++;
		tlml_error_set(&why, ENOENT, "the large model was asked about no such flow on %s within %u s of that time",
			       r->ifname, said->within_s);
	}
	if (!c || keep(l, c, said, &why))
		return json_pack("{s:b, s:b, s:s}", "labelled", 0, "known", c != NULL, "why",
				 why.text);
	if (p->learner)
		tlml_learner_label(p->learner, c, said->klass);
	return json_pack("{s:b}", "labelled", 1);
}

json_t *tlml_labelling_teach(struct tlml_labelling *l, struct tlml_error *e)
{
	if (!*l->path) {
		tlml_error_set(e, EAGAIN, "labels cannot be kept: tlmld's log says why");
		return NULL;
	}
	if (tlml_case_labels_fresh(&l->labels)) {
		l->labels.taught = wall_us();
		l->changed = 1;
	}
	tlml_labelling_tick(l);
	if (l->changed || l->saving.busy)
		return json_pack("{s:b}", "saved", 0);
	if (!l->saving.err)
		return json_pack("{s:b, s:s, s:i}", "saved", 1, "file", l->path, "labels",
				 (int)l->labels.n);
	*e = l->saving.why;
	l->changed = 1;		/* who asks again has it tried again */
	return NULL;
}

/* One more in {WHO: {CLASS: COUNT}}. */
static void count(json_t *by, const struct tlml_case_label *label)
{
	json_t *who = json_object_get(by, label->by);
	json_int_t n = 1;

	if (!who) {
		who = json_object();
		json_object_set_new(by, label->by, who);
	}
	n += json_integer_value(json_object_get(who, label->klass));
	json_object_set_new(who, label->klass, json_integer(n));
}

#define WHO_MAX	8	/* told of, so that they leave room in a message */

json_t *tlml_labelling_status(const struct tlml_labelling *l)
{
	const struct tlml_case_labels *labels = &l->labels;
	json_t *by = json_object();

	for (__u32 i = 0; i < labels->n; i++)
		if (json_object_size(by) < WHO_MAX ||
		    json_object_get(by, labels->item[i].by))
			count(by, &labels->item[i]);
	return json_pack("{s:i, s:i, s:I, s:I, s:I, s:o}", "labels", (int)labels->n, "fresh",
			 (int)tlml_case_labels_fresh(labels), "taken", (json_int_t)l->taken,
			 "unmatched", (json_int_t)l->unmatched,
			 "taught_us", (json_int_t)labels->taught, "by", by);
}

void tlml_labelling_tick(struct tlml_labelling *l)
{
	if (l->saving.busy && __atomic_load_n(&l->saving.over, __ATOMIC_ACQUIRE))
		save_end(l);
	if (l->changed && !l->saving.busy && *l->path)
		save_begin(l);
}

void tlml_labelling_close(struct tlml_labelling *l)
{
	if (l->saving.busy)
		save_end(l);
	tlml_labelling_tick(l);
	if (l->saving.busy)
		save_end(l);
	tlml_case_labels_free(&l->labels);
	tlml_recent_free(l->recent);
}
