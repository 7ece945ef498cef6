// SPDX-License-Identifier: BSD-2-Clause
/* A model blob as it is, and sealed, as no mutation could; what is accepted is packed. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../daemon/pack.h"

static void parse(const void *blob, size_t size)
{
	static struct tlml_weights w;
	static struct tlml_wide wide;
	struct tlml_model m;
	struct tlml_error e;

	if (tlml_model_parse(blob, size, "fuzz", &m, &e))
		return;
	assert(m.file_size == size && m.header.size <= size);
	assert(m.header.classes <= TLML_CLASSES_MAX);
	tlml_pack(&m, &w, &wide);
	assert(w.classes == m.header.classes);
	tlml_model_free(&m);
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
	free(copy);
	return 0;
}
