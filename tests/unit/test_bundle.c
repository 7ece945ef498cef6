// SPDX-License-Identifier: BSD-2-Clause
/* Keys and signed models: read as signed; nothing damaged, cut or of a stranger is taken. */
#include <sodium.h>

#include "shelves.h"
#include "../../daemon/bundle.h"

static char ours[] = "/tmp/tlml-ours-XXXXXX", theirs[] = "/tmp/tlml-theirs-XXXXXX";

static mode_t mode_of(const char *state, const char *name)
{
	struct stat st;
	char path[96];

	snprintf(path, sizeof(path), "%s/%s", state, name);
	return stat(path, &st) ? 0 : st.st_mode & 07777;
}

static void put(const char *state, const char *name, const char *text)
{
	char path[96];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", state, name);
	f = fopen(path, "we");
	fputs(text, f);
	fclose(f);
}

static void test_keys(void)
{
	struct tlml_keys k, again;
	uint64_t one, two, three;

	must(tlml_keys_open(ours, &k, &error));
	result(mode_of(ours, "key") == 0600 && mode_of(ours, "key.pub") == 0644,
	       "the first use makes a key, the secret one for its owner alone");
	must(tlml_keys_open(ours, &again, &error));
	result(!memcmp(&k.own, &again.own, sizeof(k.own)) &&
	       !memcmp(&k.secret, &again.secret, sizeof(k.secret)), "and the next use takes it");
	must(tlml_keys_count(&k, 0, &one, &error));
	must(tlml_keys_count(&again, 0, &two, &error));
	must(tlml_keys_count(&k, 50, &three, &error));
	result(one == 1 && two == 2 && three == 51, "two that count never get the same number");
	tlml_keys_close(&again);
	result(sodium_is_zero(again.secret, sizeof(again.secret)), "closed, the secret is wiped");
	put(ours, "counter", "");
	result(tlml_keys_count(&k, 0, &one, &error) == -EINVAL && strstr(error.text, "damaged"),
	       "a damaged counter is not taken for 0");
	put(ours, "counter", "51\n");
	tlml_keys_close(&k);

	must(tlml_keys_open(theirs, &k, &error));
	tlml_keys_close(&k);
	put(theirs, "key", "12345678\n");
	result(tlml_keys_open(theirs, &k, &error) == -EINVAL && strstr(error.text, theirs),
	       "a damaged key is named, not replaced");
	remove_tree(theirs);
	mkdir(theirs, 0755);
	result(tlml_keys_open("/tmp/tlml-nowhere", &k, &error) == -ENOENT, "no directory is an error");
}

static void test_trust(void)
{
	struct tlml_keys k, other;
	char text[TLML_KEY_TEXT];

	must(tlml_keys_open(ours, &k, &error));
	must(tlml_keys_open(theirs, &other, &error));
	result(tlml_keys_known(&k, k.own) && !tlml_keys_known(&k, other.own), "a stranger is unknown");
	tlml_keys_text(other.own, text);
	put(ours, "trusted/them.pub", text);
	put(ours, "trusted/README", "not a key\n");
	must(tlml_keys_trust(&k, &error));
	result(k.count == 1 && tlml_keys_known(&k, other.own), "but for its key in trusted/");
	put(ours, "trusted/bad.pub", "xyz\n");
	result(tlml_keys_trust(&k, &error) == -EINVAL && strstr(error.text, "trusted/bad.pub"),
	       "a file that is no key is named");
	put(ours, "trusted/bad.pub", "00");
	result(tlml_keys_trust(&k, &error) == -EINVAL, "and a short one");
	tlml_keys_close(&k);
	tlml_keys_close(&other);
}

/* In memory of its very length, so that a read beyond it is seen. */
static int open_copy(const struct tlml_keys *k, const uint8_t *file, size_t size)
{
	uint8_t *copy = malloc(size + !size);
	struct tlml_bundle b;
	const void *blob;
	int err;

	memcpy(copy, file, size);
	err = tlml_bundle_open(k, copy, size, "it", &b, &blob, &error);
	free(copy);
	return err;
}

static void test_bundle(void)
{
	struct tlml_bundle b = { .counter = 7, .created = 8, .origin = 4, .parent = { 1 } }, back;
	size_t size, whole, taken = 0, i;
	struct tlml_keys k, other;
	void *file, *blob = model_of(2, 5, &size);
	const void *inside;
	uint8_t *p;

	must(tlml_keys_open(ours, &k, &error));
	must(tlml_keys_open(theirs, &other, &error));
	must(tlml_bundle_sign(&k, &b, blob, size, &file, &error));
	whole = sizeof(b) + size + TLML_SIGNATURE_BYTES;
	must(tlml_bundle_open(&k, file, whole, "it", &back, &inside, &error));
	result(!memcmp(&b, &back, sizeof(b)) && back.generation == 5 && back.counter == 7 &&
	       !memcmp(inside, blob, size), "what was signed is read");
	result(tlml_bundle_is(file, whole) && !tlml_bundle_is(blob, size), "a model is no bundle");
	result(tlml_bundle_open(&other, file, whole, "it", &back, &inside, &error) == -EKEYREJECTED &&
	       strstr(error.text, "not trusted"), "a stranger's is refused");
	p = file;
	for (i = 0; i < whole; i++) {
		p[i] ^= 1 << i % 8;
		taken += !open_copy(&k, file, whole);
		p[i] ^= 1 << i % 8;
	}
	result(!taken, "so is one with any byte changed");
	for (i = 0; i < whole; i++)
		taken += open_copy(&k, file, i) != -EINVAL;
	result(!taken, "one that is cut anywhere");
	p = realloc(p, whole + 1);
	p[whole] = 0;
	result(open_copy(&k, p, whole + 1) == -EINVAL, "and one with more behind it");
	result(!open_copy(&k, p, whole), "it was good but for that");
	free(p);
	result(tlml_bundle_sign(&k, &b, blob, 8, &file, &error) == -EINVAL,
	       "what cannot be a model is not signed");
	free(blob);
	tlml_keys_close(&k);
	tlml_keys_close(&other);
}

int main(void)
{
	if (!mkdtemp(ours) || !mkdtemp(theirs))
		return 1;
	printf("KTAP version 1\n");
	test_keys();
	test_trust();
	test_bundle();
	printf("1..%d\n", points);
	remove_tree(ours);
	remove_tree(theirs);
	return !!failed;
}
