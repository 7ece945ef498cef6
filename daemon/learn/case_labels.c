// SPDX-License-Identifier: BSD-2-Clause
/* Cases that a person or another tool has said the class of. */
#include "case_labels.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../model.h"
#include "rand.h"
#include "store.h"

#define KIND	"tlmllab1"

/* The file: this, then the items. */
struct head {
	__u64 schema, taught, seed;
	__u64 n;
};

int tlml_case_labels_init(struct tlml_case_labels *l, uint64_t seed, struct tlml_error *e)
{
	*l = (struct tlml_case_labels){ .seed = seed };
	l->item = calloc(TLML_LABELS_MAX, sizeof(*l->item));
	if (!l->item)
		return tlml_error_set(e, ENOMEM, "no memory for %u labels", TLML_LABELS_MAX);
	return 0;
}

void tlml_case_labels_free(struct tlml_case_labels *l)
{
	free(l->item);
	*l = (struct tlml_case_labels){ 0 };
}

int tlml_case_labels_copy(const struct tlml_case_labels *l, struct tlml_case_labels *to,
			  struct tlml_error *e)
{
	int err = tlml_case_labels_init(to, l->seed, e);

	if (err)
		return err;
	to->n = l->n;
	to->taught = l->taught;
	memcpy(to->item, l->item, l->n * sizeof(*l->item));
	return 0;
}

static int is_operator(const struct tlml_case_label *label)
{
	return !strcmp(label->by, TLML_LABEL_OPERATOR);
}

/* How many labels are of who gave this one; *nth is where the pick-th of them is. */
static __u32 count_by(const struct tlml_case_labels *l, const char *by, __u32 pick, __u32 *nth)
{
	__u32 i, n = 0;

	for (i = 0; i < l->n; i++)
		if (!strcmp(l->item[i].by, by) && n++ == pick)
			*nth = i;
	return n;
}

static __u32 place_for(struct tlml_case_labels *l, const struct tlml_case_label *label)
{
	__u32 at = 0, own = count_by(l, label->by, 0, &at);

	if (own >= TLML_LABELS_QUOTA)
		count_by(l, label->by, tlml_rand_below(&l->seed, own), &at);
	else if (l->n < TLML_LABELS_MAX)
		at = l->n++;
	else
		at = tlml_rand_below(&l->seed, l->n);
	return at;
}

int tlml_case_labels_add(struct tlml_case_labels *l, const struct tlml_case_label *label,
			 struct tlml_error *e)
{
	__u32 i;

	for (i = 0; i < l->n; i++)
		if (l->item[i].flow == label->flow && l->item[i].asked == label->asked)
			break;
	if (i == l->n)
		i = place_for(l, label);
	else if (is_operator(&l->item[i]) && !is_operator(label))
		return tlml_error_set(e, EPERM, "the operator has called this flow %s already",
				      l->item[i].klass);
	l->item[i] = *label;
	return 0;
}

unsigned int tlml_case_labels_fresh(const struct tlml_case_labels *l)
{
	unsigned int i, n = 0;

	for (i = 0; i < l->n; i++)
		n += l->item[i].time > l->taught;
	return n;
}

/* Text that ends within room bytes, of 1 or more characters that can be seen. */
static int is_word(const char *text, size_t room)
{
	size_t len = strnlen(text, room), i;

	for (i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return 0;
	return len && len < room;
}

int tlml_label_by_valid(const char *by)
{
	return is_word(by, TLML_LABEL_BY);
}

int tlml_label_class_valid(const char *klass)
{
	return is_word(klass, TLML_NAME_MAX);
}

int tlml_case_labels_write(const struct tlml_case_labels *l, const char *path,
			   struct tlml_error *e)
{
	size_t items = l->n * sizeof(*l->item);
	struct head *h = calloc(1, sizeof(*h) + items);
	int err;

	if (!h)
		return tlml_error_set(e, ENOMEM, "%s: no memory to write it", path);
	*h = (struct head){ .schema = tlml_schema_hash(), .taught = l->taught, .seed = l->seed,
			    .n = l->n };
	memcpy(h + 1, l->item, items);
	err = tlml_store_write(path, KIND, h, sizeof(*h) + items, e);
	free(h);
	return err;
}

/* Why data cannot be such a file, or NULL. */
static const char *check(const void *data, size_t size)
{
	const struct head *h = data;
	const struct tlml_case_label *label = (const void *)(h + 1);
	__u64 i;

	if (size < sizeof(*h) || h->n > TLML_LABELS_MAX ||
	    size != sizeof(*h) + h->n * sizeof(*label))
		return "its size does not match";
	if (h->schema != tlml_schema_hash())
		return "made of other features than this tlml's";
	for (i = 0; i < h->n; i++)
		if (!tlml_label_by_valid(label[i].by) || !tlml_label_class_valid(label[i].klass) ||
		    !tlml_case_inputs_valid(&label[i].inputs))
			return "holds a label that cannot be";
	return NULL;
}

int tlml_case_labels_read(struct tlml_case_labels *l, const char *path, struct tlml_error *e)
{
	const struct head *h;
	const char *why;
	size_t size;
	void *data;
	int err;

	err = tlml_store_read(path, KIND, sizeof(*h) + TLML_LABELS_MAX * sizeof(*l->item), &data,
			      &size, e);
	if (err)
		return err == -ENOENT ? 0 : err;
	h = data;
	why = check(data, size);
	if (!why) {
		l->n = h->n;
		l->taught = h->taught;
		l->seed = h->seed;
		memcpy(l->item, h + 1, h->n * sizeof(*l->item));
	}
	free(data);
	return why ? tlml_store_aside(path, why, e) : 0;
}
