// SPDX-License-Identifier: BSD-2-Clause
/* How long a step takes, and how long it is from labels to a model that is live. */
#include "bench_learn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../../daemon/generations.h"
#include "../../../daemon/learn/anchor.h"
#include "../../../daemon/learn/gate.h"
#include "../../../daemon/learn/rand.h"

#define CLASSES	4
#define FLOWS	4000	/* of the anchor, a fifth of them golden */
#define ANSWERS	1000
#define AUDITS	200
#define ROUNDS	20	/* the fastest counts */

/* A class shows in two features; the last one has moved to others. */
static void features(uint8_t *x, unsigned int klass, int moved, uint64_t *seed)
{
	unsigned int i;

	for (i = 0; i < TLML_FEATURES_MAX; i++)
		x[i] = tlml_rand_below(seed, 90);
	klass += moved && klass == CLASSES - 1 ? 8 : 0;
	x[klass] = x[klass + 16] = 70 + tlml_rand_below(seed, 50);
}

static void make_set(struct tlml_set *set, uint64_t *seed)
{
	static const struct tlml_class_info classes[CLASSES] = {
		{ "alpha" }, { "bravo" }, { "charlie", 1 }, { "delta", 1 },
	};
	struct tlml_error e;
	unsigned int i;

	memcpy(set->classes, classes, sizeof(classes));
	set->fixed = set->n_classes = CLASSES;
	for (i = 0; i < FLOWS; i++) {
		struct tlml_sample s = { .flow = set->next_flow++, .label = i % CLASSES,
					 .point = 1 };

		s.capture = i % 5 ? tlml_set_capture(set, "rehearsed", TLML_ANCHOR_REHEARSE, &e) :
				    tlml_set_capture(set, "golden", TLML_ANCHOR_GOLDEN, &e);
		features(s.x, s.label, 0, seed);
		must(tlml_set_add(set, &s, &e), &e);
	}
	must(tlml_set_index(set, &e), &e);
}

static void make_answers(struct tlml_reservoir *r, const struct tlml_set *set, unsigned int n,
			 uint64_t *seed)
{
	struct tlml_error e;
	unsigned int i;

	must(tlml_reservoir_init(r, set->classes, CLASSES, n, 100, 1, &e), &e);
	for (i = 0; i < n; i++) {
		struct tlml_answered a = { .label = TLML_UNLABELLED };
		float p[CLASSES] = { 0.02f, 0.02f, 0.02f, 0.02f };

		p[i % CLASSES] = 0.94f;
		tlml_answered_set(&a, p, CLASSES);
		features(a.x, i % CLASSES, 1, seed);
		tlml_reservoir_add(r, &a);
	}
}

static void *shared(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		exit(1);
	return p;
}

/* A data path in memory, and where its models are kept: on the disk of the working directory. */
struct live {
	char state[32], dir[64];
	struct tlml_maps maps;
	struct tlml_generations *generations;
};

static void live_begin(struct live *l)
{
	struct tlml_error e;

	l->maps = (struct tlml_maps){ .ctl = shared(sizeof(*l->maps.ctl)),
				      .weights = shared(TLML_SLOTS * sizeof(*l->maps.weights)),
				      .wide = shared(TLML_SLOTS * sizeof(*l->maps.wide)) };
	strcpy(l->state, "bench-learn-XXXXXX");
	if (!mkdtemp(l->state))
		exit(1);
	snprintf(l->dir, sizeof(l->dir), "%s/eth0", l->state);
	must(tlml_generations_open(l->dir, &l->generations, &e), &e);
}

static void live_end(struct live *l)
{
	char command[64];

	tlml_generations_close(l->generations);
	snprintf(command, sizeof(command), "rm -r '%s'", l->state);
	if (system(command))
		printf("%s stays\n", l->state);
}

