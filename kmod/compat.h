/* SPDX-License-Identifier: GPL-2.0 */
/* What differs between the kernels that the module is built for: nothing else in kmod/ knows. */
#ifndef TLML_COMPAT_H
#define TLML_COMPAT_H

#include <linux/btf.h>
#include <linux/btf_ids.h>
#include <linux/compiler.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#error "tlml needs Linux 6.1 or newer"
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(8, 0, 0)
#error "tlml has not been tried with Linux 8.0 or newer"
#endif

/*
 * 6.3. noinline alone does not do: the compiler may clone a function or drop its unused
 * arguments, and pahole leaves such symbols out of BTF.
 */
#ifndef __bpf_kfunc
#define __bpf_kfunc	__used __noclone noinline
#endif

#ifndef __bpf_kfunc_start_defs	/* 6.7 */
#define __bpf_kfunc_start_defs()						\
	__diag_push();								\
	__diag_ignore_all("-Wmissing-prototypes", "BPF programs declare them");	\
	__diag_ignore_all("-Wmissing-declarations", "BPF programs declare them")
#define __bpf_kfunc_end_defs()	__diag_pop()
#endif

#ifndef BTF_KFUNCS_START	/* 6.9, which refuses any other set of kfuncs */
#define BTF_KFUNCS_START(name)	BTF_SET8_START(name)
#define BTF_KFUNCS_END(name)	BTF_SET8_END(name)
#endif

#ifndef KF_TRUSTED_ARGS	/* gone in 7.x, which trusts none of the others */
#define KF_TRUSTED_ARGS	0
#endif

/* 6.7 has put the attributes of a dump's request elsewhere. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
#define tlml_dump_attrs(cb)	(genl_dumpit_info(cb)->attrs)
#else
#define tlml_dump_attrs(cb)	(genl_info_dump(cb)->attrs)
#endif

/* The namespace that newer kernels have bpf_map_get() in; 6.13 wants it in quotes. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
#define TLML_IMPORT_BPF()	MODULE_IMPORT_NS(BPF_INTERNAL)
#else
#define TLML_IMPORT_BPF()	MODULE_IMPORT_NS("BPF_INTERNAL")
#endif

#endif
