// SPDX-License-Identifier: BSD-2-Clause
/* The anchor of a large model. */
#include "rehearsal.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "../learn/store.h"

#define KIND	"tlmlcas1"
#define MOST	65536
#define OCTETS	(2 + sizeof(((struct tlml_case_inputs *)0)->features) + \
		 sizeof(((struct tlml_case_inputs *)0)->packets))
#define BYTES	(OCTETS + TLML_FLOW_NUMBERS * sizeof(float))	/* of a case */

/*
 * The file: this, then by zlib: the part of each case, the label of each, each column of bytes,
 * each column of floats.
 */
struct head {
	uint32_t n, classes;
	char klass[TLML_CLASSES_MAX][TLML_NAME_MAX];
};

/* Where the model has each class of the file; NULL, or what is wrong. */
static const char *map_classes(const struct head *h, const struct tlml_oip_plan *model,
			       unsigned char *to)
{
	unsigned int c, k;

	for (c = 0; c < h->classes; c++) {
		for (k = 0; k < model->classes; k++)
			if (!strncmp(h->klass[c], model->klass[k], TLML_NAME_MAX))
				break;
		if (k == model->classes)
			return "of classes that the model does not have";
		to[c] = k;
	}
	return NULL;
}

/* Case i of the columns; -1 if it cannot be one. */
static int take(const unsigned char *data, const struct head *h, unsigned int i,
		const unsigned char *class_of, struct tlml_rehearsal *r)
{
	const unsigned char *numbers = data + (size_t)OCTETS * h->n;
	unsigned int part = data[i], label = data[h->n + i], k;
	unsigned char octet[OCTETS];
	struct tlml_case_inputs in;

	if (part >= TLML_REHEARSAL_PARTS || label >= h->classes)
		return -1;
	for (k = 0; k < OCTETS; k++)
		octet[k] = data[(size_t)k * h->n + i];
	memcpy(in.features, octet + 2, sizeof(in.features));
	memcpy(in.packets, octet + 2 + sizeof(in.features), sizeof(in.packets));
	for (k = 0; k < TLML_FLOW_NUMBERS; k++)
		memcpy(&in.flow[k], numbers + ((size_t)k * h->n + i) * sizeof(float),
		       sizeof(float));
	if (!tlml_case_inputs_valid(&in))
		return -1;
	tlml_case_row(&in, r->row[part][r->n[part]]);
	r->label[part][r->n[part]++] = class_of[label];
	return 0;
}

static const char *take_all(const unsigned char *data, const struct head *h,
			    const unsigned char *class_of, struct tlml_rehearsal *r)
{
	unsigned int i, part;

	for (part = 0; part < TLML_REHEARSAL_PARTS; part++) {
		r->row[part] = calloc(h->n, sizeof(*r->row[part]));
		r->label[part] = calloc(h->n, 1);
		if (!r->row[part] || !r->label[part])
			return "no memory for it";
	}
	for (i = 0; i < h->n; i++)
		if (take(data, h, i, class_of, r))
			return "holds a case that cannot be";
	return r->n[TLML_REHEARSED] && r->n[TLML_GOLDEN] ? NULL : "a part of it is empty";
}

static const char *parse(const void *file, size_t size, const struct tlml_oip_plan *model,
			 struct tlml_rehearsal *r)
{
	unsigned char class_of[TLML_CLASSES_MAX], *data = NULL;
	const void *inside;
	struct head h;
	const char *why;
	uLongf length;

	why = tlml_store_open(file, size, KIND, &inside, &size);
	if (!why && size < sizeof(h))
		why = "truncated";
	if (why)
		return why;
	memcpy(&h, inside, sizeof(h));
	if (!h.n || h.n > MOST || h.classes > TLML_CLASSES_MAX)
		return "its numbers cannot be";
	why = map_classes(&h, model, class_of);
	length = BYTES * h.n;
	if (!why)
		data = malloc(length);
	if (!why && !data)
		why = "no memory for it";
	if (!why && (uncompress(data, &length, (const Bytef *)inside + sizeof(h),
				size - sizeof(h)) != Z_OK || length != BYTES * h.n))
		why = "what is compressed in it is damaged";
	if (!why)
		why = take_all(data, &h, class_of, r);
	free(data);
	return why;
}

int tlml_rehearsal_parse(const void *file, size_t size, const char *name,
			 const struct tlml_oip_plan *model, struct tlml_rehearsal *r,
			 struct tlml_error *e)
{
	const char *why;

	memset(r, 0, sizeof(*r));
	why = parse(file, size, model, r);
	if (!why)
		return 0;
	tlml_rehearsal_free(r);
	return tlml_error_set(e, EINVAL, "%s: not this model's cases: %s: copy both again", name, why);
}

void tlml_rehearsal_free(struct tlml_rehearsal *r)
{
	unsigned int part;

	for (part = 0; part < TLML_REHEARSAL_PARTS; part++) {
		free(r->row[part]);
		free(r->label[part]);
	}
	memset(r, 0, sizeof(*r));
}
