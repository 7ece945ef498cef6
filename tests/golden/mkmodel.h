/* SPDX-License-Identifier: BSD-2-Clause */
/* Models made by hand; the makers are here so that tests can make them in memory too. */
#ifndef TLML_MKMODEL_H
#define TLML_MKMODEL_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../daemon/learn/blob.h"
#include "../../daemon/model.h"

static inline uint32_t mkmodel_draw(uint32_t *s)
{
	*s = *s * 1664525u + 1013904223u;
	return *s >> 8;
}

static inline void mkmodel_start(struct tlml_parts *p, unsigned int classes)
{
	p->header.generation = 1;
	p->header.classes = classes;
	p->header.points = 0x3f;	/* packets 1, 2, 4, 8, 16, 32 */
	p->header.cost_decay = 0;
	p->header.anomaly_low = p->header.anomaly_high = 128;
	p->header.temperature = 1;
	p->header.calibration[1] = 0.1f;
	for (unsigned int c = 0; c < classes; c++) {
		snprintf(p->classes[c].name, TLML_NAME_MAX, "c%u", c);
		p->classes[c].margin_act = 1;
	}
}

/* Four classes, always k, with a margin of 63 from the first packet on; slope: its calibration. */
static inline void *mkmodel_same(unsigned int k, float slope, size_t *size)
{
	struct tlml_parts *p = calloc(1, sizeof(*p));
	static const unsigned int in[] = { 32, 16, 8 }, out[] = { 16, 8, 4 };
	void *blob;

	mkmodel_start(p, 4);
	p->header.calibration[1] = slope;
	p->additive_b[k] = 1000;
	for (unsigned int i = 0; i < 3; i++) {
		p->dense[i].inputs = in[i];
		p->dense[i].outputs = out[i];
	}
	p->dense[2].b[k] = 1000;
	blob = tlml_blob_build(p, "{\"made\":\"by hand\"}", size);
	free(p);
	return blob;
}

/* A model that is right with those margins. To be freed, as are the next ones. */
static inline void *tlml_mkmodel_constant(unsigned int k, size_t *size)
{
	return mkmodel_same(k, 0.1f, size);
}

/* One that is right in hardly more than half of its verdicts, whatever their margin. */
static inline void *tlml_mkmodel_unsure(unsigned int k, size_t *size)
{
	return mkmodel_same(k, 0.002f, size);
}

/* A layer of random weights whose rows reach for the accumulator bound. */
static inline void mkmodel_layer(struct tlml_part *d, unsigned int in, unsigned int out,
				 unsigned int shift, uint32_t *s)
{
	d->inputs = in;
	d->outputs = out;
	d->shift = shift;
	for (unsigned int j = 0; j < out; j++) {
		int left = (TLML_ACC_LIMIT - 1) / TLML_ACT_MAX, most;

		d->b[j] = (int)(mkmodel_draw(s) % 4001) - 2000;
		left -= 2000 / TLML_ACT_MAX + 1;
		for (unsigned int n = 0; n < in; n++) {
			/* Start anywhere, so that big weights are not always the first ones. */
			unsigned int i = (n + j * 7) % in;
			int w;

			most = left < 127 ? left : 127;
			w = (int)(mkmodel_draw(s) % (2 * most + 1)) - most;
			if (mkmodel_draw(s) % 4)
				w /= 8;
			d->w[j * in + i] = w;
			left -= abs(w);
		}
	}
}

/* Of all weights there are, a few of them 0; biases that accumulators of 16 bits could not hold. */
static inline void mkmodel_wide_layer(struct tlml_part *d, unsigned int in, unsigned int out,
				      unsigned int shift, uint32_t *s)
{
	d->inputs = in;
	d->outputs = out;
	d->shift = shift;
	for (unsigned int j = 0; j < out; j++) {
		d->b[j] = (int)(mkmodel_draw(s) % 100001) - 50000;
		for (unsigned int i = 0; i < in; i++)
			if (mkmodel_draw(s) % 8)
				d->w[j * in + i] = (int)(mkmodel_draw(s) & 255) - 128;
	}
}

/* A net for the module, of which no decision keeps evidence; decode: with an anomaly head. */
static inline void *tlml_mkmodel_wide(unsigned int seed, unsigned int h1, unsigned int h2,
				      unsigned int classes, int decode, size_t *size)
{
	struct tlml_parts *p = calloc(1, sizeof(*p));
	uint32_t s = seed * 2654435761u + 1;
	void *blob;

	mkmodel_start(p, classes);
	p->header.wide = 1;
	p->header.cost_decay = 8;
	p->header.cost_shift[1] = 9;
	for (unsigned int c = 0; c < classes; c++)
		p->additive_b[c] = (int)(mkmodel_draw(&s) % 8001) - 4000;
	mkmodel_wide_layer(&p->dense[0], TLML_FEATURES_MAX, h1, 8, &s);
	mkmodel_wide_layer(&p->dense[1], h1, h2, 9, &s);
	mkmodel_wide_layer(&p->dense[2], h2, classes, 0, &s);
	if (decode)
		mkmodel_wide_layer(&p->dense[3], h2, TLML_FEATURES_MAX, 9, &s);
	blob = tlml_blob_build(p, "{\"made\":\"at random, for the module\"}", size);
	free(p);
	return blob;
}

/* Random weights; decode: with an anomaly head. To be freed. */
static inline void *tlml_mkmodel_random(unsigned int seed, unsigned int h1, unsigned int h2,
					unsigned int classes, int decode, size_t *size)
{
	struct tlml_parts *p = calloc(1, sizeof(*p));
	uint32_t s = seed * 2654435761u + 1;
	void *blob;

	mkmodel_start(p, classes);
	p->header.cost_shift[0] = 6;
	p->header.cost_shift[1] = 5;
	for (unsigned int i = 0; i < TLML_FIRST * TLML_BINS * classes; i++)
		p->additive_w[i] = (int)(mkmodel_draw(&s) % 4001) - 2000;
	for (unsigned int c = 0; c < classes; c++)
		p->additive_b[c] = (int)(mkmodel_draw(&s) % 8001) - 4000;
	mkmodel_layer(&p->dense[0], TLML_FEATURES_MAX, h1, 6, &s);
	mkmodel_layer(&p->dense[1], h1, h2, 5, &s);
	mkmodel_layer(&p->dense[2], h2, classes, 0, &s);
	if (decode) {
		mkmodel_layer(&p->dense[3], h2, TLML_FEATURES_MAX, 6, &s);
		p->header.anomaly_low = 60;
		p->header.anomaly_high = 90;
	}
	blob = tlml_blob_build(p, "{\"made\":\"at random\"}", size);
	free(p);
	return blob;
}

#endif
