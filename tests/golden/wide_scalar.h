/* SPDX-License-Identifier: BSD-2-Clause */
/* The module's definition of correct, for who includes what user space calls by the same names. */
#ifndef TLML_WIDE_SCALAR_H
#define TLML_WIDE_SCALAR_H

#include "../../uapi/tlml_wide.h"

/* logit[TLML_CLASSES_MAX]; not 0 if the module would refuse these arguments. */
int tlml_wide_by_scalar(const struct tlml_wide *w, const __u8 *x, __u32 inputs, __s32 *logit,
			__u32 *anomaly);

#endif
