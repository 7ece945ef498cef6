// SPDX-License-Identifier: BSD-2-Clause
/*
 * ns per packet of the data path over an empty program, beside a conventional classifier: medians
 * of interleaved rounds in one process on one CPU. Ratios carry over to other machines.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <jansson.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "../../tools/lib/object.h"
#include "../golden/mkmodel.h"
#include "bench.skel.h"
#include "tlml.skel.h"

#define ROUNDS	5
#define REPEAT	300000

/*
 * Packets per flow at 64 quantiles of the labelled captures that tlml is developed on (91,597
 * flows): most have one or two packets, which makes the mix a hard one.
 */
static const __u16 lengths[64] = {
	1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
	1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
	3, 3, 4, 6, 6, 8, 10, 11, 11, 12, 13, 15, 18, 26, 41, 166,
};

/* One row: a program in a setting. */
struct row {
	const char *key, *title;
	unsigned int flows, lines;	/* 0 flows: every packet is a new one */
	int mix, always, conventional, infers;
	struct tlml_object object;
	struct bench_bpf *skel;
	int fd;
	double ns[ROUNDS];
};

static struct row rows[] = {
	{ "floor_ns", "empty program", 1024, 65536 },
	{ "hot_ns", "tlml, 1,024 hot flows, decided", 1024, 65536 },
	{ "hot_100k_ns", "tlml, 131,072 flows, decided", 1 << 17, 1 << 18 },
	{ "hot_1m_ns", "tlml, 1,048,576 flows, decided", 1 << 20, 1 << 21 },
	{ "flood_ns", "tlml, all-new flows", 0, 65536 },
	{ "mix_ns", "tlml, flows as captured, decision points", 1024, 65536, .mix = 1 },
	{ "infer_every_ns", "tlml, inference on every packet", 1024, 65536, .always = 1 },
	{ "conventional_hot_ns", "conventional, hot flows", 1024, 65536, .conventional = 1 },
	{ "conventional_flood_ns", "conventional, all-new flows", 0, 65536, .conventional = 1 },
	{ "conventional_infer_ns", "conventional, inference on every packet", 1024, 65536,
	  .conventional = 1, .infers = 1 },
};

#define ROWS	(sizeof(rows) / sizeof(rows[0]))

/* Ethernet, IPv4, TCP ACK from 10.0.0.1:1024 to 192.0.2.1:443, 60 bytes. */
static const unsigned char frame[60] = {
	2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0,
	0x45, 0, 0, 46, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 192, 0, 2, 1,
	4, 0, 1, 187, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 1, 0, 0, 0, 0, 0,
};

static int quiet(enum libbpf_print_level level, const char *fmt, va_list args)
{
	return 0;
}

/* ns per run, or a negative -errno. */
static double measure(int fd, unsigned int repeat)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = sizeof(frame),
		    .repeat = repeat);

	return bpf_prog_test_run_opts(fd, &opts) ? -errno : (double)opts.duration;
}

/* The model of every row: 32-32-16-4 without anomaly head, as the target says. */
static int publish(struct tlml_object *o, struct tlml_error *e)
{
	struct tlml_model m;
	size_t size;
	void *blob = tlml_mkmodel_random(1, 32, 16, 4, 0, &size);
	int err = blob ? tlml_model_parse(blob, size, "random", &m, e) : -ENOMEM;

	free(blob);
	if (err)
		return err;
	err = tlml_maps_publish(&o->maps, &m, e);
	tlml_model_free(&m);
	return err;
}

static void reuse(struct bpf_object *obj, const struct tlml_object *o)
{
	static const char *const names[] = { TLML_MAP_CTL, TLML_MAP_FLOWS, TLML_MAP_SOURCES,
					     TLML_MAP_WEIGHTS };

	for (int i = 0; i < 4; i++)
		bpf_map__reuse_fd(bpf_object__find_map_by_name(obj, names[i]), o->maps.fds[i]);
	bpf_map__reuse_fd(bpf_object__find_map_by_name(obj, TLML_MAP_CLOCK),
			  bpf_map__fd(o->skel->maps.tlml_clock_v1));
	bpf_map__reuse_fd(bpf_object__find_map_by_name(obj, TLML_MAP_STATS), o->maps.stats_fd);
	bpf_map__reuse_fd(bpf_object__find_map_by_name(obj, TLML_MAP_RING), o->maps.ring_fd);
	bpf_map__reuse_fd(bpf_object__find_map_by_name(obj, TLML_MAP_ALLOW), o->maps.allow_fd);
	bpf_map__reuse_fd(bpf_object__find_map_by_name(obj, TLML_MAP_BUDGET),
			  bpf_map__fd(o->skel->maps.tlml_budget_v1));
}

