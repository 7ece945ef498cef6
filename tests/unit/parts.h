/* SPDX-License-Identifier: BSD-2-Clause */
/* Model blobs for tests: random ones in the bound, and whether changed ones are refused. */
#ifndef TLML_TEST_PARTS_H
#define TLML_TEST_PARTS_H

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../daemon/learn/blob.h"
#include "../../daemon/learn/infer.h"
#include "../../daemon/learn/rand.h"

static struct tlml_error error;
static uint64_t seed = 1;
static int points, failed;

static inline void result(bool ok, const char *what)
{
	printf("%sok %d - %s\n", ok ? "" : "not ", ++points, what);
	failed += !ok;
}

/* Random weights, in the bound. */
static inline void fill_layer(struct tlml_part *p, unsigned int inputs, unsigned int outputs,
		       unsigned int shift)
{
	unsigned int i;

	p->inputs = inputs;
	p->outputs = outputs;
	p->shift = shift;
	for (i = 0; i < inputs * outputs; i++)
		p->w[i] = (int)tlml_rand_below(&seed, 7) - 3;
	for (i = 0; i < outputs; i++)
		p->b[i] = (int)tlml_rand_below(&seed, 2000) - 1000;
}

static inline struct tlml_parts *make_parts(bool decode)
{
	struct tlml_parts *p = calloc(1, sizeof(*p));
	unsigned int i;

	if (!p)
		exit(1);
	p->header.classes = 3;
	p->header.generation = 5;
	p->header.points = 0x3f;
	p->header.cost_shift[0] = 7;
	p->header.cost_shift[1] = 8;
	p->header.temperature = 1;
	p->header.anomaly_low = decode ? 20 : 128;
	p->header.anomaly_high = decode ? 30 : 128;
	strcpy(p->classes[0].name, "web");
	strcpy(p->classes[1].name, "dns");
	strcpy(p->classes[2].name, "scan");
	p->classes[2].attack = 1;
	for (i = 0; i < TLML_FIRST * TLML_BINS * 3; i++)
		p->additive_w[i] = (int)tlml_rand_below(&seed, 2001) - 1000;
	fill_layer(&p->dense[0], TLML_FEATURES_MAX, 32, 4);
	fill_layer(&p->dense[1], 32, 16, 4);
	fill_layer(&p->dense[2], 16, 3, 0);
	if (decode)
		fill_layer(&p->dense[3], 16, TLML_FEATURES_MAX, 4);
	return p;
}

static inline int parse(const void *blob, size_t size)
{
	struct tlml_model m;
	/* On the heap and of just this size, so that the sanitizer sees a byte too many. */
	void *copy = malloc(size ? size : 1);
	int err;

	if (!copy)
		exit(1);
	memcpy(copy, blob, size);
	error.text[0] = 0;
	err = tlml_model_parse(copy, size, "blob", &m, &error);
	free(copy);
	if (!err)
		tlml_model_free(&m);
	else if (m.blob || !strstr(error.text, "blob: "))
		return -EDOM;		/* left something behind, or said nothing */
	return err;
}

/* Whether blob, sealed again after a change, is refused in words that contain part. */
static inline bool refused(void *blob, size_t size, const char *part)
{
	tlml_model_seal(blob, size);
	if (parse(blob, size) == -EINVAL && strstr(error.text, part))
		return true;
	printf("# wanted '%s', got '%s'\n", part, error.text);
	return false;
}

#endif
