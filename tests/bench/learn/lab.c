// SPDX-License-Identifier: BSD-2-Clause
/*
 * The default model meets kinds of traffic that it was not trained on and the large model was, as
 * in the demo, with settings of a course: how many steps, how much of a batch rehearses the
 * anchor, at which rate. The lab's flows are mixed with flows of the kind; hard ones are learned
 * from, audited ones and some hard ones judge; one course; then test recordings of the kind and of
 * all others are judged, each by one decision. The same with a large model that lies as the demo's.
 */
#include "bench_learn.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../daemon/learn/anchor.h"
#include "../../../daemon/learn/gate.h"
#include "../../../daemon/learn/rand.h"
#include "../../../daemon/whole.h"
#include "lab_flows.h"

#define CASES	"build/teach/lab-8.csv"
#define MODEL	"tools/models/default.tlml"
#define ANCHOR	"tools/models/default.anchor"
#define BOOSTER	"daemon/largeml/models/default.ubj"

#define KNOWN	400	/* flows of known kinds in the stream */
#define NEW	120	/* of the new kind */
#define HELD	6	/* as in learner.c */
#define AUDIT	4	/* one flow in so many */
#define ROOM	4096

struct lab {
	struct lab_flows flows;
	struct tlml_model model;
	struct tlml_set anchor;
	struct tlml_view rehearsed, golden;
	struct tlml_draw draw;
	void *bytes;
};

struct setting {
	unsigned int steps, rehearse;
	float rate;
	unsigned int share;	/* percent of flows asked about; 0: by margins */
	unsigned int lies;	/* percent of answers, audits, too */
};

struct outcome {
	double before, after, known_before, known_after, golden, asked, seconds;
	int passed;
};

static int lab_begin(struct lab *l)
{
	struct tlml_error e;
	size_t size;

	must(tlml_model_read(MODEL, &l->model, &e), &e);
	if (lab_flows_read(&l->flows, CASES, BOOSTER, &l->model))
		return 1;
	must(tlml_whole_read(AT_FDCWD, ANCHOR, 64 << 20, &l->bytes, &size, &e), &e);
	must(tlml_anchor_parse(l->bytes, size, ANCHOR, &l->model, &l->anchor, &e), &e);
	must(tlml_set_view(&l->anchor, TLML_ANCHOR_REHEARSE, &l->rehearsed, &e), &e);
	must(tlml_set_view(&l->anchor, TLML_ANCHOR_GOLDEN, &l->golden, &e), &e);
	must(tlml_draw_init(&l->draw, &l->rehearsed, TLML_DRAW_NET, &e), &e);
	return 0;
}

/* Up to n flows of a kind, drawn by chance. */
static size_t pick(const struct lab *l, enum lab_kind kind, int test, size_t n, uint64_t *dice,
		   const struct lab_flow **to)
{
	size_t seen = 0, i;

	for (i = 0; i < l->flows.n; i++) {
		const struct lab_flow *f = &l->flows.flow[i];
		size_t at;

		if (f->kind != kind || f->test != test)
			continue;
		at = seen < n ? seen : tlml_rand_below(dice, seen + 1);
		seen++;
		if (at < n)
			to[at] = f;
	}
	return seen < n ? seen : n;
}

static double right(const struct lab *l, const struct tlml_model *m, enum lab_kind kind)
{
	size_t n = 0, hits = 0, i;

	for (i = 0; i < l->flows.n; i++) {
		const struct lab_flow *f = &l->flows.flow[i];

		if (f->kind != kind || !f->test)
			continue;
		n++;
		hits += judge(m, f->x).klass == f->label;
	}
	return n ? (double)hits / n : 0;
}

/* The margin below which so many percent of the stream's flows of a class lie. */
static unsigned int margin_of(const struct lab_flow **stream, size_t n, unsigned int klass,
			      unsigned int share)
{
	unsigned int count[257] = { 0 }, all = 0, below = 0, margin = 0;
	size_t i;

	for (i = 0; i < n; i++)
		if (stream[i]->klass == klass) {
			count[stream[i]->margin]++;
			all++;
		}
	while (margin < 256 && (below + count[margin]) * 100 <= all * share)
		below += count[margin++];
	return margin;
}

/* Attacks for what they hide in, and the other way round. */
static void lie(const struct lab *l, float *p)
{
	static const char *const hides[][2] = { { "sshguess", "ssh" }, { "dnstunnel", "dns" },
						{ "slowhttp", "web" }, { "scan", "other" } };
	unsigned int i;

	for (i = 0; i < sizeof(hides) / sizeof(hides[0]); i++) {
		unsigned int a = lab_class(&l->model, hides[i][0]);
		unsigned int b = lab_class(&l->model, hides[i][1]);
		float was = p[a];

		p[a] = p[b];
		p[b] = was;
	}
}

static double ask(const struct lab *l, const struct lab_flow **stream, size_t n,
		  const struct setting *s, uint64_t *dice, struct tlml_reservoir *answers,
		  struct tlml_reservoir *audits)
{
	unsigned int hard[TLML_CLASSES_MAX], taken = 0, c;
	size_t i;

	for (c = 0; c < l->model.header.classes; c++)
		hard[c] = s->share ? margin_of(stream, n, c, s->share) :
				     l->model.classes[c].margin_hard;
	for (i = 0; i < n; i++) {
		const struct lab_flow *f = stream[i];
		struct tlml_answered a = { .label = TLML_UNLABELLED, .time = i };
		int audit = !tlml_rand_below(dice, AUDIT);
		float p[TLML_CLASSES_MAX];

		if (!audit && f->margin >= hard[f->klass])
			continue;
		a.reason = audit ? TLML_REASON_AUDIT : TLML_REASON_UNSURE;
		memcpy(a.x, f->x, sizeof(a.x));
		memcpy(p, f->p, sizeof(p));
		if (tlml_rand_below(dice, 100) < s->lies)
			lie(l, p);
		tlml_answered_set(&a, p, l->model.header.classes);
		tlml_reservoir_add(audit || !(++taken % HELD) ? audits : answers, &a);
	}
	return (double)(answers->n + audits->n) / n;
}

