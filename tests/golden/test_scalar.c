// SPDX-License-Identifier: BSD-2-Clause
/* Nets for the module: its definition of correct and user space's are equal bit for bit. */
#include <string.h>

#include "../../daemon/learn/infer.h"
#include "../../daemon/pack.h"
#include "mkmodel.h"
#include "wide_scalar.h"

#define VECTORS	600		/* of each net */

static const struct {
	unsigned int h1, h2, classes, decode;
} shapes[] = {
	{ 256, 64, 16, 1 }, { 256, 64, 4, 0 }, { 80, 8, 2, 1 }, { 16, 40, 7, 1 }, { 208, 24, 9, 1 },
	{ 240, 56, 15, 0 },
};

/* Every third one of extremes alone. */
static void vector(unsigned int n, uint8_t *x, uint32_t *s)
{
	for (unsigned int i = 0; i < TLML_FEATURES_MAX; i++)
		x[i] = n % 3 ? mkmodel_draw(s) & 127 : mkmodel_draw(s) & 1 ? 127 : 0;
}

/* Vectors on which they differ, or -1; *wide16 counts logits beyond 16 bits. */
static int mismatches(unsigned int shape, unsigned int *wide16)
{
	static struct tlml_weights w;
	static struct tlml_wide wide;
	struct tlml_model m;
	struct tlml_error e;
	uint32_t s = shape + 1;
	int wrong = 0;
	size_t size;
	void *blob = tlml_mkmodel_wide(shape + 1, shapes[shape].h1, shapes[shape].h2,
				       shapes[shape].classes, shapes[shape].decode, &size);

	if (!blob || tlml_model_parse(blob, size, "wide", &m, &e))
		return printf("# model refused: %s\n", blob ? e.text : "no memory"), -1;
	free(blob);
	tlml_pack(&m, &w, &wide);
	for (unsigned int n = 0; n < VECTORS; n++) {
		int32_t want[TLML_CLASSES_MAX] = { 0 }, got[TLML_CLASSES_MAX];
		uint8_t x[TLML_FEATURES_MAX];
		uint32_t anomaly, odd;

		vector(n, x, &s);
		odd = tlml_infer_net(&m, x, want);
		if (tlml_wide_by_scalar(&wide, x, sizeof(x), got, &anomaly))
			return -1;
		wrong += memcmp(want, got, sizeof(want)) || anomaly != odd;
		for (unsigned int c = 0; c < shapes[shape].classes; c++)
			*wide16 += abs(want[c]) >= TLML_ACC_LIMIT;
	}
	tlml_model_free(&m);
	return wrong;
}

int main(void)
{
	unsigned int n = sizeof(shapes) / sizeof(shapes[0]), failed = 0, wide16 = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("KTAP version 1\n1..%u\n", n + 1);
	for (unsigned int i = 0; i < n; i++) {
		int wrong = mismatches(i, &wide16);

		failed += wrong != 0;
		printf("%sok %u 32-%u-%u-%u%s: %d of %u vectors differ\n", wrong ? "not " : "", i + 1,
		       shapes[i].h1, shapes[i].h2, shapes[i].classes,
		       shapes[i].decode ? " with anomaly head" : "", wrong, VECTORS);
	}
	failed += !wide16;
	printf("%sok %u %u logits that 16 bits would not hold\n", wide16 ? "" : "not ", n + 1, wide16);
	return failed != 0;
}
