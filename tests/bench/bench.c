// SPDX-License-Identifier: BSD-2-Clause
/*
 * ns per packet of the data path over an empty program, beside a conventional classifier: medians
 * of interleaved rounds in one process on one CPU. Ratios carry over to other machines.
 */
#include <jansson.h>

#include "bench.h"

static struct bench_row rows[] = {
	{ "floor_ns", "empty program", 1024, 65536, BENCH_EMPTY },
	{ "floor_mix_ns", "(the same with flows as captured)", 1024, 65536, BENCH_EMPTY, .mix = 1 },
	{ "hot_ns", "tlml, 1,024 hot flows, decided", 1024, 65536 },
	{ "hot_100k_ns", "tlml, 131,072 flows, decided", 1 << 17, 1 << 18 },
	{ "hot_1m_ns", "tlml, 1,048,576 flows, decided", 1 << 20, 1 << 21 },
	{ "flood_ns", "tlml, all-new flows", 0, 65536 },
	{ "mix_ns", "tlml, flows as captured, decision points", 1024, 65536, .mix = 1 },
	{ "infer_every_ns", "tlml, inference on every packet", 1024, 65536, .always = 1 },
	{ "conventional_hot_ns", "conventional, hot flows", 1024, 65536, .program = BENCH_CONVENTIONAL },
	{ "conventional_flood_ns", "conventional, all-new flows", 0, 65536, .program = BENCH_CONVENTIONAL },
	{ "conventional_infer_ns", "conventional, inference on every packet", 1024, 65536,
	  .program = BENCH_CONVENTIONAL, .infers = 1 },
};

#define ROWS	(sizeof(rows) / sizeof(rows[0]))

static double of(const json_t *j, const char *key)
{
	return json_number_value(json_object_get(j, key));
}

/* The bounds that the design set, met or not. */
static void targets(const json_t *j)
{
	const struct {
		const char *what;
		double is, limit;
		int at_least;
	} t[] = {
		{ "hot flows without inference, ns", of(j, "hot_ns"), 35, 0 },
		{ "one 32-32-16-4 decision, ns more", of(j, "infer_ns"), 110, 0 },
		{ "decision points on captured flows, ns", of(j, "mix_ns"), 60, 0 },
		{ "all-new flows, ns", of(j, "flood_ns"), 90, 0 },
		{ "1 M flows, ns", of(j, "hot_1m_ns"), 150, 0 },
		{ "times cheaper than conventional with inference",
		  of(j, "conventional_infer_ns") / of(j, "mix_ns"), 5, 1 },
		{ "times cheaper than conventional without",
		  of(j, "conventional_hot_ns") / of(j, "hot_ns"), 2, 1 },
		{ "times cheaper, inference on every packet in both",
		  of(j, "conventional_infer_ns") / of(j, "infer_every_ns"), 1, 1 },
	};

	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		bench_target(t[i].what, t[i].is, t[i].limit, t[i].at_least);
}

int main(int argc, char **argv)
{
	json_t *j = json_object();
	struct tlml_error e;
	double floor;

	if (argc != 2)
		return fprintf(stderr, "usage: bench OUT.json\n"), 2;
	libbpf_set_print(bench_quiet);
	bench_pin(sysconf(_SC_NPROCESSORS_ONLN) - 1);
	for (unsigned int i = 0; i < ROWS; i++)
		if (bench_open(&rows[i], &e) || bench_warm(&rows[i], &e))
			return fprintf(stderr, "bench: %s: %s\n", rows[i].key, e.text), 1;
	for (int round = 0; round < ROUNDS; round++)
		for (unsigned int i = 0; i < ROWS; i++)
			rows[i].ns[round] = bench_measure(&rows[i], REPEAT);
	floor = bench_median(rows[0].ns);
	printf("%-52s %7s\n%-52s %7.0f\n", "ns per packet over the empty program", "median",
	       "(the empty program itself)", floor);
	json_object_set_new(j, rows[0].key, json_real(floor));
	for (unsigned int i = 1; i < ROWS; i++) {
		double ns = bench_median(rows[i].ns) -
			    (rows[i].mix && i > 1 ? bench_median(rows[1].ns) : floor);

		json_object_set_new(j, rows[i].key, json_real(ns));
		printf("%-52s %7.0f\n", rows[i].title, ns);
	}
	json_object_set_new(j, "infer_ns", json_real(of(j, "infer_every_ns") - of(j, "hot_ns")));
	putchar('\n');
	targets(j);
	if (json_dump_file(j, argv[1], JSON_INDENT(1)))
		return perror(argv[1]), 1;
	for (unsigned int i = 0; i < ROWS; i++)
		bench_close(&rows[i]);
	json_decref(j);
	return 0;
}
