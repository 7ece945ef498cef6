/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR BSD-2-Clause */
/* What the module does for BPF programs: models of tlml_wide.h, and what comes of them. */
#ifndef _UAPI_TLML_KFUNC_H
#define _UAPI_TLML_KFUNC_H

#include "tlml_wide.h"

/* Of one inference. */
struct tlml_scores {
	__s32 logit[TLML_CLASSES_MAX];	/* those beyond the classes are 0 */
	__u32 anomaly;			/* mean absolute error of decode, 0..127; 0 without one */
};

/* One dense layer: acc[j] = bias[j] + sum_i w[j][i] * x[i], w of outputs rows of inputs each. */
#define TLML_DENSE_OUTPUTS_MAX	64
#define TLML_DENSE_INPUTS_MAX	1024

struct tlml_dense_call {
	__u32 outputs;		/* 1..TLML_DENSE_OUTPUTS_MAX */
	__u32 relu;		/* 1: y = min(max(acc, 0) >> shift, 127) in out, else acc */
	__u32 shift;		/* 0..15 */
	__s32 bias[TLML_DENSE_OUTPUTS_MAX];
	__s32 out[TLML_DENSE_OUTPUTS_MAX];
};

/*
 * The kfuncs, for XDP and TC programs, in softirq; both 0 or -EINVAL, which leaves the result as
 * it was: also if an input is above TLML_ACT_MAX. None may sleep. Pointers that may be NULL reach
 * them from 6.1's verifier: they check.
 *
 * int bpf_tlml_infer(const struct tlml_wide *w, __u32 w__sz, const __u8 *x, __u32 x__sz,
 *		      struct tlml_scores *out);
 *	x__sz has to be w->inputs.
 * int bpf_tlml_dense(const __s8 *w, __u32 w__sz, const __u8 *x, __u32 x__sz,
 *		      struct tlml_dense_call *d);
 *	w__sz has to be d->outputs * x__sz, x__sz 1..TLML_DENSE_INPUTS_MAX.
 */

#endif
