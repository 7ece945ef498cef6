// SPDX-License-Identifier: BSD-2-Clause
/*
 * Streams in which the traffic changes (Caravan, USENIX Security 2024): a net that begins with
 * random weights learns from the answers to the few flows that it asks about, and is judged by its
 * own verdict on each flow before it learns of it. Nothing is standardised: features are logarithms
 * with gains that are known beforehand, and their mean is that of the first flows. The numbers
 * below are first guesses that were not tuned.
 */
#include "bench_learn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../../daemon/learn/rand.h"
#include "../../../daemon/learn/threshold.h"
#include "rows.h"

#define FIRST	48	/* flows that are all asked about: then there is a net */
#define EVERY	8	/* answers until they are learned from */
#define BURST	64	/* steps each time */
#define AUDIT	0.03f	/* of flows, asked about whatever the margin; part of the share */
#define ROOM	512	/* answers that are kept */
#define MEMORY	256	/* margins */
#define COLUMNS	20

struct feature {
	const char *column, *also;	/* their sum */
	double unit;
	unsigned int gain;		/* of the logarithm in quarter octaves, to fill 0..127 */
};

static const struct feature cic[COLUMNS] = {
	{ "flow iat min", 0, 1, 1 }, { "flow iat max", 0, 1, 1 }, { "flow iat mean", 0, 1, 1 },
	{ "min packet length", 0, 1, 2 }, { "max packet length", 0, 1, 2 },
	{ "packet length mean", 0, 1, 2 },
	{ "total length of fwd packets", "total length of bwd packets", 1, 1 },
	{ "total fwd packets", "total backward packets", 1, 2 },
	{ "syn flag count", 0, 4, 12 }, { "ack flag count", 0, 4, 12 },
	{ "psh flag count", 0, 4, 12 }, { "fin flag count", 0, 4, 12 },
	{ "rst flag count", 0, 4, 12 }, { "ece flag count", 0, 4, 12 },
	{ "flow duration", 0, 1, 1 }, { "destination port", 0, 1, 2 },
};

static const struct feature nb15[COLUMNS] = {
	{ "dur", 0, 1e6, 1 }, { "proto", 0, 1, 4 }, { "sbytes", 0, 1, 2 }, { "dbytes", 0, 1, 2 },
	{ "sttl", 0, 1, 4 }, { "dttl", 0, 1, 4 }, { "sload", 0, 1, 1 }, { "dload", 0, 1, 1 },
	{ "spkts", 0, 1, 2 }, { "dpkts", 0, 1, 2 }, { "smean", 0, 1, 2 }, { "dmean", 0, 1, 2 },
	{ "sinpkt", 0, 1e3, 1 }, { "dinpkt", 0, 1e3, 1 }, { "tcprtt", 0, 1e6, 1 },
	{ "synack", 0, 1e6, 1 }, { "ackdat", 0, 1e6, 1 }, { "ct_src_ltm", 0, 2, 4 },
	{ "ct_dst_ltm", 0, 2, 4 }, { "ct_dst_src_ltm", 0, 2, 4 },
};

static const struct workload {
	const char *title, *file, *labeler;	/* without a labeler the truth stands in for it */
	const struct feature *features;
} workloads[] = {
	{ "CIC-IDS2017 workload 1", "cic-ids2017-workload1", "cic-ids2017-workload1-labeler", cic },
	{ "CIC-IDS2017 workload 2", "cic-ids2017-workload2", "cic-ids2017-workload2-labeler", cic },
	{ "UNSW-NB15 (asks the truth)", "unsw-nb15-workload1", NULL, nb15 },
};

struct stream {
	size_t n;
	unsigned int inputs;
	uint8_t (*x)[TLML_FEATURES_MAX];
	uint8_t *truth, *said;		/* by the labeler */
	float *attack;			/* the labeler's probability */
};

/* What a run over a stream did. */
struct run {
	uint8_t *verdict, *served;	/* the net's; the answer's where one was had */
	size_t asked;
};

