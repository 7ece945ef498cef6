/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Labels teach boosted trees: a few more rounds, half of whose weight are cases that the model is
 * to go on answering as it did; then a gate, as the tiny model has one. Whatever labels taught
 * before is taught anew, so the model does not grow.
 */
#ifndef TLML_LARGEML_TEACH_H
#define TLML_LARGEML_TEACH_H

#include <jansson.h>

#include "../learn/case_labels.h"
#include "../error.h"

#define TLML_TEACH_LEAST	24	/* labels, of which a quarter or so judge */

struct tlml_teach {
	const void *model, *rehearsal;	/* files: what is served, and the cases that go with it */
	size_t model_size, rehearsal_size;
	const struct tlml_case_labels *labels;
	uint32_t seed;
};

enum tlml_teach_why {
	TLML_TEACH_PASSED,
	TLML_TEACH_FORGOT,	/* worse on golden cases than the model as it was made */
	TLML_TEACH_NO_BETTER,	/* on labels that were held out, than what is served */
};

struct tlml_teach_report {
	enum tlml_teach_why why;
	unsigned int labels, unknown;	/* to learn and to judge; of classes that it lacks */
	unsigned int held;		/* of labels: those that judged */
	unsigned int golden, right[2];	/* golden cases; right before and after */
	unsigned int better, worse;	/* held labels that only one of both is right on */
	double chance;			/* of that by luck */
};

/*
 * A candidate into *model, to be freed. 0; -EACCES with a sentence of why the gate refused it, with
 * nothing to free; -EAGAIN for too few labels; -EINVAL, -ENOMEM. A damaged model may end the
 * process. The same bytes for the same labels and seed.
 */
int tlml_teach(const struct tlml_teach *t, void **model, size_t *size,
	       struct tlml_teach_report *r, struct tlml_error *e);

/*
 * {"labels", "unknown", "held", "golden", "right": [before, after], "better", "worse", "chance"}, a
 * new reference.
 */
json_t *tlml_teach_json(const struct tlml_teach_report *r);

#endif
