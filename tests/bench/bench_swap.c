// SPDX-License-Identifier: BSD-2-Clause
/*
 * What changing the model costs, and that no packet notices half of it: how long a slot is filled
 * and flipped to while packets run, and how many of so many inferences mixed two generations.
 */
#include <jansson.h>

#include "../prog/swap.h"
#include "bench.h"

#define FAIR_S		30		/* unless told otherwise; as many inferences as fit */
#define FAIR_MOST_S	3600
#define NS		1000000000ull
#define SPOILED_S	1		/* of models that are changed without grace */
#define SWAPS_PER_S	50		/* at most: each has a grace of 20 ms */

static struct swap swap;
static uint64_t graced_ns;		/* when the latest grace was over */

static uint64_t ns_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NS + t.tv_nsec;
}

/* In place of the C library's: tlml_maps_publish() waits by it, which is no part of the swap. */
int nanosleep(const struct timespec *time, struct timespec *left)
{
	int err = clock_nanosleep(CLOCK_MONOTONIC, 0, time, left);

	graced_ns = ns_now();
	return err;
}

int main(int argc, char **argv)
{
	uint64_t began, inferences, mixed;
	unsigned int n = 0, most;
	double median, worst, *swapped_us;
	long fair_s = FAIR_S;
	json_t *j;

	if (argc == 3)
		fair_s = strtol(argv[2], NULL, 10);
	if (argc < 2 || argc > 3 || fair_s < 1 || fair_s > FAIR_MOST_S)
		return fprintf(stderr, "usage: bench_swap OUT.json [SECONDS, 1 to %d]\n",
			       FAIR_MOST_S), 2;
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		return fprintf(stderr, "bench_swap: needs a CPU for packets and one for models\n"), 1;
	most = fair_s * SWAPS_PER_S;
	swapped_us = calloc(most, sizeof(*swapped_us));
	if (!swapped_us)
		return fprintf(stderr, "bench_swap: no memory for %u times\n", most), 1;
	swap_open(&swap);
	swap_begin(&swap);
	for (began = ns_now(); ns_now() - began < fair_s * NS && n < most; n++) {
		swap_publish(&swap);
		swapped_us[n] = (ns_now() - graced_ns) / 1e3;
	}
	swap_end(&swap);
	inferences = swap_inferences(&swap);
	mixed = swap_mixed(&swap);
	swap_begin(&swap);
	for (began = ns_now(); ns_now() - began < SPOILED_S * NS;)
		swap_without_grace(&swap);
	swap_end(&swap);

	qsort(swapped_us, n, sizeof(swapped_us[0]), bench_ascending);
	median = swapped_us[n / 2];
	worst = swapped_us[n * 99 / 100];
	printf("\n%u models published to %llu inferences\n", n, (unsigned long long)inferences);
	bench_target("swap: fill, read back and flip, us", median, 100, 0);
	bench_target("the same, 99 of 100 at most", worst, 100, 0);
	bench_target("inferences that mixed two generations", mixed, 0, 0);
	printf("%-52s %7llu of %llu\n", "the same without grace, to see that it would show",
	       (unsigned long long)swap_mixed(&swap), (unsigned long long)swap_inferences(&swap));
	j = json_pack("{s:i, s:I, s:I, s:f, s:f, s:I}", "models", n, "inferences",
		      (json_int_t)inferences, "mixed", (json_int_t)mixed, "swap_us", median,
		      "swap_p99_us", worst, "mixed_without_grace", (json_int_t)swap_mixed(&swap));
	swap_close(&swap);
	free(swapped_us);
	if (!j || json_dump_file(j, argv[1], JSON_INDENT(1)))
		return perror(argv[1]), 1;
	json_decref(j);
	return 0;
}
