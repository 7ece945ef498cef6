// SPDX-License-Identifier: BSD-2-Clause
/* Nets for the module, and files of several models: what is taken where, and what is refused. */
#include "parts.h"

/* A net that only the module computes; its rows leave 16 bits. */
static struct tlml_parts *make_wide(void)
{
	struct tlml_parts *p = make_parts(true);

	p->header.wide = 1;
	fill_layer(&p->dense[0], TLML_FEATURES_MAX, 256, 8);
	fill_layer(&p->dense[1], 256, 64, 8);
	fill_layer(&p->dense[2], 64, 3, 0);
	fill_layer(&p->dense[3], 64, TLML_FEATURES_MAX, 8);
	memset(p->dense[1].w + 256 * 5, -128, 256);
	return p;
}

static void wide_nets(void)
{
	struct tlml_parts *p = make_wide();
	uint8_t x[TLML_FEATURES_MAX];
	int32_t logit[TLML_CLASSES_MAX];
	struct tlml_model m;
	size_t size;
	void *blob = tlml_blob_build(p, "{}", &size);

	memset(x, TLML_ACT_MAX, sizeof(x));
	result(!tlml_model_parse(blob, size, "blob", &m, &error) && m.header.wide &&
	       m.hidden[1].outputs == 64 && !memcmp(m.hidden[1].w, p->dense[1].w, 256 * 64) &&
	       tlml_infer_net(&m, x, logit) <= TLML_ACT_MAX &&
	       tlml_model_products(&m) == 32 * 256 + 256 * 64 + 64 * 3 + 64 * 32,
	       "a net for the module is read, and computed");
	tlml_model_free(&m);
	((struct tlml_model_header *)blob)->wide = 0;
	result(refused(blob, size, "first hidden layer has 256 outputs"), "without the flag it is too big");
	((struct tlml_model_header *)blob)->wide = 2;
	result(refused(blob, size, "unknown flags"), "a flag that is none");
	free(blob);
	p->dense[1].b[9] = INT32_MAX;
	blob = tlml_blob_build(p, "{}", &size);
	result(refused(blob, size, "output 9 of the hidden layer can reach"), "a row that leaves 32 bits");
	free(blob);
	fill_layer(&p->dense[0], TLML_FEATURES_MAX, 224, 8);
	fill_layer(&p->dense[1], 224, 72, 8);
	fill_layer(&p->dense[2], 72, 3, 0);
	p->dense[3].outputs = 0;
	p->header.anomaly_low = p->header.anomaly_high = 128;
	blob = tlml_blob_build(p, "{}", &size);
	result(refused(blob, size, "multiple of 8 up to 64"), "more than the module has room for");
	free(blob);
	free(p);
}

/* Both blobs, one after the other; *size of them together. */
static uint8_t *join(const struct tlml_parts *a, const struct tlml_parts *b, size_t *size)
{
	size_t first, second;
	/* An odd size has the second one begin where no number is aligned. */
	void *blob = tlml_blob_build(a, "{\"odd\":1234}", &first);
	void *next = tlml_blob_build(b, "{}", &second);
	uint8_t *both = malloc(first + second);

	if (!both)
		exit(1);
	memcpy(both, blob, first);
	memcpy(both + first, next, second);
	free(blob);
	free(next);
	*size = first + second;
	return both;
}

static bool joined_badly(const struct tlml_parts *a, const struct tlml_parts *b, const char *part)
{
	size_t size;
	uint8_t *both = join(a, b, &size);
	bool is = parse(both, size) == -EINVAL && strstr(error.text, part) &&
		  strstr(error.text, "model 2 in it");

	if (!is)
		printf("# wanted '%s', got '%s'\n", part, error.text);
	free(both);
	return is;
}

static void several(void)
{
	struct tlml_parts *small = make_parts(true), *wide = make_wide();
	struct tlml_model m, fit;
	unsigned int taken = 0;
	size_t size, i;
	uint8_t *both = join(small, wide, &size);

	result(!tlml_model_parse(both, size, "blob", &m, &error) && m.header.wide &&
	       m.file_size == size && !memcmp(m.file, both, size), "of two models the big one is taken");
	result(!tlml_model_fit(&m, false, &fit, &error) && !fit.header.wide &&
	       fit.hidden[0].outputs == 32 && fit.file_size == fit.header.size,
	       "without the module the small one");
	tlml_model_free(&fit);
	result(!tlml_model_fit(&m, true, &fit, &error) &&
	       !memcmp(fit.header.hash, m.header.hash, sizeof(m.header.hash)), "with it the big one");
	tlml_model_free(&fit);
	tlml_model_renumber(&m, 77);
	result(m.header.generation == 77 && !parse(m.file, m.file_size) &&
	       !tlml_model_fit(&m, false, &fit, &error) && fit.header.generation == 77,
	       "both are another generation");
	tlml_model_free(&fit);
	tlml_model_free(&m);
	for (i = size - 64; i < size; i++)
		taken += parse(both, i) != -EINVAL;
	both[size - 300] ^= 4;
	taken += parse(both, size) != -EINVAL;
	result(!taken, "a damaged second one is refused");
	free(both);

	both = join(wide, wide, &size);
	result(parse(both, size) && strstr(error.text, "no bigger net"), "twice the same is refused");
	free(both);
	result(joined_badly(wide, small, "no bigger net"), "as is a smaller one at the end");
	wide->header.generation++;
	result(joined_badly(small, wide, "another generation"), "another generation");
	wide->header.generation--;
	strcpy(wide->classes[1].name, "ntp");
	result(joined_badly(small, wide, "other classes"), "and other classes");
	both = tlml_blob_build(wide, "{}", &size);
	result(!tlml_model_parse(both, size, "blob", &m, &error) &&
	       tlml_model_fit(&m, false, &fit, &error) == -EINVAL && !fit.blob &&
	       strstr(error.text, "256-64 needs the kernel module"),
	       "one that needs the module has nothing for others");
	tlml_model_free(&m);
	free(both);
	free(small);
	free(wide);
}

int main(void)
{
	printf("KTAP version 1\n");
	wide_nets();
	several();
	printf("1..%d\n", points);
	return !!failed;
}
