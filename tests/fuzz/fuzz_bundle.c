// SPDX-License-Identifier: BSD-2-Clause
/* A signed model as it is, and signed anew by a known key, as no mutation could. */
#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "../../daemon/bundle.h"
#include "../../daemon/model.h"

static int take(const struct tlml_keys *k, const void *file, size_t size)
{
	struct tlml_bundle b;
	struct tlml_model m;
	struct tlml_error e;
	const void *blob;

	if (tlml_bundle_open(k, file, size, "fuzz", &b, &blob, &e))
		return 0;
	assert(size == sizeof(b) + b.size + TLML_SIGNATURE_BYTES && b.size <= TLML_MODEL_MAX);
	if (!tlml_model_parse(blob, b.size, "fuzz", &m, &e))
		tlml_model_free(&m);
	return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t seed[crypto_sign_SEEDBYTES] = { 1 };
	struct tlml_keys k = { .dir = -1 };
	struct tlml_bundle *b;
	uint8_t *copy;

	crypto_sign_seed_keypair(k.own, k.secret, seed);
	take(&k, data, size);
	if (size < sizeof(*b) + TLML_SIGNATURE_BYTES)
		return 0;
	copy = malloc(size);
	memcpy(copy, data, size);
	b = (struct tlml_bundle *)copy;
	memcpy(b->key, k.own, sizeof(b->key));
	size -= TLML_SIGNATURE_BYTES;
	crypto_sign_detached(copy + size, NULL, copy, size, k.secret);
	size += TLML_SIGNATURE_BYTES;
	/* The key is that of none but what it has signed. */
	if (take(&k, copy, size)) {
		copy[size / 2] ^= 1;
		assert(!take(&k, copy, size));
	}
	free(copy);
	return 0;
}
