// SPDX-License-Identifier: BSD-2-Clause
/* Models as they are, and sealed, as no mutation could; what is accepted is packed, and fitted. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../daemon/pack.h"

static void parse(const void *blob, size_t size)
{
	static struct tlml_weights w;
	static struct tlml_wide wide;
	struct tlml_model m, fit;
	struct tlml_error e;

	if (tlml_model_parse(blob, size, "fuzz", &m, &e))
		return;
	assert(m.file_size == size && m.header.size <= size);
	assert(m.header.classes <= TLML_CLASSES_MAX);
	tlml_pack(&m, &w, &wide);
	assert(w.classes == m.header.classes);
	assert(!tlml_model_fit(&m, true, &fit, &e));
	assert(fit.header.size == m.header.size);
	tlml_model_free(&fit);
	if (!tlml_model_fit(&m, false, &fit, &e))
		assert(!fit.header.wide);
	tlml_model_free(&fit);
	tlml_model_renumber(&m, 7);
	assert(!tlml_model_parse(m.file, size, "again", &fit, &e) && fit.header.generation == 7);
	tlml_model_free(&fit);
	tlml_model_free(&m);
}

/* Seals those models of a file whose sizes can be true. */
static void seal(uint8_t *p, size_t left)
{
	struct tlml_model_header h;

	for (unsigned int n = 0; n < TLML_FILE_MODELS && left >= sizeof(h); n++) {
		memcpy(&h, p, sizeof(h));
		if (h.size < sizeof(h) || h.size > left)
			h.size = left;
		tlml_model_seal(p, h.size);
		p += h.size;
		left -= h.size;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *copy;

	parse(data, size);
	if (size < sizeof(struct tlml_model_header))
		return 0;
	copy = malloc(size);
	memcpy(copy, data, size);
	tlml_model_seal(copy, size);
	parse(copy, size);
	memcpy(copy, data, size);
	seal(copy, size);
	parse(copy, size);
	free(copy);
	return 0;
}
