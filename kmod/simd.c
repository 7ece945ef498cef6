// SPDX-License-Identifier: GPL-2.0
/* Which body computes: the best that the CPU has, where its registers may be used, else scalar. */
#include "simd.h"

#include <linux/mm.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/static_call.h>

#include "fpu.h"
#include "selftest.h"

static bool simd = true;
module_param(simd, bool, 0444);
MODULE_PARM_DESC(simd, "use SIMD where the CPU has it (default); 0: only the scalar body");

static const struct tlml_body scalar = { "scalar", tlml_wide_scalar, tlml_dense_scalar };

/* Better ones last. */
static const struct {
	struct tlml_body body;
	bool (*runs)(void);
} simd_bodies[] = {
#if defined(CONFIG_X86_64)
	{ { "avx2", tlml_wide_avx2, tlml_dense_avx2 }, tlml_fpu_avx2 },
	{ { "avx512vnni", tlml_wide_vnni, tlml_dense_vnni }, tlml_fpu_vnni },
#elif defined(CONFIG_ARM64) && defined(CONFIG_KERNEL_MODE_NEON)
	{ { "neon", tlml_wide_neon, tlml_dense_neon }, tlml_fpu_neon },
#endif
};

static const struct tlml_body *best __ro_after_init = &scalar;
static DEFINE_PER_CPU(struct tlml_simd_calls, calls);
/* Patched into direct calls: an indirect one costs a packet as much as a small layer does. */
DEFINE_STATIC_CALL(tlml_wide_best, tlml_wide_scalar);
DEFINE_STATIC_CALL(tlml_dense_best, tlml_dense_scalar);

static bool enter(void)
{
	if (best == &scalar || !tlml_fpu_usable()) {
		this_cpu_inc(calls.scalar);
		return false;
	}
	tlml_fpu_begin();
	this_cpu_inc(calls.simd);
	return true;
}

void tlml_simd_wide(const struct tlml_wide_args *a, struct tlml_scores *out)
{
	if (enter()) {
		static_call(tlml_wide_best)(a, out);
		tlml_fpu_end();
	} else {
		tlml_wide_scalar(a, out);
	}
}

void tlml_simd_dense(const struct tlml_dense_args *a, struct tlml_dense_call *d)
{
	if (enter()) {
		static_call(tlml_dense_best)(a, d);
		tlml_fpu_end();
	} else {
		tlml_dense_scalar(a, d);
	}
}

const char *tlml_simd_name(void)
{
	return best->name;
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

static int judge(const struct tlml_body *body, u32 answer)
{
	if (answer == TLML_SELFTEST_ANSWER)
		return 0;
	pr_err("self-test: %s computes wrongly on this machine\n", body->name);
	return -ENOTRECOVERABLE;
}

static int __init choose(struct tlml_wide *room)
{
	int err, i;
	u32 answer;

	err = judge(&scalar, tlml_selftest_answer(&scalar, room));
	for (i = 0; !err && simd && i < ARRAY_SIZE(simd_bodies); i++) {
		if (!simd_bodies[i].runs())
			continue;
		tlml_fpu_begin();
		answer = tlml_selftest_answer(&simd_bodies[i].body, room);
		tlml_fpu_end();
		err = judge(&simd_bodies[i].body, answer);
		best = &simd_bodies[i].body;
	}
	static_call_update(tlml_wide_best, best->wide);
	static_call_update(tlml_dense_best, best->dense);
	return err;
}

int __init tlml_simd_init(void)
{
	struct tlml_wide *room;
	int err;

	room = kvmalloc(sizeof(*room), GFP_KERNEL);
	if (!room)
		return -ENOMEM;
	err = choose(room);
	kvfree(room);
	return err;
}
