// SPDX-License-Identifier: BSD-2-Clause
/* From what the large model says to the line of the flow (struct tlml_answer). No I/O. */
#include "answers.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../uapi/tlml_feature.h"

#define CERTAIN		(1 - 1e-6)	/* nobody is surer: log odds of 1 are infinite */

#define ANSWER_WORDS	(sizeof(struct tlml_answer) / sizeof(__u64))

_Static_assert(ANSWER_WORDS == 2 && offsetof(struct tlml_flow, answer) % sizeof(__u64) == 0,
	       "an answer is written as two words, that of fp last");

static int class_find(const struct tlml_weights *w, const char *name)
{
	for (__u32 c = 0; w->generation && c < w->classes && c < TLML_CLASSES_MAX; c++)
		if (!strncmp(name, w->info[c].name, TLML_NAME_MAX))
			return c;
	return -1;
}

void tlml_opinion_take(const float *p, const struct tlml_oip_plan *plan,
		       const struct tlml_weights *w, struct tlml_opinion *o)
{
	unsigned int best = 0;
	int known;

	*o = (struct tlml_opinion){ .generation = w->generation };
	for (unsigned int c = 0; c < plan->classes; c++) {
		if (p[c] > p[best])
			best = c;
		known = class_find(w, plan->klass[c]);
		if (known >= 0)
			o->known[known] += p[c];
	}
	memcpy(o->klass, plan->klass[best], sizeof(o->klass));
	o->p = p[best];
}

void tlml_answer_class(const struct tlml_weights *slots, const struct tlml_record *r, char *name)
{
	*name = 0;
	for (unsigned int s = 0; s < TLML_SLOTS; s++)
		if (r->generation && slots[s].generation == r->generation)
			snprintf(name, TLML_NAME_MAX, "%.*s", TLML_NAME_MAX - 1,
				 slots[s].info[r->flow.klass].name);
}

/*
 * Whether the flow of r lives there; one of the same key begun since is another. If it is no longer
 * hard, the tiny model has outdone an answer, and its costs are in use.
 */
static int line_holds(const struct tlml_flow *f, const struct tlml_record *r)
{
	return __atomic_load_n(&f->fp, __ATOMIC_ACQUIRE) == r->flow.fp &&
	       f->first == r->flow.first && (f->state & TLML_FLOW_HARD);
}

/* It was asked about, and has no answer yet; costs are still costs in the line of any other. */
static int line_waits(const struct tlml_flow *f)
{
	return (f->state & (TLML_FLOW_HARD | TLML_FLOW_ANSWERED)) == TLML_FLOW_HARD;
}

static struct tlml_flow *line_find(struct tlml_flow_bucket *flows, __u32 mask,
				   const struct tlml_record *r)
{
	for (unsigned int i = 0; i < TLML_WAYS; i++)
		if (line_holds(&flows[r->bucket & mask].way[i], r))
			return &flows[r->bucket & mask].way[i];
	return NULL;
}

/* 0 unless the line changed hands meanwhile; then nothing of the answer is left in it. */
static int line_write(struct tlml_flow *f, const struct tlml_record *r,
		      const struct tlml_answer *a)
{
	tlml_word *to = (tlml_word *)&f->answer;
	__u64 w[ANSWER_WORDS];

	memcpy(w, a, sizeof(w));
	__atomic_store_n(&to[1], w[1], __ATOMIC_RELAXED);
	__atomic_store_n(&to[0], w[0], __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (line_holds(f, r))
		return 0;
	/* Costs of 0 are what a new flow begins with. */
	for (unsigned int i = 0; i < ANSWER_WORDS; i++)
		__atomic_compare_exchange_n(&to[i], &w[i], 0, 0, __ATOMIC_RELAXED,
					    __ATOMIC_RELAXED);
	return 1;
}

/* The calibration of a model, as log odds: a + b * margin. */
static double calibration(const struct tlml_weights *w, unsigned int i)
{
	return w->calibration[i] / 65536.0;
}

static double tiny_probability(const struct tlml_weights *w, __u8 margin)
{
	return 1 / (1 + exp(-calibration(w, 0) - calibration(w, 1) * margin));
}

/* The margin at which the tiny model would be as sure. */
static __u8 margin_of(const struct tlml_weights *w, double p)
{
	double a = calibration(w, 0), b = calibration(w, 1), margin = 255 * p;

	if (b > 0) {
		p = fmin(p, CERTAIN);
		margin = (log(p / (1 - p)) - a) / b;
	}
	return lrint(fmax(0, fmin(margin, 255)));
}

enum tlml_fate tlml_answer_give(const struct tlml_weights *w, struct tlml_flow_bucket *flows,
				__u32 mask, const struct tlml_record *r,
				const struct tlml_opinion *o, __u32 until, struct tlml_answer *a)
{
	struct tlml_flow *f = line_find(flows, mask, r);
	int klass = class_find(w, o->klass);

	if (!f || !line_waits(f))
		return TLML_FATE_LATE;
	if (klass < 0)
		return TLML_FATE_UNKNOWN;
	if (o->p <= tiny_probability(w, f->margin))
		return TLML_FATE_KEPT;
	*a = (struct tlml_answer){
		.fp = r->flow.fp,
		.until = until,
		.klass = klass,
		.margin = margin_of(w, o->p),
		.confidence = lrint(255.0 * o->p),
	};
	return line_write(f, r, a) ? TLML_FATE_LATE : TLML_FATE_APPLIED;
}

int tlml_answer_mend(struct tlml_flow_bucket *flows, __u32 mask, const struct tlml_record *r,
		     const struct tlml_answer *a)
{
	struct tlml_flow *f = line_find(flows, mask, r);

	if (!f || !line_waits(f))
		return 0;
	/* What comes after confidence is the data path's. */
	if (!memcmp(&f->answer, a, offsetof(struct tlml_answer, tiny_klass)))
		return 0;
	return !line_write(f, r, a);
}
