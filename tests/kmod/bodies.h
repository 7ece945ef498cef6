/* SPDX-License-Identifier: BSD-2-Clause */
/* The bodies of kmod/ that were compiled for this machine, and whether its CPU can run them. */
#ifndef TLML_TEST_BODIES_H
#define TLML_TEST_BODIES_H

#include "../../kmod/dense.h"

#ifdef __aarch64__
static bool runs_neon(void)
{
	return true;
}

static const struct {
	struct tlml_body body;
	bool (*runs)(void);
} bodies[] = {
	{ { "neon", tlml_wide_neon, tlml_dense_neon }, runs_neon },
};
#else
static bool runs_avx2(void)
{
	return __builtin_cpu_supports("avx2");
}

static bool runs_vnni(void)
{
	return __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
	       __builtin_cpu_supports("avx512vnni");
}

static const struct {
	struct tlml_body body;
	bool (*runs)(void);
} bodies[] = {
	{ { "avx2", tlml_wide_avx2, tlml_dense_avx2 }, runs_avx2 },
	{ { "avx512vnni", tlml_wide_vnni, tlml_dense_vnni }, runs_vnni },
};
#endif

#define BODIES	(sizeof(bodies) / sizeof(bodies[0]))

#endif
