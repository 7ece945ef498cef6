/* SPDX-License-Identifier: BSD-2-Clause */
/* Samples out of files: captures with label files beside them, and CSV. */
#ifndef TLML_DATASET_H
#define TLML_DATASET_H

#include <stdio.h>

#include "../../daemon/learn/set.h"

#define TLML_SEG_LEN	1500	/* IP bytes of a full wire packet, as on the gateway's interface */

/*
 * Adds the labelled flows of a capture (X.pcap with X.tsv) or of a CSV file (*.csv). attacks:
 * classes to be called attacks whatever the files say, a NULL-terminated list or NULL.
 * -errno with a sentence; what was added before it stays in s.
 */
int tlml_dataset_read(struct tlml_set *s, const char *path, enum tlml_split split,
		      const char *const *attacks, struct tlml_error *e);

/* One row a sample, in the form that is read; -errno of the write. */
int tlml_dataset_write_csv(const struct tlml_set *s, FILE *f);

/* For tlml_dataset_read(): the CSV half. */
int tlml_dataset_read_csv(struct tlml_set *s, const char *path, enum tlml_split split,
			  const char *const *attacks, struct tlml_error *e);

/* Whether a name is in the NULL-terminated list; list may be NULL. */
int tlml_dataset_listed(const char *const *list, const char *name);

#endif
