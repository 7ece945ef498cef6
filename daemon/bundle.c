// SPDX-License-Identifier: BSD-2-Clause
/* A signed model: header, blob, signature. */
#include "bundle.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(TLML_KEY_BYTES == crypto_sign_PUBLICKEYBYTES, "as libsodium has it");
_Static_assert(TLML_SECRET_BYTES == crypto_sign_SECRETKEYBYTES, "as libsodium has it");
_Static_assert(TLML_SIGNATURE_BYTES == crypto_sign_BYTES, "as libsodium has it");

int tlml_bundle_is(const void *data, size_t size)
{
	uint32_t magic;

	if (size < sizeof(magic))
		return 0;
	memcpy(&magic, data, sizeof(magic));
	return magic == TLML_BUNDLE_MAGIC;
}

int tlml_bundle_sign(const struct tlml_keys *k, struct tlml_bundle *b, const void *blob,
		     size_t size, void **file, struct tlml_error *e)
{
	size_t whole = sizeof(*b) + size;
	struct tlml_model_header h;
	uint8_t *p;

	if (size < sizeof(h) || size > TLML_MODEL_MAX)
		return tlml_error_set(e, EINVAL, "%zu bytes are no model", size);
	memcpy(&h, blob, sizeof(h));
	p = malloc(whole + TLML_SIGNATURE_BYTES);
	if (!p)
		return tlml_error_set(e, ENOMEM, "no memory for a bundle of %zu bytes", whole);
	b->magic = TLML_BUNDLE_MAGIC;
	b->version = TLML_BUNDLE_VERSION;
	b->generation = h.generation;
	b->size = size;
	b->reserved = 0;
	memcpy(b->key, k->own, sizeof(b->key));
	memcpy(p, b, sizeof(*b));
	memcpy(p + sizeof(*b), blob, size);
	crypto_sign_detached(p + whole, NULL, p, whole, k->secret);
	*file = p;
	return 0;
}

int tlml_bundle_open(const struct tlml_keys *k, const void *data, size_t size, const char *name,
		     struct tlml_bundle *b, const void **blob, struct tlml_error *e)
{
	const uint8_t *p = data;
	struct tlml_model_header h;
	char who[TLML_KEY_TEXT];
	size_t whole;

	if (!tlml_bundle_is(data, size))
		return tlml_error_set(e, EINVAL, "%s: not a signed model: 'tlmlctl model sign' makes one",
				      name);
	if (size < sizeof(*b) + sizeof(h) + TLML_SIGNATURE_BYTES)
		return tlml_error_set(e, EINVAL, "%s: cut short, %zu bytes are left: copy it anew",
				      name, size);
	memcpy(b, data, sizeof(*b));
	if (b->version != TLML_BUNDLE_VERSION)
		return tlml_error_set(e, EINVAL, "%s: a bundle of version %u, this program knows %u",
				      name, b->version, TLML_BUNDLE_VERSION);
	whole = sizeof(*b) + (size_t)b->size;
	if (b->size > TLML_MODEL_MAX || size != whole + TLML_SIGNATURE_BYTES)
		return tlml_error_set(e, EINVAL, "%s: has %zu bytes, its header says %zu: copy it anew",
				      name, size, whole + TLML_SIGNATURE_BYTES);
	tlml_keys_text(b->key, who);
	if (!tlml_keys_known(k, b->key))
		return tlml_error_set(e, EKEYREJECTED, "%s: signed by %s, which is not trusted: put that line into trusted/NAME.pub of the state directory if it should be",
				      name, who);
	if (crypto_sign_verify_detached(p + whole, p, whole, b->key))
		return tlml_error_set(e, EINVAL, "%s: the signature by %.16s... is wrong: it was damaged or changed after it was signed",
				      name, who);
	memcpy(&h, p + sizeof(*b), sizeof(h));
	if (b->reserved || h.generation != b->generation)
		return tlml_error_set(e, EINVAL, "%s: says generation %u of a model that says %u",
				      name, b->generation, h.generation);
	*blob = p + sizeof(*b);
	return 0;
}
