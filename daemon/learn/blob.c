// SPDX-License-Identifier: BSD-2-Clause
/* From what training made to a model blob. */
#include "blob.h"

#include <stdlib.h>
#include <string.h>

#include "../model.h"

static void part_set(struct tlml_part *p, const struct tlml_fc *f, unsigned int inputs,
		     unsigned int outputs)
{
	memset(p, 0, sizeof(*p));
	p->inputs = inputs;
	p->outputs = outputs;
	p->shift = f->shift;
	tlml_fc_export(f, p->w, inputs, p->b);
}

static unsigned int round_up(unsigned int n, unsigned int to)
{
	return (n + to - 1) / to * to;
}

void tlml_parts_set_net(struct tlml_parts *p, const struct tlml_net *net,
			const struct tlml_fc *decode)
{
	unsigned int hidden1 = round_up(net->layer[0].outputs, 16);
	unsigned int hidden2 = round_up(net->layer[1].outputs, 8);

	part_set(&p->dense[0], &net->layer[0], TLML_FEATURES_MAX, hidden1);
	part_set(&p->dense[1], &net->layer[1], hidden1, hidden2);
	part_set(&p->dense[2], &net->layer[2], hidden2, net->layer[2].outputs);
	p->header.wide = net->layer[0].precision == TLML_INT8_WIDE;
	p->dense[3].outputs = 0;
	if (decode && decode->outputs)
		part_set(&p->dense[3], decode, hidden2, TLML_FEATURES_MAX);
}

void tlml_parts_set_rest(struct tlml_parts *p, const struct tlml_model *m)
{
	unsigned int classes = m->header.classes;

	p->header = m->header;
	memcpy(p->classes, m->classes, sizeof(p->classes));
	memcpy(p->additive_w, m->additive.w,
	       TLML_FIRST * TLML_BINS * classes * sizeof(p->additive_w[0]));
	memcpy(p->additive_b, m->additive.b, classes * sizeof(p->additive_b[0]));
}

/* Appends to the data section at *at, aligned to four bytes; NULL data only counts. */
static uint32_t data_put(uint8_t *data, uint32_t *at, const void *what, size_t size)
{
	uint32_t here = *at;

	if (data)
		memcpy(data + here, what, size);
	*at = here + ((size + 3) & ~3u);
	return here;
}

/* Fills in layers and data; returns the size of the data section. */
static uint32_t blob_layers(const struct tlml_parts *p, struct tlml_layer *l, uint8_t *data)
{
	unsigned int classes = p->header.classes, i;
	uint32_t at = 0;

	l[0] = (struct tlml_layer){ .kind = TLML_LAYER_ADDITIVE, .inputs = TLML_FIRST,
				    .outputs = classes };
	l[0].weights = data_put(data, &at, p->additive_w,
				TLML_FIRST * TLML_BINS * classes * sizeof(p->additive_w[0]));
	l[0].biases = data_put(data, &at, p->additive_b, classes * sizeof(p->additive_b[0]));
	for (i = 0; i < 4u && p->dense[i].outputs; i++) {
		const struct tlml_part *d = &p->dense[i];

		l[i + 1] = (struct tlml_layer){ .inputs = d->inputs, .outputs = d->outputs,
						.shift = d->shift };
		l[i + 1].kind = i < 2 ? TLML_LAYER_HIDDEN : i == 2 ? TLML_LAYER_CLASS :
							    TLML_LAYER_DECODE;
		l[i + 1].weights = data_put(data, &at, d->w, d->inputs * d->outputs);
		l[i + 1].biases = data_put(data, &at, d->b, d->outputs * sizeof(d->b[0]));
	}
	return at;
}

void *tlml_blob_build(const struct tlml_parts *p, const char *meta, size_t *size)
{
	struct tlml_model_header h = p->header;
	struct tlml_layer l[5];
	uint8_t *blob;
	size_t at;

	h.layers = p->dense[3].outputs ? 5 : 4;
	h.data = sizeof(h) + h.layers * sizeof(*l) + h.classes * sizeof(p->classes[0]);
	h.data_size = blob_layers(p, l, NULL);
	h.meta = h.data + h.data_size;
	h.meta_size = strlen(meta);
	*size = h.meta + h.meta_size;
	blob = calloc(1, *size);
	if (!blob)
		return NULL;
	blob_layers(p, l, blob + h.data);
	memcpy(blob, &h, sizeof(h));
	at = sizeof(h);
	memcpy(blob + at, l, h.layers * sizeof(*l));
	at += h.layers * sizeof(*l);
	memcpy(blob + at, p->classes, h.classes * sizeof(p->classes[0]));
	memcpy(blob + h.meta, meta, h.meta_size);
	tlml_model_seal(blob, *size);
	return blob;
}
