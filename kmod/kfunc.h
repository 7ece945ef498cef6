/* SPDX-License-Identifier: GPL-2.0 */
/* The kfuncs of uapi/tlml_kfunc.h. */
#ifndef TLML_KFUNC_H
#define TLML_KFUNC_H

#include "../uapi/tlml_kfunc.h"

int bpf_tlml_infer(const struct tlml_wide *w, __u32 w__sz, const __u8 *x, __u32 x__sz,
		   struct tlml_scores *out);
int bpf_tlml_dense(const __s8 *w, __u32 w__sz, const __u8 *x, __u32 x__sz,
		   struct tlml_dense_call *d);

/*
 * Registers them: 0 or -errno. There is no way back, and none is needed: they go with the BTF of
 * the module. Without BTF it still loads: whether BPF can call it, only its BTF in sysfs says.
 */
int tlml_kfunc_init(void);

#endif