/* Signed, on disk, in its slot, read back, decided by; seconds by the wall, as disks take them. */
static double live_publish(struct live *l, struct tlml_model *m)
{
	struct timespec from, to;
	struct tlml_error e;

	tlml_model_renumber(m, tlml_generations_next(l->generations, &l->maps));
	clock_gettime(CLOCK_MONOTONIC, &from);
	must(tlml_generations_publish(l->generations, &l->maps, m->file, m->file_size, "bench", &e),
	     &e);
	clock_gettime(CLOCK_MONOTONIC, &to);
	return to.tv_sec - from.tv_sec + (to.tv_nsec - from.tv_nsec) * 1e-9;
}

void bench_speed(void)
{
	struct tlml_distil *d = calloc(1, sizeof(*d));
	double step = 1, learn = 1, blob = 1, gate = 1, publish = 1, t[5];
	struct tlml_reservoir answers, audits;
	struct tlml_view anchor, golden;
	struct tlml_gate_report report;
	struct tlml_model model, m;
	unsigned int round, k;
	struct tlml_set set = { 0 };
	struct tlml_draw draw;
	struct tlml_error e;
	uint64_t seed = 1;
	struct live live;
	size_t size;
	void *out;

	live_begin(&live);
	make_set(&set, &seed);
	make_answers(&answers, &set, ANSWERS, &seed);
	make_answers(&audits, &set, AUDITS, &seed);
	must(tlml_set_view(&set, TLML_ANCHOR_REHEARSE, &anchor, &e), &e);
	must(tlml_set_view(&set, TLML_ANCHOR_GOLDEN, &golden, &e), &e);
	must(tlml_draw_init(&draw, &anchor, TLML_DRAW_NET, &e), &e);
	model_train(&draw, (unsigned int[]){ 32, 16 }, STEPS, &golden, &anchor, 1, &model);
	for (round = 0; round < ROUNDS; round++) {
		struct tlml_gate g = { .incumbent = &model, .candidate = &m, .trained = &d->net,
				       .golden = &golden, .audits = &audits,
				       .limits = TLML_GATE_LIMITS };

		t[0] = cpu_now();
		must(tlml_lessons_take(&d->lessons, &answers, &e), &e);
		tlml_distil_begin(d, &model, &draw, 1);
		t[1] = cpu_now();
		for (k = 0; k < STEPS; k++)
			tlml_distil_step(d, tlml_rate(RATE, k, STEPS));
		t[2] = cpu_now();
		out = tlml_distil_blob(d, &model, &golden, &anchor, "{}", &size, &e);
		must(!out, &e);
		must(tlml_model_parse(out, size, "candidate", &m, &e), &e);
		t[3] = cpu_now();
		must(tlml_gate_pass(&g, &report, &e), &e);
		t[4] = cpu_now();
		step = fmin(step, (t[2] - t[1]) / STEPS);
		learn = fmin(learn, t[2] - t[0]);
		blob = fmin(blob, t[3] - t[2]);
		gate = fmin(gate, t[4] - t[3]);
		publish = fmin(publish, live_publish(&live, &m));
		tlml_model_free(&m);
		free(out);
	}
	printf("A step of %d samples, 32-32-16-%d, both heads: %.1f us\n", TLML_BATCH, CLASSES,
	       1e6 * step);
	printf("From %d answers to a model that is live: %.0f ms (%d steps %.0f, thresholds and blob %.0f, gate %.0f, signed, kept and published %.0f)\n\n",
	       ANSWERS, 1e3 * (learn + blob + gate + publish), STEPS, 1e3 * learn, 1e3 * blob,
	       1e3 * gate, 1e3 * publish);
	live_end(&live);
	tlml_model_free(&model);
	tlml_reservoir_free(&answers);
	tlml_reservoir_free(&audits);
	tlml_draw_free(&draw);
	tlml_view_free(&anchor);
	tlml_view_free(&golden);
	tlml_set_free(&set);
	tlml_distil_free(d);
	free(d);
}
