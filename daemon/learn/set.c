// SPDX-License-Identifier: BSD-2-Clause
/* Labelled samples: decision points of flows of captures. */
#include "set.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rand.h"

int tlml_set_class(struct tlml_set *s, const char *name, int attack, const char *where,
		   struct tlml_error *e)
{
	size_t n = strlen(name), i;

	for (i = 0; i < s->n_classes; i++) {
		if (strcmp(s->classes[i].name, name))
			continue;
		if (s->classes[i].attack != attack)
			return tlml_error_set(e, EINVAL,
					      "%s: %s is called an attack here and not elsewhere: make the label files agree",
					      where, name);
		return i;
	}
	for (i = 0; i < n; i++)
		if (!isascii(name[i]) || !isgraph((unsigned char)name[i]))
			break;
	if (!n || i < n || n >= TLML_NAME_MAX)
		return tlml_error_set(e, EINVAL,
				      "%s: a class name has 1 to %d letters without blanks: rename '%.32s'",
				      where, TLML_NAME_MAX - 1, name);
	if (s->n_classes == TLML_CLASSES_MAX)
		return tlml_error_set(e, E2BIG, "%s: %s is class %d, a model has at most %d: merge some",
				      where, name, TLML_CLASSES_MAX + 1, TLML_CLASSES_MAX);
	memset(&s->classes[s->n_classes], 0, sizeof(s->classes[0]));
	memcpy(s->classes[s->n_classes].name, name, n);
	s->classes[s->n_classes].attack = attack;
	return s->n_classes++;
}

int tlml_set_capture(struct tlml_set *s, const char *name, enum tlml_split split,
		     struct tlml_error *e)
{
	struct tlml_set_capture *more;
	unsigned int i;

	for (i = s->n_captures; i-- > 0;) {
		if (strcmp(s->captures[i].name, name))
			continue;
		if (s->captures[i].split == split)
			return i;
		return tlml_error_set(e, EINVAL,
				      "%s: both to learn from and to choose by or test on: name it once",
				      name);
	}
	if (s->n_captures == UINT16_MAX)
		return tlml_error_set(e, E2BIG, "%s: more than %d captures: train on fewer", name,
				      UINT16_MAX);
	more = reallocarray(s->captures, s->n_captures + 1, sizeof(*more));
	if (!more)
		return tlml_error_set(e, ENOMEM, "%s: no memory", name);
	s->captures = more;
	more[s->n_captures].split = split;
	more[s->n_captures].name = strdup(name);
	if (!more[s->n_captures].name)
		return tlml_error_set(e, ENOMEM, "%s: no memory", name);
	return s->n_captures++;
}

int tlml_set_add(struct tlml_set *s, const struct tlml_sample *sample, struct tlml_error *e)
{
	if (s->n_samples == s->room) {
		size_t room = s->room ? s->room * 2 : 4096;
		struct tlml_sample *more = reallocarray(s->samples, room, sizeof(*more));

		if (!more)
			return tlml_error_set(e, ENOMEM,
					      "no memory for more than %zu samples: train on fewer captures",
					      s->n_samples);
		s->samples = more;
		s->room = room;
	}
	s->samples[s->n_samples++] = *sample;
	return 0;
}

static int class_order(const void *a, const void *b)
{
	const struct tlml_class_info *p = a, *q = b;

	return p->attack != q->attack ? p->attack - q->attack : strcmp(p->name, q->name);
}

static int sample_order(const void *a, const void *b)
{
	const struct tlml_sample *p = a, *q = b;

	return p->flow != q->flow ? (p->flow > q->flow) - (p->flow < q->flow) : p->point - q->point;
}

