// SPDX-License-Identifier: BSD-2-Clause
/*
 * In place of libFuzzer: feeds a target each file of its corpus, or those named, once, for
 * `make check`. The target aborts, or a sanitizer does, if it finds something.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int feed(const char *path)
{
	FILE *f = fopen(path, "r");
	uint8_t *data;
	long size;
	int ok;

	if (!f)
		return 0;
	fseek(f, 0, SEEK_END);
	size = ftell(f);
	rewind(f);
	data = malloc(size ? size : 1);		/* of just that size, so that reading on is seen */
	ok = fread(data, 1, size, f) == (size_t)size;
	fclose(f);
	if (ok)
		LLVMFuzzerTestOneInput(data, size);
	free(data);
	return ok;
}

static int is_file(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
	struct dirent **files;
	int i, n, failed = 0;
	char path[512];

	if (argc > 1) {
		for (i = 1; i < argc; i++)
			failed += !feed(argv[i]);
		return failed != 0;
	}
	snprintf(path, sizeof(path), "tests/fuzz/corpus/%s", name);
	n = scandir(path, &files, is_file, alphasort);
	if (n < 0)
		return perror(path), 1;
	printf("KTAP version 1\n1..%d\n", n);
	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "tests/fuzz/corpus/%s/%s", name, files[i]->d_name);
		fflush(stdout);		/* what comes before a crash is worth knowing */
		if (feed(path)) {
			printf("ok %d - %s\n", i + 1, files[i]->d_name);
		} else {
			printf("not ok %d - %s\n", i + 1, files[i]->d_name);
			failed = 1;
		}
		free(files[i]);
	}
	free(files);
	return failed;
}
