/* SPDX-License-Identifier: GPL-2.0 */
/* SIMD registers of this architecture: whether there are any, and sections that may use them. */
#ifndef TLML_FPU_H
#define TLML_FPU_H

#include "dense.h"

#if defined(CONFIG_X86_64)

#include <asm/cpufeature.h>
#include <asm/fpu/api.h>
#include <asm/fpu/types.h>

#define tlml_fpu_usable()	irq_fpu_usable()
#define tlml_fpu_begin()	kernel_fpu_begin()
#define tlml_fpu_end()		kernel_fpu_end()

static inline bool tlml_fpu_avx2(void)
{
	return boot_cpu_has(X86_FEATURE_OSXSAVE) && boot_cpu_has(X86_FEATURE_AVX2) &&
	       cpu_has_xfeatures(XFEATURE_MASK_SSE | XFEATURE_MASK_YMM, NULL);
}

static inline bool tlml_fpu_vnni(void)
{
	return tlml_fpu_avx2() && boot_cpu_has(X86_FEATURE_AVX512F) &&
	       boot_cpu_has(X86_FEATURE_AVX512BW) && boot_cpu_has(X86_FEATURE_AVX512VL) &&
	       boot_cpu_has(X86_FEATURE_AVX512_VNNI) &&
	       cpu_has_xfeatures(XFEATURE_MASK_AVX512, NULL);
}

#elif defined(CONFIG_ARM64) && defined(CONFIG_KERNEL_MODE_NEON)

#include <asm/hwcap.h>
#include <asm/neon.h>
#include <asm/simd.h>
#include <linux/cpufeature.h>

#define tlml_fpu_usable()	may_use_simd()
#define tlml_fpu_begin()	kernel_neon_begin()
#define tlml_fpu_end()		kernel_neon_end()

static inline bool tlml_fpu_neon(void)
{
	return cpu_have_named_feature(ASIMD);
}

#else

#define tlml_fpu_usable()	false
#define tlml_fpu_begin()	do { } while (0)
#define tlml_fpu_end()		do { } while (0)

#endif

#endif
