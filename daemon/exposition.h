/* SPDX-License-Identifier: BSD-2-Clause */
/* All that can be counted, in the text format of Prometheus. */
#ifndef TLML_EXPOSITION_H
#define TLML_EXPOSITION_H

#include <stdio.h>

#include "paths.h"

/* Counters of the data paths, of tlmld, and of the endpoints of the large model. */
void tlml_exposition_write(FILE *f, const struct tlml_paths *ps);

#endif
