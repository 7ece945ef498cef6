// SPDX-License-Identifier: BSD-2-Clause
/*
 * Models made by hand, for tests that need to know the verdict beforehand:
 *   mkmodel OUT constant:K            4 classes c0..c3, always K, at the first packet and after
 *   mkmodel OUT unsure:K              the same, but calibrated to be hardly ever sure
 *   mkmodel OUT random:SEED[:H1:H2:C[:decode]]   weights up to the accumulator bound
 *   mkmodel OUT wide:SEED[:H1:H2:C[:decode]]     for the module, default 256:64:4
 */
#include "mkmodel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
	unsigned int seed, h1 = 32, h2 = 16, classes = 4, k;
	struct tlml_model m;
	struct tlml_error e;
	size_t size;
	void *blob;
	FILE *f;

	if (argc == 3 && sscanf(argv[2], "constant:%u", &k) == 1 && k < 4)
		blob = tlml_mkmodel_constant(k, &size);
	else if (argc == 3 && sscanf(argv[2], "unsure:%u", &k) == 1 && k < 4)
		blob = tlml_mkmodel_unsure(k, &size);
	else if (argc == 3 &&
		 sscanf(argv[2], "random:%u:%u:%u:%u", &seed, &h1, &h2, &classes) >= 1)
		blob = tlml_mkmodel_random(seed, h1, h2, classes, !!strstr(argv[2], ":decode"),
					   &size);
	else if (argc == 3 && !strncmp(argv[2], "wide:", 5)) {
		h1 = TLML_WIDE_HIDDEN1_MAX;
		h2 = TLML_WIDE_HIDDEN2_MAX;
		sscanf(argv[2], "wide:%u:%u:%u:%u", &seed, &h1, &h2, &classes);
		blob = tlml_mkmodel_wide(seed, h1, h2, classes, !!strstr(argv[2], ":decode"), &size);
	} else
		return fprintf(stderr, "usage: mkmodel OUT constant:K|unsure:K|random|wide:SEED[:H1:H2:C[:decode]]\n"), 2;
	f = blob ? fopen(argv[1], "w") : NULL;
	if (!f || fwrite(blob, size, 1, f) != 1 || fclose(f))
		return perror(argv[1]), 1;
	free(blob);
	if (tlml_model_read(argv[1], &m, &e))
		return fprintf(stderr, "mkmodel: %s\n", e.text), 1;
	tlml_model_free(&m);
	return 0;
}
