/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A signed model: as a file, little-endian, struct tlml_bundle, then size bytes of the model blob
 * (uapi/tlml_model.h), then an Ed25519 signature over all before it. Safe on hostile bytes.
 */
#ifndef TLML_BUNDLE_H
#define TLML_BUNDLE_H

#include <stddef.h>

#include "../uapi/tlml_model.h"
#include "keys.h"

#define TLML_BUNDLE_MAGIC	0x736d6c74	/* "tlms" */
#define TLML_BUNDLE_VERSION	1
#define TLML_SIGNATURE_BYTES	64
#define TLML_BUNDLE_MAX	(sizeof(struct tlml_bundle) + TLML_MODEL_MAX + TLML_SIGNATURE_BYTES)

struct tlml_bundle {
	uint32_t magic, version;
	uint64_t counter;	/* greater than in all that the key signed before */
	uint64_t created;	/* seconds since 1970 */
	uint32_t generation;	/* that of the blob */
	uint32_t origin;	/* whose weights these are; another one after a rollback */
	uint32_t size;		/* of the blob in bytes */
	uint32_t reserved;	/* 0 */
	uint8_t parent[32];	/* hash in the blob of the model before it; 0: not known */
	uint8_t key[TLML_KEY_BYTES];	/* who signed it */
};

_Static_assert(sizeof(struct tlml_bundle) == 104, "the layout is that of files");

/* Whether the bytes mean to be a bundle; they may be damaged. */
int tlml_bundle_is(const void *data, size_t size);

/*
 * Signs size bytes of blob with the own key: counter, created, origin and parent are the caller's,
 * the rest of b is filled in. *file, to be freed, has sizeof(*b) + size + TLML_SIGNATURE_BYTES.
 * -EINVAL if the blob cannot be a model, -ENOMEM.
 */
int tlml_bundle_sign(const struct tlml_keys *k, struct tlml_bundle *b, const void *blob,
		     size_t size, void **file, struct tlml_error *e);

/*
 * Checks size bytes and copies the header; *blob points into data. name is used in sentences only.
 * -EINVAL: not a bundle, cut short, another version, or signature wrong; -EKEYREJECTED: signed by
 * a key that is not trusted. Whether the blob is a good model tlml_model_parse() says.
 */
int tlml_bundle_open(const struct tlml_keys *k, const void *data, size_t size, const char *name,
		     struct tlml_bundle *b, const void **blob, struct tlml_error *e);

#endif