static int stream_read(struct stream *s, const struct workload *w, const char *folder)
{
	struct rows flows, answers = { 0 };
	char path[512];
	size_t i;
	unsigned int c;

	memset(s, 0, sizeof(*s));
	snprintf(path, sizeof(path), "%s/caravan/%s.csv.gz", folder, w->file);
	if (access(path, R_OK))
		return 1;
	if (rows_read(&flows, path))
		exit(1);
	snprintf(path, sizeof(path), "%s/caravan/%s.csv.gz", folder, w->labeler ?: w->file);
	if (rows_read(&answers, path) || answers.n != flows.n)
		exit(1);
	s->n = flows.n - 1;
	s->x = calloc(s->n, sizeof(*s->x));
	s->truth = calloc(s->n, 1);
	s->said = calloc(s->n, 1);
	s->attack = calloc(s->n, sizeof(*s->attack));
	while (s->inputs < COLUMNS && w->features[s->inputs].column)
		s->inputs++;
	for (c = 0; c < s->inputs; c++) {
		const struct feature *f = &w->features[c];
		unsigned int at = rows_column(&flows, f->column);
		unsigned int also = f->also ? rows_column(&flows, f->also) : 0;

		for (i = 0; i < s->n; i++) {
			double v = rows_number(&flows, i + 1, at);

			v += f->also ? rows_number(&flows, i + 1, also) : 0;
			s->x[i][c] = code_of(v * f->unit, f->gain);
		}
	}
	for (i = 0; i < s->n; i++) {
		s->truth[i] = rows_number(&flows, i + 1, flows.columns - 1) > 0.5;
		s->attack[i] = w->labeler ? rows_number(&answers, i + 1, 0) : s->truth[i];
		s->said[i] = s->attack[i] > 0.5f;
	}
	rows_free(&flows);
	rows_free(&answers);
	return 0;
}

static void stream_free(struct stream *s)
{
	free(s->x);
	free(s->truth);
	free(s->said);
	free(s->attack);
}

static struct tlml_verdict net_judge(const struct tlml_net *net, const uint8_t *x)
{
	float row[TLML_FEATURES_MAX], z[TLML_CLASSES_MAX];
	uint8_t cost[TLML_CLASSES_MAX] = { 0 };
	int32_t logit[2];
	unsigned int i;

	for (i = 0; i < net->layer[0].inputs; i++)
		row[i] = x[i];
	tlml_net_forward(net, row, 1, z, NULL);
	logit[0] = z[0];	/* sums of integers, exact */
	logit[1] = z[1];
	return tlml_cost_add(cost, logit, 2, COST_SHIFT, 8);
}

static void net_begin(struct tlml_distil *d, const struct stream *s, const unsigned int shape[2])
{
	float mean[TLML_FEATURES_MAX] = { 0 };
	unsigned int i, k;

	for (i = 0; i < s->inputs; i++) {
		for (k = 0; k < FIRST; k++)
			mean[i] += s->x[k][i];
		mean[i] = rintf(mean[i] / FIRST);
	}
	tlml_net_init(&d->net, s->inputs, shape, 2, TLML_INT8, mean, &d->seed);
}

/* Asks about a share of the flows; share 1: about all. */
static void stream_run(const struct stream *s, const unsigned int shape[2], float share,
		       uint64_t seed, struct run *r)
{
	static const struct tlml_class_info classes[2] = { { "benign" }, { "attack", 1 } };
	struct tlml_distil *d = calloc(1, sizeof(*d));
	struct tlml_threshold *t = calloc(1, sizeof(*t));
	struct tlml_reservoir answers;
	uint64_t dice = seed ^ 0xa0d17;
	unsigned int fresh = 0, k;
	struct tlml_error e;
	size_t i;

	must(tlml_reservoir_init(&answers, classes, 2, ROOM, 100, seed, &e), &e);
	t->memory = MEMORY;
	t->rate = share;
	d->seed = seed;
	r->asked = 0;
	for (i = 0; i < s->n; i++) {
		const float p[2] = { 1 - s->attack[i], s->attack[i] };
		struct tlml_answered a = { .time = i, .label = TLML_UNLABELLED };
		struct tlml_verdict v = { 0 };
		int ask = i < FIRST || share >= 1 || tlml_rand_unit(&dice) < AUDIT;

		if (i == FIRST)
			net_begin(d, s, shape);
		if (i >= FIRST) {
			v = net_judge(&d->net, s->x[i]);
			ask |= v.margin < tlml_threshold_of(t, v.klass, 0);
			tlml_threshold_add(t, v.klass, v.margin, ask);
		}
		r->verdict[i] = v.klass;
		r->served[i] = ask ? s->said[i] : v.klass;
		if (!ask)
			continue;
		r->asked++;
		memcpy(a.x, s->x[i], sizeof(a.x));
		tlml_answered_set(&a, p, 2);
		tlml_reservoir_add(&answers, &a);
		if (++fresh < EVERY || i < FIRST)
			continue;
		fresh = 0;
		must(tlml_lessons_take(&d->lessons, &answers, &e), &e);
		for (k = 0; k < BURST; k++)
			tlml_distil_step(d, RATE);
	}
	tlml_reservoir_free(&answers);
	tlml_distil_free(d);
	free(d);
	free(t);
}

