/* SPDX-License-Identifier: BSD-2-Clause */
/* Samples out of files: captures with label files beside them, and CSV. */
#ifndef TLML_DATASET_H
#define TLML_DATASET_H

#include <stdio.h>

#include "../../daemon/learn/set.h"

/*
 * Adds the labelled flows of a capture (X.pcap with X.tsv) or of a CSV file (*.csv). attacks:
 * classes to be called attacks whatever the files say, a NULL-terminated list or NULL.
 * -errno with a sentence; what was added before it stays in s.
 */
int tlml_dataset_read(struct tlml_set *s, const char *path, enum tlml_split split,
		      const char *const *attacks, struct tlml_error *e);

/* One row a sample, in the form that is read; ferror(f) tells whether it was written. */
void tlml_dataset_write_csv(const struct tlml_set *s, FILE *f);

/* For tlml_dataset_read(): the CSV half. */
int tlml_dataset_read_csv(struct tlml_set *s, const char *path, enum tlml_split split,
			  const char *const *attacks, struct tlml_error *e);

#endif
