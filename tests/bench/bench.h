/* SPDX-License-Identifier: BSD-2-Clause */
/* What the benchmarks share: a program in a setting, run by the kernel over and over. */
#ifndef TLML_BENCH_H
#define TLML_BENCH_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "../../tools/lib/object.h"
#include "../golden/mkmodel.h"
#include "bench.skel.h"
#include "tlml.skel.h"

/* Short ones in turn: what else the machine does then costs all rows alike. */
#define ROUNDS	31
#define REPEAT	100000
#define WARM	(REPEAT * 15)

enum bench_program { BENCH_TLML, BENCH_EMPTY, BENCH_CONVENTIONAL };

struct bench_row {
	const char *key, *title;
	unsigned int flows, lines;	/* 0 flows: every packet is a new one */
	enum bench_program program;
	int mix, always, infers;
	struct tlml_object object;
	struct bench_bpf *skel;
	int fd;
	double ns[ROUNDS];
};

/*
 * Packets per flow at 64 quantiles of the labelled captures that tlml is developed on (91,597
 * flows): most have one or two packets, which makes the mix a hard one.
 */
static const __u16 bench_quantiles[64] = {
	1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
	1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
	3, 3, 4, 6, 6, 8, 10, 11, 11, 12, 13, 15, 18, 26, 41, 166,
};

/* Ethernet, IPv4, TCP ACK from 10.0.0.1:1024 to 192.0.2.1:443, 60 bytes. */
static const unsigned char bench_frame[60] = {
	2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0,
	0x45, 0, 0, 46, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 192, 0, 2, 1,
	4, 0, 1, 187, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 1, 0, 0, 0, 0, 0,
};

static inline int bench_quiet(enum libbpf_print_level level, const char *fmt, va_list args)
{
	return 0;
}

/* This thread on that CPU alone: others on the machine may cost cache, but should not cost it. */
static inline void bench_pin(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){ .sched_priority = 50 });
}

/* ns per run, or a negative -errno. */
static inline double bench_measure(const struct bench_row *r, unsigned int repeat)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = bench_frame,
		    .data_size_in = sizeof(bench_frame), .repeat = repeat);

	return bpf_prog_test_run_opts(r->fd, &opts) ? -errno : (double)opts.duration;
}

/* The model of every row: 32-32-16-4 without anomaly head, as the target says. */
static inline int bench_publish(struct tlml_object *o, struct tlml_error *e)
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

/* The program with a generator before it works on the maps of the object. */
static inline void bench_reuse(struct bpf_object *obj, const struct tlml_object *o)
{
	struct bpf_map *map, *own;

	bpf_object__for_each_map(map, obj) {
		own = bpf_object__find_map_by_name(o->skel->obj, bpf_map__name(map));
		if (own && !bpf_map__is_internal(map))
			bpf_map__reuse_fd(map, bpf_map__fd(own));
	}
}

/* Loads what a row runs; with tlml_object_close() and bench_bpf__destroy() it is gone. */
static inline int bench_open(struct bench_row *r, struct tlml_error *e)
{
	struct tlml_object_options options = {
		.flows = r->lines, .sources = 16384, .clock = !r->mix,
	};
	struct bpf_program *prog;
	int err = tlml_object_load(&options, &r->object, e);

	if (!err)
		err = bench_publish(&r->object, e);
	if (err)
		return err;
	r->skel = bench_bpf__open();
	if (!r->skel)
		return tlml_error_set(e, errno, "cannot open the bench object");
	bench_reuse(r->skel->obj, &r->object);
	r->skel->rodata->bench_flows = r->flows;
	r->skel->rodata->bench_mix = r->mix;
	r->skel->rodata->tlml_decide_always = r->always;
	r->skel->rodata->conventional_infers = r->infers;
	memcpy(r->skel->bss->bench_lengths, bench_quantiles, sizeof(bench_quantiles));
	prog = r->program == BENCH_EMPTY ? r->skel->progs.bench_empty :
	       r->program == BENCH_CONVENTIONAL ? r->skel->progs.bench_conventional :
						  r->skel->progs.bench_tlml;
	err = bench_bpf__load(r->skel);
	if (err)
		return tlml_error_set(e, -err, "cannot load the bench object: %s", strerror(-err));
	r->fd = bpf_program__fd(prog);
	return 0;
}

/* Runs a row until it is in the state to be measured. */
static inline int bench_warm(struct bench_row *r, struct tlml_error *e)
{
	/*
	 * Flows past their last decision point, but where decisions are what is measured; in the
	 * mix as many end as begin, and the table is as full as it gets.
	 */
	if (bench_measure(r, r->flows && !r->mix ? r->flows * 40 : WARM) < 0)
		return tlml_error_set(e, errno, "cannot run %s: %s", r->key, strerror(errno));
	return 0;
}

static inline void bench_close(struct bench_row *r)
{
	bench_bpf__destroy(r->skel);
	tlml_object_close(&r->object);
}

static inline int bench_ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static inline double bench_median_of(double *v, unsigned int n)
{
	qsort(v, n, sizeof(v[0]), bench_ascending);
	return v[n / 2];
}

static inline double bench_median(double ns[ROUNDS])
{
	return bench_median_of(ns, ROUNDS);
}

/* A figure beside the bound that the design set for it, met or not. */
static inline void bench_target(const char *what, double is, double limit, int at_least)
{
	printf("%-52s %7.1f  (%s %.0f) %s\n", what, is, at_least ? "at least" : "at most", limit,
	       (at_least ? is >= limit : is <= limit) ? "met" : "MISSED");
}

#endif