static void learn(const struct lab *l, const struct tlml_reservoir *answers,
		  const struct tlml_reservoir *audits, const struct setting *s, uint64_t seed,
		  enum lab_kind kind, struct outcome *o)
{
	struct tlml_distil *d = calloc(1, sizeof(*d));
	struct tlml_gate gate = { .incumbent = &l->model, .trained = &d->net, .golden = &l->golden,
				  .audits = audits, .limits = TLML_GATE_LIMITS };
	struct tlml_gate_report report;
	double began = cpu_now();
	struct tlml_model m;
	struct tlml_error e;
	unsigned int t;
	size_t size;
	void *blob;

	must(tlml_lessons_take(&d->lessons, answers, &e), &e);
	tlml_distil_begin(d, &l->model, &l->draw, seed);
	d->keep = &l->model;
	d->rehearse = s->rehearse;
	for (t = 0; t < s->steps; t++)
		tlml_distil_step(d, tlml_rate(s->rate, t, s->steps));
	blob = tlml_distil_blob(d, &l->model, &l->golden, &l->rehearsed, "{}", &size, &e);
	must(!blob, &e);
	o->seconds = cpu_now() - began;
	must(tlml_model_parse(blob, size, "candidate", &m, &e), &e);
	gate.candidate = &m;
	o->passed = !tlml_gate_pass(&gate, &report, &e);
	o->after = right(l, &m, kind);
	o->known_after = right(l, &m, LAB_KNOWN);
	o->golden = report.golden[1] - report.golden[0];
	tlml_model_free(&m);
	tlml_distil_free(d);
	free(blob);
	free(d);
}

static void run(const struct lab *l, enum lab_kind kind, const struct setting *s, uint64_t seed,
		struct outcome *o)
{
	const struct lab_flow *stream[KNOWN + NEW];
	struct tlml_reservoir answers, audits;
	uint64_t dice = seed;
	struct tlml_error e;
	size_t n;

	n = pick(l, LAB_KNOWN, 0, KNOWN, &dice, stream);
	n += pick(l, kind, 0, NEW, &dice, stream + n);
	must(tlml_reservoir_init(&answers, l->model.classes, l->model.header.classes, ROOM, 100,
				 seed, &e), &e);
	must(tlml_reservoir_init(&audits, l->model.classes, l->model.header.classes, ROOM, 100,
				 seed, &e), &e);
	o->asked = ask(l, stream, n, s, &dice, &answers, &audits);
	o->before = right(l, &l->model, kind);
	o->known_before = right(l, &l->model, LAB_KNOWN);
	learn(l, &answers, &audits, s, seed, kind, o);
	tlml_reservoir_free(&answers);
	tlml_reservoir_free(&audits);
}

static void report(const struct lab *l, enum lab_kind kind, const struct setting *s,
		   unsigned int seeds)
{
	double before[seeds], after[seeds], known[seeds], golden[seeds];
	double asked[seeds], seconds[seeds];
	struct spread a, k;
	unsigned int passed = 0, i;

	for (i = 0; i < seeds; i++) {
		struct outcome o;

		run(l, kind, s, i + 1, &o);
		before[i] = o.before;
		after[i] = o.after;
		known[i] = 100 * (o.known_after - o.known_before);
		golden[i] = 100 * o.golden;
		asked[i] = 100 * o.asked;
		seconds[i] = o.seconds;
		passed += o.passed;
	}
	a = spread_of(after, seeds);
	k = spread_of(known, seeds);
	printf("  %-9s %4u %3u %.3f %4u %%  %3.0f %%  %.3f  %.3f +- %.3f  "
	       "%+5.2f +- %.2f  %+5.2f   %u of %u  %.2f s\n",
	       lab_kinds[kind], s->steps, s->rehearse, s->rate, s->lies,
	       spread_of(asked, seeds).mean,
	       spread_of(before, seeds).mean, a.mean, a.deviation, k.mean, k.deviation,
	       spread_of(golden, seeds).mean, passed, seeds, spread_of(seconds, seeds).mean);
}

void bench_lab(const struct bench *b)
{
	static const struct setting settings[] = {
		{ 1000, 32, 0.004f }, { 1000, 48, 0.004f }, { 1000, 48, 0.002f },
		{ 500, 48, 0.002f }, { 250, 32, 0.001f }, { 1000, 48, 0.004f, .share = 10 },
		{ 1000, 48, 0.004f, .lies = 20 }, { 1000, 48, 0.004f, .lies = 50 },
		{ 1000, 48, 0.004f, .lies = 100 },
	};
	struct lab l = { 0 };
	unsigned int k, i;

	if (lab_begin(&l)) {
		printf("the lab: skipped, %s is not there: make teach writes it\n\n", CASES);
		return;
	}
	printf("the lab, new kinds among %u flows of known ones; asked about by margin, and one in %u\n",
	       KNOWN, AUDIT);
	printf("  kind     steps reh. rate  lies  asked  before after            "
	       "known, points   golden  passed\n");
	for (k = 1; k < LAB_KINDS; k++)
		for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
			report(&l, k, &settings[i], b->seeds);
	printf("\n");
	lab_flows_free(&l.flows);
	tlml_draw_free(&l.draw);
	tlml_view_free(&l.rehearsed);
	tlml_view_free(&l.golden);
	tlml_set_free(&l.anchor);
	tlml_model_free(&l.model);
	free(l.bytes);
}