static int row_open(struct row *r, struct tlml_error *e)
{
	struct tlml_object_options options = { .flows = r->lines, .sources = 16384, .clock = true };
	struct bpf_program *prog;
	int err = tlml_object_load(&options, &r->object, e);

	if (!err)
		err = publish(&r->object, e);
	if (err)
		return err;
	r->skel = bench_bpf__open();
	if (!r->skel)
		return tlml_error_set(e, errno, "cannot open the bench object");
	reuse(r->skel->obj, &r->object);
	r->skel->rodata->bench_flows = r->flows;
	r->skel->rodata->bench_mix = r->mix;
	r->skel->rodata->tlml_decide_always = r->always;
	r->skel->rodata->conventional_infers = r->infers;
	memcpy(r->skel->bss->bench_lengths, lengths, sizeof(lengths));
	prog = r == rows ? r->skel->progs.bench_empty :
	       r->conventional ? r->skel->progs.bench_conventional : r->skel->progs.bench_tlml;
	err = bench_bpf__load(r->skel);
	if (err)
		return tlml_error_set(e, -err, "cannot load the bench object: %s", strerror(-err));
	r->fd = bpf_program__fd(prog);
	/* Flows past their last decision point, but where decisions are what is measured. */
	if (measure(r->fd, r->flows && !r->mix ? r->flows * 40 : REPEAT) < 0)
		return tlml_error_set(e, errno, "cannot run %s: %s", r->key, strerror(errno));
	return 0;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(struct row *r)
{
	qsort(r->ns, ROUNDS, sizeof(r->ns[0]), ascending);
	return r->ns[ROUNDS / 2];
}

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
		printf("%-52s %7.1f  (%s %.0f) %s\n", t[i].what, t[i].is,
		       t[i].at_least ? "at least" : "at most", t[i].limit,
		       (t[i].at_least ? t[i].is >= t[i].limit : t[i].is <= t[i].limit) ? "met" : "MISSED");
}

int main(int argc, char **argv)
{
	json_t *j = json_object();
	struct tlml_error e;
	cpu_set_t cpu;
	double floor;

	if (argc != 2)
		return fprintf(stderr, "usage: bench OUT.json\n"), 2;
	libbpf_set_print(quiet);
	CPU_ZERO(&cpu);
	CPU_SET(sysconf(_SC_NPROCESSORS_ONLN) - 1, &cpu);
	sched_setaffinity(0, sizeof(cpu), &cpu);
	/* Others on the machine may cost cache, but should not cost the CPU. */
	sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){ .sched_priority = 50 });
	for (unsigned int i = 0; i < ROWS; i++)
		if (row_open(&rows[i], &e))
			return fprintf(stderr, "bench: %s: %s\n", rows[i].key, e.text), 1;
	for (int round = 0; round < ROUNDS; round++)
		for (unsigned int i = 0; i < ROWS; i++)
			rows[i].ns[round] = measure(rows[i].fd, REPEAT);
	floor = median(&rows[0]);
	printf("%-52s %7s\n%-52s %7.0f\n", "ns per packet over the empty program", "median",
	       "(the empty program itself)", floor);
	json_object_set_new(j, rows[0].key, json_real(floor));
	for (unsigned int i = 1; i < ROWS; i++) {
		double ns = median(&rows[i]) - floor;

		json_object_set_new(j, rows[i].key, json_real(ns));
		printf("%-52s %7.0f\n", rows[i].title, ns);
	}
	json_object_set_new(j, "infer_ns", json_real(of(j, "infer_every_ns") - of(j, "hot_ns")));
	putchar('\n');
	targets(j);
	if (json_dump_file(j, argv[1], JSON_INDENT(1)))
		return perror(argv[1]), 1;
	for (unsigned int i = 0; i < ROWS; i++) {
		bench_bpf__destroy(rows[i].skel);
		tlml_object_close(&rows[i].object);
	}
	json_decref(j);
	return 0;
}
