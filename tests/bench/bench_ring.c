// SPDX-License-Identifier: BSD-2-Clause
/*
 * What telling user space costs: records a second that tlmld's reader takes in while another CPU
 * makes as many as it can, and ns per packet with a reader that keeps up and with none.
 */
#include <jansson.h>
#include <pthread.h>

#include "../../daemon/case.h"
#include "../../daemon/ring.h"
#include "bench.h"

#define SATURATE	1000000		/* decisions of one round, each a record */
#define SETTLE_NS	5000000		/* several looks of the reader */
#define AUDIT		2		/* a quarter of flows that get to packet 8, 4 % of all */
#define TURNS		51		/* of the states: what is looked for is a few per cent */

/*
 * The same kind of flows in the same tables, one state after the other: told of or not, read or
 * not. What a reader that stalls costs a packet is the last state against the one before it; that
 * against the first, where nothing is told, is the harder question, and is asked here, too.
 */
enum { SILENT, READ, STALLED, STATES };

static const struct {
	const char *key, *title;
} states[STATES] = {
	{ "silent_ns", "nothing is told" },
	{ "read_ns", "4 % of flows are asked about, and read" },
	{ "stalled_ns", "the same, but nobody reads: the ring is full" },
};

static struct bench_row floor_row = { "floor_ns", "", 1024, 65536, BENCH_EMPTY, .mix = 1 };
static struct bench_row mix = { "mix", "", 1024, 65536, .mix = 1 };
static struct bench_row maker = { "saturated", "", 1024, 65536, .always = 1 };

/* A thread that reads a ring as tlmld does, on a CPU of its own. */
struct reader {
	struct tlml_object *object;
	struct tlml_loop *loop;
	struct tlml_ring *ring;
	struct tlml_op look;		/* whether it is to end */
	struct tlml_case latest;
	uint64_t taken;			/* records */
	int ends, failed;
	pthread_t thread;
};

static void take(void *arg, const void *data, size_t size)
{
	struct reader *r = arg;

	/* What tlmld does first: check it, and lay it out. */
	if (size == sizeof(struct tlml_record))
		r->failed |= tlml_case_begin(&r->latest, data, size);
	__atomic_store_n(&r->taken, r->taken + 1, __ATOMIC_RELAXED);
}

static void closed(void *arg)
{
	tlml_loop_stop(arg);
}

static void look(struct tlml_op *op, int res)
{
	struct reader *r = op->arg;

	if (__atomic_load_n(&r->ends, __ATOMIC_ACQUIRE))
		tlml_ring_close(r->ring, closed, r->loop);
	else
		tlml_loop_timer(r->loop, op, tlml_loop_now() + 10 * 1000 * 1000);
}

static void *reader_run(void *arg)
{
	struct reader *r = arg;
	struct tlml_maps *m = &r->object->maps;
	struct tlml_error e;

	bench_pin(0);
	r->look = (struct tlml_op){ .done = look, .arg = r };
	if (tlml_loop_new(TLML_LOOP_AUTO, &r->loop, &e) ||
	    tlml_ring_open(r->loop, m->ring_fd, &m->ctl->ring_idle, take, r, &r->ring, &e)) {
		fprintf(stderr, "bench_ring: %s\n", e.text);
		exit(1);
	}
	tlml_loop_timer(r->loop, &r->look, tlml_loop_now());
	r->failed |= tlml_loop_run(r->loop, &e);
	tlml_loop_free(r->loop);
	return NULL;
}

static int reader_start(struct reader *r, struct tlml_object *object)
{
	*r = (struct reader){ .object = object };
	return pthread_create(&r->thread, NULL, reader_run, r);
}

static int reader_end(struct reader *r)
{
	__atomic_store_n(&r->ends, 1, __ATOMIC_RELEASE);
	pthread_join(r->thread, NULL);
	return r->failed;
}

static uint64_t counted(const struct bench_row *r, enum tlml_stat id)
{
	struct tlml_stats s;
	struct tlml_error e;

	return tlml_maps_stats(&r->object.maps, &s, &e) ? 0 : s.count[id];
}

/* Every packet a record, as fast as one CPU goes. */
static int saturate(json_t *j, struct tlml_error *e)
{
	double per_s[ROUNDS], made_per_s[ROUNDS];
	struct tlml_ctl *ctl;
	struct reader reader;
	int err = bench_open(&maker, e);

	if (err)
		return err;
	ctl = maker.object.maps.ctl;
	ctl->trace = 1;
	ctl->report_rate = 1u << 31;
	ctl->report_burst = (1 << 24) - 1;
	if (reader_start(&reader, &maker.object))
		return tlml_error_set(e, errno, "no thread for the reader");
	err = bench_warm(&maker, e);
	for (int round = 0; !err && round < ROUNDS; round++) {
		uint64_t made = counted(&maker, TLML_STAT_inferences);
		uint64_t taken = __atomic_load_n(&reader.taken, __ATOMIC_RELAXED);
		double ns = bench_measure(&maker, SATURATE);

		nanosleep(&(struct timespec){ .tv_nsec = SETTLE_NS }, NULL);
		made = counted(&maker, TLML_STAT_inferences) - made;
		taken = __atomic_load_n(&reader.taken, __ATOMIC_RELAXED) - taken;
		per_s[round] = taken / (ns * SATURATE) * 1e9;
		made_per_s[round] = made / (ns * SATURATE) * 1e9;
	}
	if (reader_end(&reader) && !err)
		err = tlml_error_set(e, EPROTO, "the reader was given what is no record");
	bench_close(&maker);
	json_object_set_new(j, "records_made_per_s", json_real(bench_median(made_per_s)));
	json_object_set_new(j, "records_read_per_s", json_real(bench_median(per_s)));
	return err;
}

