// SPDX-License-Identifier: GPL-2.0
/* What BPF programs call. Each argument is checked anew: the verifier of 6.1 lets NULL through. */
#include "kfunc.h"

#include <linux/bpf.h>
#include <linux/module.h>

#include "compat.h"
#include "simd.h"

__bpf_kfunc_start_defs();

__bpf_kfunc int bpf_tlml_infer(const struct tlml_wide *w, __u32 w__sz, const __u8 *x, __u32 x__sz,
			       struct tlml_scores *out)
{
	struct tlml_wide_args a;

	if (!out || !tlml_wide_read(&a, w, w__sz, x, x__sz))
		return -EINVAL;
	tlml_simd_wide(&a, out);
	return 0;
}

__bpf_kfunc int bpf_tlml_dense(const __s8 *w, __u32 w__sz, const __u8 *x, __u32 x__sz,
			       struct tlml_dense_call *d)
{
	struct tlml_dense_args a;

	if (!tlml_dense_read(&a, w, w__sz, x, x__sz, d))
		return -EINVAL;
	tlml_simd_dense(&a, d);
	return 0;
}

__bpf_kfunc_end_defs();

BTF_KFUNCS_START(tlml_kfunc_ids)
BTF_ID_FLAGS(func, bpf_tlml_infer, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, bpf_tlml_dense, KF_TRUSTED_ARGS)
BTF_KFUNCS_END(tlml_kfunc_ids)

static const struct btf_kfunc_id_set kfunc_set = {
	.owner = THIS_MODULE,
	.set = &tlml_kfunc_ids,
};

int tlml_kfunc_init(void)
{
	int err;

	err = register_btf_kfunc_id_set(BPF_PROG_TYPE_XDP, &kfunc_set);
	if (!err)
		err = register_btf_kfunc_id_set(BPF_PROG_TYPE_SCHED_CLS, &kfunc_set);
	if (err == -ENOENT) {	/* older kernels' word for a module without BTF */
		pr_warn("no BTF in the module: BPF programs cannot call it\n");
		err = 0;
	}
	return err;
}
