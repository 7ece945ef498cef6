// SPDX-License-Identifier: BSD-2-Clause
/*
 * registers MS: fills all AVX registers of this task with a pattern of their own, spins, and looks
 * whether they still have it, for so long. What interrupts it must leave them as they were.
 */
#include <immintrin.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint8_t given[16][32], found[16][32];

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ull + t.tv_nsec / 1000000;
}

/* Nothing of the compiler's may touch a vector register between the loads and the stores. */
__attribute__((target("avx2"), noinline)) static void spin(void)
{
	uint64_t turns = 200000;

	__asm__ volatile(
		".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
		"vmovdqu \\n*32(%1), %%ymm\\n\n"
		".endr\n"
		"1: dec %0\n"
		"jnz 1b\n"
		".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
		"vmovdqu %%ymm\\n, \\n*32(%2)\n"
		".endr\n"
		: "+r"(turns)
		: "r"(given), "r"(found)
		: "memory", "ymm0", "ymm1", "ymm2", "ymm3", "ymm4", "ymm5", "ymm6", "ymm7", "ymm8",
		  "ymm9", "ymm10", "ymm11", "ymm12", "ymm13", "ymm14", "ymm15");
}

int main(int argc, char **argv)
{
	uint64_t end = now_ms() + (argc > 1 ? strtoul(argv[1], NULL, 0) : 1000), rounds = 0;
	unsigned int i;

	if (!__builtin_cpu_supports("avx2")) {
		fprintf(stderr, "registers: this CPU has no AVX2\n");
		return 4;
	}
	while (now_ms() < end) {
		for (i = 0; i < sizeof(given); i++)
			given[i / 32][i % 32] = i * 31 + rounds;
		memset(found, 0, sizeof(found));
		spin();
		if (memcmp(given, found, sizeof(given))) {
			fprintf(stderr, "registers: changed in round %llu\n", (unsigned long long)rounds);
			return 1;
		}
		rounds++;
	}
	printf("%llu rounds\n", (unsigned long long)rounds);
	return 0;
}
