/* SPDX-License-Identifier: GPL-2.0 */
/*
 * int8 nets and layers, in one body per instruction set. The scalar body is the definition of
 * correct; the others give the same bits for whatever tlml_net_read() and tlml_dense_read() let
 * through. Compiles in user space too, where the tests compare them.
 */
#ifndef TLML_DENSE_H
#define TLML_DENSE_H

#ifndef __KERNEL__
#include <stdbool.h>
#endif

#include "../uapi/tlml_kfunc.h"

/* A net with sizes that were read once and found good: user space may write w at any time. */
struct tlml_net {
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
bool tlml_net_read(struct tlml_net *n, const struct tlml_wide *w, __u32 w_size, const __u8 *x,
		   __u32 x_size);

/* The same for bpf_tlml_dense(). */
bool tlml_dense_read(struct tlml_dense_args *a, const __s8 *w, __u32 w_size, const __u8 *x,
		     __u32 x_size, const struct tlml_dense_call *d);

/* All of *out is written, and of *d the outputs. The SIMD bodies belong in an FPU section. */
void tlml_net_scalar(const struct tlml_net *n, struct tlml_scores *out);
void tlml_net_avx2(const struct tlml_net *n, struct tlml_scores *out);
void tlml_net_vnni(const struct tlml_net *n, struct tlml_scores *out);
void tlml_net_neon(const struct tlml_net *n, struct tlml_scores *out);

void tlml_dense_scalar(const struct tlml_dense_args *a, struct tlml_dense_call *d);
void tlml_dense_avx2(const struct tlml_dense_args *a, struct tlml_dense_call *d);
void tlml_dense_vnni(const struct tlml_dense_args *a, struct tlml_dense_call *d);
void tlml_dense_neon(const struct tlml_dense_args *a, struct tlml_dense_call *d);

#endif
