// SPDX-License-Identifier: BSD-2-Clause
/* The Ed25519 keys of this machine's models, in the state directory. */
#include "keys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "whole.h"

#define FILE_MAX	1024	/* bytes of any of these files */

static int write_hex(int dir, const char *name, mode_t mode, const uint8_t *v, size_t size,
		     struct tlml_error *e)
{
	char text[2 * TLML_SECRET_BYTES + 2];
	int err;

	sodium_bin2hex(text, sizeof(text), v, size);
	strcat(text, "\n");
	err = tlml_whole_write(dir, name, mode, text, strlen(text), e);
	sodium_memzero(text, sizeof(text));
	return err;
}

/* where is the directory in words, "" for the state directory itself. */
static int read_hex(int dir, const char *where, const char *name, uint8_t *v, size_t size,
		    struct tlml_error *e)
{
	const char *end;
	size_t len, got;
	void *text;
	int err = tlml_whole_read(dir, name, FILE_MAX, &text, &len, e);

	if (err)
		return err;
	if (sodium_hex2bin(v, size, text, len, "\n\r \t", &got, &end) || got != size ||
	    end != (const char *)text + len)
		err = tlml_error_set(e, EINVAL, "%s%.64s is not a key: it has to be %zu hexadecimal digits",
				     where, name, 2 * size);
	sodium_memzero(text, len);
	free(text);
	return err;
}

static int make(struct tlml_keys *k, struct tlml_error *e)
{
	crypto_sign_keypair(k->own, k->secret);
	return write_hex(k->dir, "key", 0600, k->secret, sizeof(k->secret), e);
}

/* Two programs may come to a new directory at once: one makes the key. */
static int own(struct tlml_keys *k, struct tlml_error *e)
{
	uint8_t seed[crypto_sign_SEEDBYTES], again[TLML_SECRET_BYTES];
	int err;

	if (flock(k->dir, LOCK_EX))
		return tlml_error_set(e, errno, "cannot lock the state directory: %s", strerror(errno));
	err = read_hex(k->dir, "", "key", k->secret, sizeof(k->secret), e);
	if (err == -ENOENT) {
		err = make(k, e);
	} else if (!err) {
		crypto_sign_ed25519_sk_to_seed(seed, k->secret);
		crypto_sign_seed_keypair(k->own, again, seed);
		if (sodium_memcmp(again, k->secret, sizeof(again)))
			err = tlml_error_set(e, EINVAL, "key is damaged: restore it, or remove it and key.pub for a new one");
		sodium_memzero(seed, sizeof(seed));
		sodium_memzero(again, sizeof(again));
	}
	if (!err && faccessat(k->dir, "key.pub", F_OK, 0))
		err = write_hex(k->dir, "key.pub", 0644, k->own, sizeof(k->own), e);
	if (!err && mkdirat(k->dir, "trusted", 0755) && errno != EEXIST)
		err = tlml_error_set(e, errno, "cannot make the directory trusted: %s",
				     strerror(errno));
	flock(k->dir, LOCK_UN);
	return err;
}

int tlml_keys_open(const char *state, struct tlml_keys *k, struct tlml_error *e)
{
	struct tlml_error why;
	int err;

	*k = (struct tlml_keys){ .dir = -1 };
	if (sodium_init() < 0)
		return tlml_error_set(e, ENOSYS, "libsodium does not start");
	k->dir = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (k->dir < 0)
		return tlml_error_set(e, errno, "cannot open the state directory %s: %s", state,
				      strerror(errno));
	err = own(k, &why);
	if (err) {
		tlml_error_set(e, -err, "%s: %s", state, why.text);
		tlml_keys_close(k);
	}
	return err;
}

static int trust(struct tlml_keys *k, int dir, const char *name, struct tlml_error *e)
{
	size_t len = strlen(name);
	int err;

	if (name[0] == '.' || len < 5 || strcmp(name + len - 4, ".pub"))
		return 0;
	if (k->count == TLML_TRUSTED_MAX)
		return tlml_error_set(e, E2BIG, "trusted/ holds more than %d keys: remove some",
				      TLML_TRUSTED_MAX);
	err = read_hex(dir, "trusted/", name, k->trusted[k->count], TLML_KEY_BYTES, e);
	k->count += !err;
	return err;
}

int tlml_keys_trust(struct tlml_keys *k, struct tlml_error *e)
{
	int fd = openat(k->dir, "trusted", O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = 0;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	k->count = 0;
	if (!dir) {
		err = errno;
		if (fd >= 0)
			close(fd);
		return err == ENOENT ? 0 :
		       tlml_error_set(e, err, "cannot look into trusted/: %s", strerror(err));
	}
	while (!err && (entry = readdir(dir)))
		err = trust(k, fd, entry->d_name, e);
	closedir(dir);
	return err;
}

int tlml_keys_known(const struct tlml_keys *k, const uint8_t key[TLML_KEY_BYTES])
{
	if (!memcmp(key, k->own, TLML_KEY_BYTES))
		return 1;
	for (unsigned int i = 0; i < k->count; i++)
		if (!memcmp(key, k->trusted[i], TLML_KEY_BYTES))
			return 1;
	return 0;
}

static int count(struct tlml_keys *k, uint64_t *counter, struct tlml_error *e)
{
	uint64_t last = 0;
	char line[32];
	size_t len;
	void *text;
	int err = tlml_whole_read(k->dir, "counter", FILE_MAX, &text, &len, e);

	if (!err) {
		char *end;

		errno = 0;
		last = strtoull(text, &end, 10);
		if (!len || errno || *end != '\n')
			err = tlml_error_set(e, EINVAL, "counter in the state directory is damaged: write into it a number greater than all in the logs");
		free(text);
	} else if (err == -ENOENT) {
		err = 0;
	}
	if (err)
		return err;
	if (last > *counter)
		*counter = last;
	if (*counter == UINT64_MAX)
		return tlml_error_set(e, ERANGE, "the counter in the state directory has come to its end: make a new key");
	snprintf(line, sizeof(line), "%" PRIu64 "\n", ++*counter);
	return tlml_whole_write(k->dir, "counter", 0644, line, strlen(line), e);
}

int tlml_keys_count(struct tlml_keys *k, uint64_t least, uint64_t *counter, struct tlml_error *e)
{
	int err;

	if (flock(k->dir, LOCK_EX))
		return tlml_error_set(e, errno, "cannot lock the state directory: %s", strerror(errno));
	*counter = least;
	err = count(k, counter, e);
	flock(k->dir, LOCK_UN);
	return err;
}

void tlml_keys_text(const uint8_t key[TLML_KEY_BYTES], char text[TLML_KEY_TEXT])
{
	sodium_bin2hex(text, TLML_KEY_TEXT, key, TLML_KEY_BYTES);
}

void tlml_keys_close(struct tlml_keys *k)
{
	sodium_memzero(k->secret, sizeof(k->secret));
	if (k->dir >= 0)
		close(k->dir);
	k->dir = -1;
}
