// SPDX-License-Identifier: BSD-2-Clause
/* What all engines have in common: names of classes, and what comes out. */
#include "engine.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define SUM_TOLERANCE	0.01f	/* as clients judge it */

static int name_valid(const char *name, size_t len)
{
	size_t i;

	if (!len || len >= TLML_NAME_MAX)
		return 0;
	for (i = 0; i < len; i++)
		if (name[i] <= ' ' || name[i] > '~' || name[i] == '"' || name[i] == '\\')
			return 0;
	return 1;
}

int tlml_engine_classes(const char *text, size_t len, struct tlml_oip_plan *plan,
			struct tlml_error *e)
{
	const char *end = text + len, *comma;
	unsigned int n, k;

	for (n = 0; n < TLML_CLASSES_MAX; n++, text = comma + 1) {
		comma = memchr(text, ',', end - text);
		if (!comma)
			comma = end;
		if (!name_valid(text, comma - text))
			return tlml_error_set(e, EINVAL, "class %u of %.*s is no word of 1 to %u plain characters",
					      n + 1, (int)(len < 256 ? len : 256), end - len,
					      TLML_NAME_MAX - 1);
		memset(plan->klass[n], 0, TLML_NAME_MAX);
		memcpy(plan->klass[n], text, comma - text);
		for (k = 0; k < n; k++)
			if (!strcmp(plan->klass[k], plan->klass[n]))
				return tlml_error_set(e, EINVAL, "classes %u and %u are both called %s",
						      k + 1, n + 1, plan->klass[n]);
		if (comma == end)
			break;
	}
	if (n < 1 || n == TLML_CLASSES_MAX)
		return tlml_error_set(e, EINVAL, "%s: give 2 to %u, with commas between",
				      n ? "too many classes" : "one class is no choice",
				      TLML_CLASSES_MAX);
	plan->classes = n + 1;
	return 0;
}

int tlml_engine_check(const float *p, unsigned int n, unsigned int classes, struct tlml_error *e)
{
	unsigned int i, c;
	float sum;

	for (i = 0; i < n; i++, p += classes) {
		for (sum = 0, c = 0; c < classes; c++) {
			if (!(p[c] >= 0 && p[c] <= 1 + SUM_TOLERANCE))
				return tlml_error_set(e, EIO, "the model gave %g for class %u, which is no probability",
						      p[c], c + 1);
			sum += p[c];
		}
		if (fabsf(sum - 1) > SUM_TOLERANCE)
			return tlml_error_set(e, EIO, "the model gave probabilities that sum to %g: its output has to be a softmax",
					      sum);
	}
	return 0;
}