/* Mean over windows of the mean F1 of both classes. */
static double window_f1(const struct stream *s, const uint8_t *verdict, size_t window)
{
	double sum = 0;
	size_t i, k, windows = 0;

	for (i = 0; i + window <= s->n; i += window, windows++) {
		double n[2][2] = { { 0 } };

		for (k = i; k < i + window; k++)
			n[s->truth[k]][verdict[k]]++;
		for (k = 0; k < 2; k++)
			sum += n[k][k] ? n[k][k] / (2 * n[k][k] + n[k][!k] + n[!k][k]) : 0;
	}
	return sum / windows;
}

static void stream_report(const struct stream *s, const struct bench *b,
			  const unsigned int shape[2], float share, struct run *r)
{
	double f1[4][b->seeds], asked[b->seeds];
	struct spread p[4];
	unsigned int k;
	double cpu = cpu_now();

	for (k = 0; k < b->seeds; k++) {
		stream_run(s, shape, share, k + 1, r);
		asked[k] = 100.0 * r->asked / s->n;
		f1[0][k] = window_f1(s, r->verdict, 100);
		f1[1][k] = window_f1(s, r->verdict, 200);
		f1[2][k] = window_f1(s, r->verdict, 500);
		f1[3][k] = window_f1(s, r->served, 200);
	}
	cpu = (cpu_now() - cpu) / b->seeds;
	for (k = 0; k < 4; k++)
		p[k] = spread_of(f1[k], b->seeds);
	printf("  %2u-%u-%u-2  %5.1f %%   %.3f   %.3f +- %.3f   %.3f   %.3f   %.2f s\n", s->inputs,
	       shape[0], shape[1], spread_of(asked, b->seeds).mean, p[0].mean, p[1].mean,
	       p[1].deviation, p[2].mean, p[3].mean, cpu);
}

void bench_streams(const struct bench *b)
{
	static const unsigned int shapes[][2] = { { 8, 4 }, { 32, 16 } };
	static const float shares[] = { 0.05f, 0.1f, 0.19f, 1 };
	unsigned int w, k, i;

	for (w = 0; w < sizeof(workloads) / sizeof(workloads[0]); w++) {
		struct stream s;
		struct run r;

		if (stream_read(&s, &workloads[w], b->data)) {
			printf("%s: skipped, %s/caravan/%s.csv.gz is not there\n\n",
			       workloads[w].title, b->data, workloads[w].file);
			continue;
		}
		r.verdict = calloc(s.n, 1);
		r.served = calloc(s.n, 1);
		printf("%s, %zu flows; who is asked: %.3f in windows of 200\n", workloads[w].title, s.n,
		       window_f1(&s, s.said, 200));
		printf("  net        asked     F1/100  F1/200            F1/500  with answers  CPU\n");
		for (k = 0; k < sizeof(shapes) / sizeof(shapes[0]); k++)
			for (i = 0; i < sizeof(shares) / sizeof(shares[0]); i++)
				stream_report(&s, b, shapes[k], shares[i], &r);
		printf("\n");
		free(r.verdict);
		free(r.served);
		stream_free(&s);
	}
}
