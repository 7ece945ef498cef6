/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether anybody uses an interface's clsact qdisc. */
#ifndef TLML_FILTERS_H
#define TLML_FILTERS_H

#include <stdbool.h>

/* Any filter, on either side; true also if the kernel does not tell. */
bool tlml_filters_any(int ifindex);

#endif
