// SPDX-License-Identifier: GPL-2.0
/* Which body computes: the best that the CPU has, where its registers may be used, else scalar. */
#include "simd.h"

#include <linux/percpu.h>

static DEFINE_PER_CPU(struct tlml_simd_calls, calls);

void tlml_simd_net(const struct tlml_net *n, struct tlml_scores *out)
{
	tlml_net_scalar(n, out);
	this_cpu_inc(calls.scalar);
}

void tlml_simd_dense(const struct tlml_dense_args *a, struct tlml_dense_call *d)
{
	tlml_dense_scalar(a, d);
	this_cpu_inc(calls.scalar);
}

const char *tlml_simd_name(void)
{
	return "scalar";
}

void tlml_simd_count(struct tlml_simd_calls *sum)
{
	int cpu;

	sum->simd = 0;
	sum->scalar = 0;
	for_each_possible_cpu(cpu) {
		const struct tlml_simd_calls *c = per_cpu_ptr(&calls, cpu);

		sum->simd += READ_ONCE(c->simd);
		sum->scalar += READ_ONCE(c->scalar);
	}
}

int tlml_simd_init(void)
{
	return 0;
}
