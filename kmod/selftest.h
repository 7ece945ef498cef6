/* SPDX-License-Identifier: GPL-2.0 */
/* A known answer that each body has to give before any packet meets it. */
#ifndef TLML_SELFTEST_H
#define TLML_SELFTEST_H

#include "dense.h"

/* What tlml_selftest_answer() is for a body that is right. */
#define TLML_SELFTEST_ANSWER	0x3f6d4e09

/* A sum over what the body makes of nets of each width and of layers of each kind; w is room. */
__u32 tlml_selftest_answer(const struct tlml_body *body, struct tlml_wide *w);

#endif