/* Puts more into the ring than it holds. */
static int fill(struct bench_row *r, struct tlml_error *e)
{
	struct tlml_ctl *ctl = r->object.maps.ctl;
	uint64_t lost = counted(r, TLML_STAT_ring_full);

	ctl->trace = 1;
	ctl->report_rate = 1u << 31;
	ctl->report_burst = (1 << 24) - 1;
	for (int tries = 0; tries < 20 && counted(r, TLML_STAT_ring_full) == lost; tries++)
		bench_measure(r, REPEAT);
	ctl->trace = 0;
	return counted(r, TLML_STAT_ring_full) > lost ? 0 :
	       tlml_error_set(e, EPROTO, "the ring does not fill");
}

/*
 * One state's turn: a ring filled anew, whoever reads it, as that leaves its trace in caches; then
 * first packets of flows that the state before left, and then those that count.
 */
static int enter(int state, double *ns, struct tlml_error *e)
{
	struct tlml_ctl *ctl = mix.object.maps.ctl;
	struct reader reader;
	int err = fill(&mix, e);

	/* Questions without a budget: what counts is what they cost the packets that ask them. */
	for (int i = 0; i < TLML_BUDGETS; i++)
		ctl->ask[i] = (struct tlml_rate){ (1 << 24) - 1, (1 << 24) - 1 };
	ctl->audit = state == SILENT ? 0 : AUDIT;
	if (!err && state != STALLED && reader_start(&reader, &mix.object))
		err = tlml_error_set(e, errno, "no thread for the reader");
	if (err)
		return err;
	bench_measure(&mix, REPEAT);
	*ns = bench_measure(&mix, REPEAT);
	if (state != STALLED && reader_end(&reader))
		return tlml_error_set(e, EPROTO, "the reader was given what is no record");
	return 0;
}

/* One state against another, of the same turn, which the rest of the machine disturbs alike. */
static double more_percent(double ns[STATES + 1][TURNS], int state, int than)
{
	double ratio[TURNS];

	for (int turn = 0; turn < TURNS; turn++)
		ratio[turn] = (ns[state][turn] - ns[STATES][turn]) /
			      (ns[than][turn] - ns[STATES][turn]);
	return (bench_median_of(ratio, TURNS) - 1) * 100;
}

static int stall(json_t *j, struct tlml_error *e)
{
	static double ns[STATES + 1][TURNS];	/* the last: of the empty program */
	int err = bench_open(&floor_row, e);
	double floor;

	if (!err)
		err = bench_open(&mix, e);
	if (!err)
		err = bench_warm(&mix, e);
	for (int turn = 0; !err && turn < TURNS; turn++) {
		ns[STATES][turn] = bench_measure(&floor_row, REPEAT);
		for (int state = 0; !err && state < STATES; state++)
			err = enter(state, &ns[state][turn], e);
	}
	if (err)
		return err;
	json_object_set_new(j, "stalled_over_read_percent",
			    json_real(more_percent(ns, STALLED, READ)));
	json_object_set_new(j, "stalled_over_silent_percent",
			    json_real(more_percent(ns, STALLED, SILENT)));
	floor = bench_median_of(ns[STATES], TURNS);
	for (int state = 0; state < STATES; state++) {
		double more = bench_median_of(ns[state], TURNS) - floor;

		json_object_set_new(j, states[state].key, json_real(more));
		printf("%-52s %7.0f\n", states[state].title, more);
	}
	bench_close(&mix);
	bench_close(&floor_row);
	return 0;
}

static double of(const json_t *j, const char *key)
{
	return json_number_value(json_object_get(j, key));
}

int main(int argc, char **argv)
{
	json_t *j = json_object();
	struct tlml_error e;

	if (argc != 2)
		return fprintf(stderr, "usage: bench_ring OUT.json\n"), 2;
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		return fprintf(stderr, "bench_ring: needs a CPU for packets and one for the reader\n"), 1;
	libbpf_set_print(bench_quiet);
	bench_pin(sysconf(_SC_NPROCESSORS_ONLN) - 1);
	printf("\n%-55s %4s\n", "ns per packet over the empty program, flows as captured", "median");
	if (stall(j, &e) || saturate(j, &e))
		return fprintf(stderr, "bench_ring: %s\n", e.text), 1;
	printf("%-52s %7.1f\n\n", "records made at saturation, millions a second",
	       of(j, "records_made_per_s") / 1e6);
	bench_target("records read, millions a second", of(j, "records_read_per_s") / 1e6, 1, 1);
	bench_target("a ring that nobody reads, % over one that is read",
		     of(j, "stalled_over_read_percent"), 5, 0);
	bench_target("the same, % over telling nothing",
		     of(j, "stalled_over_silent_percent"), 5, 0);
	if (json_dump_file(j, argv[1], JSON_INDENT(1)))
		return perror(argv[1]), 1;
	json_decref(j);
	return 0;
}
