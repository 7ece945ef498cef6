// SPDX-License-Identifier: BSD-2-Clause
/* Whether the large model still tells things apart. */
#include "doubt.h"

#include <errno.h>

#define LEAST		48	/* flows to judge by */
#define EXCEPTIONS	1	/* flows that it may call something else */

void tlml_doubt_add(struct tlml_doubt *d, unsigned int said, unsigned int tiny)
{
	d->said[d->n % TLML_DOUBT_MEMORY] = said;
	d->tiny[d->n % TLML_DOUBT_MEMORY] = tiny;
	d->n++;
}

int tlml_doubt_check(const struct tlml_doubt *d, const struct tlml_class_info *classes,
		     struct tlml_error *e)
{
	unsigned int n = d->n < TLML_DOUBT_MEMORY ? d->n : TLML_DOUBT_MEMORY, i, k;

	for (k = 0; n >= LEAST && k < TLML_CLASSES_MAX; k++) {
		unsigned int said = 0, tiny = 0;

		for (i = 0; i < n; i++) {
			said += d->said[i] == k;
			tiny += d->tiny[i] == k;
		}
		if (said + EXCEPTIONS >= n && tiny <= n / 2)
			return tlml_error_set(e, EACCES,
					      "the large model calls %u of the last %u audited flows %.15s, the tiny one %u: one that tells nothing apart is not learned from",
					      said, n, classes[k].name, tiny);
	}
	return 0;
}
