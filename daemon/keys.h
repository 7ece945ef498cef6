/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Ed25519 keys of this machine's models, in the state directory: "key", the secret one, made at
 * the first use and read by its owner alone; "key.pub" beside it; "trusted/", further public ones,
 * a *.pub each; "counter", the last number signed. Files hold hexadecimal digits.
 */
#ifndef TLML_KEYS_H
#define TLML_KEYS_H

#include <stdint.h>

#include "error.h"

#define TLML_KEY_BYTES		32	/* of a public key */
#define TLML_SECRET_BYTES	64
#define TLML_TRUSTED_MAX	32
#define TLML_KEY_TEXT		(2 * TLML_KEY_BYTES + 1)

struct tlml_keys {
	int dir;			/* the state directory */
	uint8_t own[TLML_KEY_BYTES];
	uint8_t secret[TLML_SECRET_BYTES];
	uint8_t trusted[TLML_TRUSTED_MAX][TLML_KEY_BYTES];
	unsigned int count;		/* of those */
};

/*
 * Opens the state directory, which has to be there, and makes what it lacks; who may be root does
 * so as the owner of the directory (owner.h). -errno with a sentence that names the file.
 */
int tlml_keys_open(const char *state, struct tlml_keys *k, struct tlml_error *e);

/* Reads the trusted keys anew, as one may be added at any time. -EINVAL names a bad file. */
int tlml_keys_trust(struct tlml_keys *k, struct tlml_error *e);

/* Whether it is the own one or a trusted one. */
int tlml_keys_known(const struct tlml_keys *k, const uint8_t key[TLML_KEY_BYTES]);

/*
 * A number greater than least, and than all that this key has signed, whoever asks; on disk when it
 * returns.
 */
int tlml_keys_count(struct tlml_keys *k, uint64_t least, uint64_t *counter, struct tlml_error *e);

/* As hexadecimal digits. */
void tlml_keys_text(const uint8_t key[TLML_KEY_BYTES], char text[TLML_KEY_TEXT]);

/* Wipes the secret; k may be all 0 but for dir -1. */
void tlml_keys_close(struct tlml_keys *k);

#endif
