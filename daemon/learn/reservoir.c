// SPDX-License-Identifier: BSD-2-Clause
/* Flows that the large model has answered. */
#include "reservoir.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rand.h"
#include "store.h"
#include "../model.h"

#define KIND	"tlmlans1"
#define ROOM	65536

/* The file: this, then the items. */
struct head {
	uint64_t schema, seen, seed;
	uint32_t n, n_classes;
	char classes[TLML_CLASSES_MAX][TLML_NAME_MAX];
};

int tlml_reservoir_init(struct tlml_reservoir *r, const struct tlml_class_info *classes,
			unsigned int n_classes, uint32_t room, unsigned int percent, uint64_t seed,
			struct tlml_error *e)
{
	memset(r, 0, sizeof(*r));
	memcpy(r->classes, classes, n_classes * sizeof(*classes));
	r->n_classes = n_classes;
	r->room = room;
	r->quota = (uint64_t)room * percent / 100 ?: 1;
	r->seed = seed;
	r->item = calloc(room, sizeof(*r->item));
	r->source = calloc(room, sizeof(*r->source));
	if (r->item && r->source)
		return 0;
	tlml_reservoir_free(r);
	return tlml_error_set(e, ENOMEM, "no memory for %u answers: keep fewer", room);
}

int tlml_reservoir_copy(const struct tlml_reservoir *r, struct tlml_reservoir *to,
			struct tlml_error *e)
{
	int err = tlml_reservoir_init(to, r->classes, r->n_classes, r->room, 100, r->seed, e);

	if (err)
		return err;
	memcpy(to->item, r->item, r->n * sizeof(*r->item));
	to->n = r->n;
	to->seen = r->seen;
	return 0;
}

/* How many items a source holds. */
static uint32_t source_count(const struct tlml_reservoir *r, uint64_t source)
{
	uint32_t i, n = 0;

	for (i = 0; i < r->n; i++)
		n += r->source[i] == source;
	return n;
}

/* Where the nth item of a source is. */
static uint32_t source_nth(const struct tlml_reservoir *r, uint64_t source, uint32_t nth)
{
	uint32_t i = 0;

	while (r->source[i] != source || nth--)
		i++;
	return i;
}

void tlml_reservoir_add(struct tlml_reservoir *r, const struct tlml_answered *a)
{
	uint32_t of_source = source_count(r, a->source), at;

	if (of_source >= r->quota)
		at = source_nth(r, a->source, tlml_rand_below(&r->seed, of_source));
	else if (r->n < r->room)
		at = r->n++;
	else
		at = tlml_rand_below(&r->seed, r->room);
	r->item[at] = *a;
	r->source[at] = a->source;
	r->seen++;
}

unsigned int tlml_reservoir_label(struct tlml_reservoir *r, const uint8_t x[TLML_FEATURES_MAX],
				  uint64_t since, uint64_t until, uint8_t label)
{
	unsigned int n = 0;
	uint32_t i;

	for (i = 0; i < r->n; i++) {
		struct tlml_answered *a = &r->item[i];

		if (a->time < since || a->time > until || memcmp(a->x, x, sizeof(a->x)))
			continue;
		a->label = label;
		n++;
	}
	return n;
}

void tlml_answered_set(struct tlml_answered *a, const float *p, unsigned int n)
{
	unsigned int c;

	memset(a->root, 0, sizeof(a->root));
	for (c = 0; c < n; c++)
		a->root[c] = p[c] >= 1 ? 255 : p[c] > 0 ? lrintf(255 * sqrtf(p[c])) : 0;
}

unsigned int tlml_answered_class(const struct tlml_answered *a, unsigned int n)
{
	unsigned int c, best = 0;

	if (a->label != TLML_UNLABELLED)
		return a->label;
	for (c = 1; c < n; c++)
		best = a->root[c] > a->root[best] ? c : best;
	return best;
}

float tlml_answered_sure(const struct tlml_answered *a, unsigned int n)
{
	float v = a->root[tlml_answered_class(a, n)] / 255.0f;

	return a->label != TLML_UNLABELLED ? 1 : v * v;
}

int tlml_reservoir_write(const struct tlml_reservoir *r, const char *path, struct tlml_error *e)
{
	size_t items = r->n * sizeof(*r->item);
	struct head *h = calloc(1, sizeof(*h) + items);
	unsigned int c;
	int err;

	if (!h)
		return tlml_error_set(e, ENOMEM, "%s: no memory to write it", path);
	*h = (struct head){ .schema = tlml_schema_hash(), .seen = r->seen, .seed = r->seed,
			    .n = r->n, .n_classes = r->n_classes };
	for (c = 0; c < r->n_classes; c++)
		memcpy(h->classes[c], r->classes[c].name, TLML_NAME_MAX);
	memcpy(h + 1, r->item, items);
	err = tlml_store_write(path, KIND, h, sizeof(*h) + items, e);
	free(h);
	return err;
}

/* Why a head does not fit r, or NULL. */
static const char *head_check(const struct tlml_reservoir *r, const struct head *h, size_t size)
{
	unsigned int c;

	if (size < sizeof(*h) || size != sizeof(*h) + (size_t)h->n * sizeof(*r->item))
		return "its size does not match";
	if (h->schema != tlml_schema_hash())
		return "made of other features than this tlml's";
	if (h->n_classes != r->n_classes)
		return "answers of other classes than the model's";
	for (c = 0; c < r->n_classes; c++)
		if (memcmp(h->classes[c], r->classes[c].name, TLML_NAME_MAX))
			return "answers of other classes than the model's";
	return NULL;
}

static int item_check(const struct tlml_answered *a, unsigned int n_classes)
{
	unsigned int i, sum = 0;

	for (i = 0; i < TLML_FEATURES_MAX; i++)
		if (a->x[i] > TLML_ACT_MAX)
			return 0;
	for (i = 0; i < TLML_CLASSES_MAX; i++)
		if (i < n_classes)
			sum += a->root[i];
		else if (a->root[i])
			return 0;
	return a->label == TLML_UNLABELLED ? sum > 0 : a->label < n_classes;
}

int tlml_reservoir_read(struct tlml_reservoir *r, const char *path, struct tlml_error *e)
{
	const struct tlml_answered *a;
	const char *why;
	struct head *h;
	size_t size;
	uint32_t i;
	void *data;
	int err;

	err = tlml_store_read(path, KIND, sizeof(*h) + ROOM * sizeof(*a), &data, &size, e);
	if (err)
		return err == -ENOENT ? 0 : err;
	h = data;
	why = head_check(r, h, size);
	for (a = (void *)(h + 1), i = 0; !why && i < h->n; i++)
		if (!item_check(&a[i], r->n_classes))
			why = "holds an answer that cannot be";
	for (i = 0; !why && i < h->n; i++)
		tlml_reservoir_add(r, &a[i]);
	if (!why) {
		r->seen = h->seen;
		r->seed = h->seed;
	}
	free(data);
	return why ? tlml_store_aside(path, why, e) : 0;
}

void tlml_reservoir_free(struct tlml_reservoir *r)
{
	free(r->item);
	free(r->source);
	r->item = NULL;
	r->source = NULL;
	r->n = r->room = 0;
}
