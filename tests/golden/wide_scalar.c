// SPDX-License-Identifier: BSD-2-Clause
/* The module's definition of correct, as it is compiled for the kernel. */
#include "wide_scalar.h"

#include <string.h>

#include "../../kmod/dense.h"

int tlml_wide_by_scalar(const struct tlml_wide *w, const __u8 *x, __u32 inputs, __s32 *logit,
			__u32 *anomaly)
{
	struct tlml_wide_args a;
	struct tlml_scores out;

	if (!tlml_wide_read(&a, w, sizeof(*w), x, inputs))
		return -1;
	tlml_wide_scalar(&a, &out);
	memcpy(logit, out.logit, sizeof(out.logit));
	*anomaly = out.anomaly;
	return 0;
}
