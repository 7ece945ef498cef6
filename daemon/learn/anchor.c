// SPDX-License-Identifier: BSD-2-Clause
/* The anchor of a line of models. */
#include "anchor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rand.h"
#include "store.h"

#define KIND	"tlmlanc1"
#define PARTS	2

/* The file: this, then the samples; a sample's capture is its part. */
struct head {
	uint64_t schema;
	uint32_t n_classes, n_samples;
	struct tlml_class_info classes[TLML_CLASSES_MAX];
};

static int anchor_begin(struct tlml_set *a, const struct tlml_class_info *classes, unsigned int n,
			struct tlml_error *e)
{
	memset(a, 0, sizeof(*a));
	memcpy(a->classes, classes, n * sizeof(*classes));
	a->fixed = a->n_classes = n;
	if (tlml_set_capture(a, "rehearsed", TLML_ANCHOR_REHEARSE, e) ||
	    tlml_set_capture(a, "golden", TLML_ANCHOR_GOLDEN, e) != 1)
		return -ENOMEM;
	return 0;
}

/* Adds some of a view's flows, in an order that it shuffles them into. */
static int choose_part(struct tlml_view *v, unsigned int part, unsigned int flows, uint64_t *seed,
		       struct tlml_set *a, struct tlml_error *e)
{
	unsigned int have[TLML_CLASSES_MAX] = { 0 }, k;
	size_t i;
	int err;

	for (i = 0; i < v->n; i++) {
		size_t other = i + tlml_rand_below(seed, v->n - i);
		const struct tlml_run *run = &v->set->runs[v->runs[other]];

		v->runs[other] = v->runs[i];
		if (have[run->label]++ >= flows)
			continue;
		for (k = 0; k < run->samples; k++) {
			struct tlml_sample s = v->set->samples[run->first + k];

			s.capture = part;
			s.flow = a->next_flow;
			if (a->n_samples == TLML_ANCHOR_SAMPLES)
				return tlml_error_set(e, E2BIG, "more than %d samples: keep fewer flows",
						      TLML_ANCHOR_SAMPLES);
			err = tlml_set_add(a, &s, e);
			if (err)
				return err;
		}
		a->next_flow++;
	}
	return 0;
}

int tlml_anchor_choose(const struct tlml_set *from, unsigned int flows, uint64_t seed,
		       struct tlml_set *anchor, struct tlml_error *e)
{
	static const enum tlml_split splits[PARTS] = { TLML_ANCHOR_REHEARSE, TLML_ANCHOR_GOLDEN };
	unsigned int part;
	int err;

	err = anchor_begin(anchor, from->classes, from->n_classes, e);
	for (part = 0; !err && part < PARTS; part++) {
		struct tlml_view v;

		err = tlml_set_view(from, splits[part], &v, e);
		if (!err)
			err = choose_part(&v, part, flows, &seed, anchor, e);
		tlml_view_free(&v);
	}
	if (!err)
		err = tlml_set_index(anchor, e);
	if (err)
		tlml_set_free(anchor);
	return err;
}

int tlml_anchor_write(const struct tlml_set *anchor, const char *path, struct tlml_error *e)
{
	size_t samples = anchor->n_samples * sizeof(*anchor->samples);
	struct head *h = calloc(1, sizeof(*h) + samples);
	int err;

	if (!h)
		return tlml_error_set(e, ENOMEM, "%s: no memory to write it", path);
	h->schema = tlml_schema_hash();
	h->n_classes = anchor->n_classes;
	h->n_samples = anchor->n_samples;
	memcpy(h->classes, anchor->classes, sizeof(h->classes));
	memcpy(h + 1, anchor->samples, samples);
	err = tlml_store_write(path, KIND, h, sizeof(*h) + samples, e);
	free(h);
	return err;
}

static const char *head_check(const struct head *h, size_t size, const struct tlml_model *m)
{
	unsigned int c;

	if (h->n_samples > TLML_ANCHOR_SAMPLES ||
	    size != sizeof(*h) + h->n_samples * sizeof(struct tlml_sample))
		return "its size does not match";
	if (h->schema != m->header.schema)
		return "made of other features than the model's";
	if (h->n_classes != m->header.classes)
		return "of other classes than the model's";
	for (c = 0; c < h->n_classes; c++)
		if (memcmp(h->classes[c].name, m->classes[c].name, TLML_NAME_MAX) ||
		    h->classes[c].attack != m->classes[c].attack)
			return "of other classes than the model's";
	return NULL;
}

static int sample_check(const struct tlml_sample *s, unsigned int n_classes)
{
	unsigned int i;

	for (i = 0; i < TLML_FEATURES_MAX; i++)
		if (s->x[i] > TLML_ACT_MAX)
			return 0;
	return s->capture < PARTS && s->label < n_classes && s->point < TLML_POINTS;
}

int tlml_anchor_parse(const void *file, size_t size, const char *name, const struct tlml_model *m,
		      struct tlml_set *anchor, struct tlml_error *e)
{
	const char *why, *data = NULL;
	struct tlml_sample s;
	struct head h;
	uint32_t i;
	int err;

	why = tlml_store_open(file, size, KIND, (const void **)&data, &size);
	if (!why && size < sizeof(h))
		why = "truncated";
	if (!why) {
		memcpy(&h, data, sizeof(h));
		why = head_check(&h, size, m);
	}
	if (why)
		return tlml_error_set(e, EINVAL, "%s: not this model's anchor: %s: copy both again",
				      name, why);
	err = anchor_begin(anchor, m->classes, m->header.classes, e);
	for (i = 0; !err && i < h.n_samples; i++) {
		memcpy(&s, data + sizeof(h) + i * sizeof(s), sizeof(s));
		if (sample_check(&s, h.n_classes))
			err = tlml_set_add(anchor, &s, e);
		else
			err = tlml_error_set(e, EINVAL, "%s: sample %u cannot be: copy it again", name, i);
	}
	if (!err)
		err = tlml_set_index(anchor, e);
	if (err)
		tlml_set_free(anchor);
	return err;
}
