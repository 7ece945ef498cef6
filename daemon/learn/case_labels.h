/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cases that a person or another tool has said the class of: what the large model is taught by.
 * Bounded, and so is what one who labels may fill: beyond that he only displaces his own, at
 * random. Times are in microseconds since 1970.
 */
#ifndef TLML_LEARN_CASE_LABELS_H
#define TLML_LEARN_CASE_LABELS_H

#include <stdint.h>

#include "../case.h"
#include "../error.h"
#include "../../uapi/tlml_model.h"

#define TLML_LABELS_FILE	"labels.cases"	/* in tlmld's directory of state */
#define TLML_LABELS_MAX		4096
#define TLML_LABELS_QUOTA	(TLML_LABELS_MAX / 2)	/* of one who labels */
#define TLML_LABEL_BY		32	/* bytes of who labels, with the final 0 */
#define TLML_LABEL_OPERATOR	"operator"	/* whose word no tool changes */

struct tlml_case_label {
	__u64 time;		/* when it was given */
	__u64 asked;		/* when the large model was asked about the case */
	__u64 flow;		/* hash of the interface and of both endpoints */
	char by[TLML_LABEL_BY];
	char klass[TLML_NAME_MAX];
	struct tlml_case_inputs inputs;
};

struct tlml_case_labels {
	struct tlml_case_label *item;
	__u32 n;
	__u64 taught;		/* when the large model was taught last, 0: never */
	uint64_t seed;
};

/* An empty one. -ENOMEM with a sentence. */
int tlml_case_labels_init(struct tlml_case_labels *l, uint64_t seed, struct tlml_error *e);
void tlml_case_labels_free(struct tlml_case_labels *l);

/* Into to, which is not initialised. -ENOMEM with a sentence. */
int tlml_case_labels_copy(const struct tlml_case_labels *l, struct tlml_case_labels *to,
			  struct tlml_error *e);

/*
 * Keeps a copy; a label of the same case gives way to it. 0, or -EPERM with a sentence if that one
 * is the operator's, and this one is not.
 */
int tlml_case_labels_add(struct tlml_case_labels *l, const struct tlml_case_label *label,
			 struct tlml_error *e);

/* Those that were given since the large model was taught last. */
unsigned int tlml_case_labels_fresh(const struct tlml_case_labels *l);

/* 1..TLML_LABEL_BY - 1 printable characters without blanks, and as long as a class's name. */
int tlml_label_by_valid(const char *by);
int tlml_label_class_valid(const char *klass);

/*
 * A file, on disk as a whole or not at all (store.h). Reading one that is not there leaves l as it
 * is; what is damaged is set aside, with a sentence.
 */
int tlml_case_labels_write(const struct tlml_case_labels *l, const char *path,
			   struct tlml_error *e);
int tlml_case_labels_read(struct tlml_case_labels *l, const char *path, struct tlml_error *e);

#endif
