/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Wide nets and dense layers, in one body per instruction set. The scalar body is the definition of
 * correct; the others give the same bits for whatever tlml_wide_read() and tlml_dense_read() let
 * through. Compiles in user space too, where the tests compare them.
 */
#ifndef TLML_DENSE_H
#define TLML_DENSE_H

#ifndef __KERNEL__
#include <stdbool.h>
#undef __always_inline
#define __always_inline	inline __attribute__((always_inline))
#endif

#include "../uapi/tlml_kfunc.h"

/* A net with sizes that were read once and found good: user space may write w at any time. */
struct tlml_wide_args {
	const struct tlml_wide *w;
	const __u8 *x;		/* inputs of them */
	__u32 inputs, hidden1, hidden2, classes, decode;
	__u32 shift[2], decode_shift;
};

/* One layer, likewise. */
struct tlml_dense_args {
	const __s8 *w;		/* outputs rows of inputs each */
	const __u8 *x;
	__u32 inputs, outputs, relu, shift;
};

/* False if the arguments of bpf_tlml_infer() are none that it takes. */
bool tlml_wide_read(struct tlml_wide_args *a, const struct tlml_wide *w, __u32 w_size,
		    const __u8 *x, __u32 x_size);

/* The same for bpf_tlml_dense(). */
bool tlml_dense_read(struct tlml_dense_args *a, const __s8 *w, __u32 w_size, const __u8 *x,
		     __u32 x_size, const struct tlml_dense_call *d);

/* A body; all of *out is written, and of *d the outputs. Those of SIMD belong in an FPU section. */
struct tlml_body {
	const char *name;
	void (*wide)(const struct tlml_wide_args *a, struct tlml_scores *out);
	void (*dense)(const struct tlml_dense_args *a, struct tlml_dense_call *d);
};

void tlml_wide_scalar(const struct tlml_wide_args *a, struct tlml_scores *out);
void tlml_wide_avx2(const struct tlml_wide_args *a, struct tlml_scores *out);
void tlml_wide_vnni(const struct tlml_wide_args *a, struct tlml_scores *out);
void tlml_wide_neon(const struct tlml_wide_args *a, struct tlml_scores *out);

void tlml_dense_scalar(const struct tlml_dense_args *a, struct tlml_dense_call *d);
void tlml_dense_avx2(const struct tlml_dense_args *a, struct tlml_dense_call *d);
void tlml_dense_vnni(const struct tlml_dense_args *a, struct tlml_dense_call *d);
void tlml_dense_neon(const struct tlml_dense_args *a, struct tlml_dense_call *d);

/* Where row k of a block of eight begins; if there are fewer, the last one stands in. */
static __always_inline __u32 row_at(__u32 k, __u32 rows, __u32 stride)
{
	return (k < rows ? k : rows - 1) * stride;
}

#endif