/* So that the order of the files does not number the classes. */
static void set_sort_classes(struct tlml_set *s)
{
	struct tlml_class_info was[TLML_CLASSES_MAX];
	uint8_t moved[TLML_CLASSES_MAX] = { 0 };
	unsigned int i, k;
	size_t n;

	memcpy(was, s->classes, sizeof(was));
	qsort(s->classes, s->n_classes, sizeof(s->classes[0]), class_order);
	for (i = 0; i < s->n_classes; i++)
		for (k = 0; k < s->n_classes; k++)
			if (!strcmp(was[i].name, s->classes[k].name))
				moved[i] = k;
	for (n = 0; n < s->n_samples; n++)
		s->samples[n].label = moved[s->samples[n].label];
}

/* Drops the samples that a model with the fixed classes cannot be right about. */
static void set_keep_fixed(struct tlml_set *s)
{
	size_t i, n = 0;

	for (i = 0; i < s->n_samples; i++)
		if (s->samples[i].label < s->fixed)
			s->samples[n++] = s->samples[i];
	s->n_samples = n;
	s->n_classes = s->fixed;
}

int tlml_set_index(struct tlml_set *s, struct tlml_error *e)
{
	struct tlml_run *run = NULL;
	size_t i;

	if (s->fixed)
		set_keep_fixed(s);
	else
		set_sort_classes(s);
	if (s->n_samples)
		qsort(s->samples, s->n_samples, sizeof(s->samples[0]), sample_order);
	s->n_runs = 0;
	free(s->runs);
	s->runs = calloc(s->n_samples + 1, sizeof(*s->runs));
	if (!s->runs)
		return tlml_error_set(e, ENOMEM, "no memory for %zu samples: train on fewer captures",
				      s->n_samples);
	for (i = 0; i < s->n_samples; i++) {
		const struct tlml_sample *p = &s->samples[i];

		if (!i || p->flow != p[-1].flow) {
			run = &s->runs[s->n_runs++];
			run->first = i;
			run->label = p->label;
			run->capture = p->capture;
		} else if (p->point == p[-1].point || p->label != run->label) {
			return tlml_error_set(e, EINVAL,
					      "%s: a flow has %s: give each flow an id of its own",
					      s->captures[p->capture].name,
					      p->label != run->label ? "two labels" :
					      "two rows for one decision point");
		}
		run->samples++;
	}
	return 0;
}

int tlml_set_divide(struct tlml_set *s, uint64_t seed, struct tlml_error *e)
{
	unsigned int i, train = 0, want;

	for (i = 0; i < s->n_captures; i++) {
		if (s->captures[i].split == TLML_SPLIT_VALIDATE)
			return 0;
		train += s->captures[i].split == TLML_SPLIT_TRAIN;
	}
	if (train < 2)
		return tlml_error_set(e, EINVAL,
				      "one capture cannot be both trained and validated on: name a second one, or one with --validate");
	want = (train + 4) / 5;
	while (want) {
		struct tlml_set_capture *c = &s->captures[tlml_rand_below(&seed, s->n_captures)];

		if (c->split != TLML_SPLIT_TRAIN)
			continue;
		c->split = TLML_SPLIT_VALIDATE;
		want--;
	}
	return 0;
}

int tlml_set_view(const struct tlml_set *s, enum tlml_split split, struct tlml_view *v,
		  struct tlml_error *e)
{
	size_t i;

	v->set = s;
	v->n = 0;
	v->runs = calloc(s->n_runs + 1, sizeof(*v->runs));
	if (!v->runs)
		return tlml_error_set(e, ENOMEM, "no memory for %zu flows: train on fewer captures",
				      s->n_runs);
	for (i = 0; i < s->n_runs; i++)
		if (s->captures[s->runs[i].capture].split == split)
			v->runs[v->n++] = i;
	return 0;
}

void tlml_view_free(struct tlml_view *v)
{
	free(v->runs);
	v->runs = NULL;
	v->n = 0;
}

void tlml_set_free(struct tlml_set *s)
{
	unsigned int i;

	for (i = 0; i < s->n_captures; i++)
		free(s->captures[i].name);
	free(s->captures);
	free(s->samples);
	free(s->runs);
	memset(s, 0, sizeof(*s));
}
