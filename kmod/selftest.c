// SPDX-License-Identifier: GPL-2.0
/* A known answer that each body has to give before any packet meets it. */
#include "selftest.h"

struct run {
	__u32 state;	/* of the generator of numbers */
	__u32 sum;	/* over all results so far */
};

static __u32 number(struct run *r)
{
	r->state = r->state * 1664525 + 1013904223;
	return r->state >> 24;
}

/* Order counts, and every bit. */
static void take(struct run *r, __u32 result)
{
	r->sum = (r->sum ^ result) * 16777619;
}

static void fill(struct run *r, struct tlml_wide *w, __u32 inputs, __u32 hidden1, __u32 hidden2)
{
	__u8 *p = (__u8 *)w;
	__u32 i;

	for (i = 0; i < sizeof(*w); i++)
		p[i] = number(r);
	for (i = 0; i < TLML_WIDE_HIDDEN1_MAX; i++)
		w->bias1[i] >>= 16;
	for (i = 0; i < TLML_WIDE_HIDDEN2_MAX; i++)
		w->bias2[i] >>= 16;
	for (i = 0; i < TLML_WIDE_INPUTS_MAX; i++)
		w->bias4[i] >>= 16;
	w->inputs = inputs;
	w->hidden1 = hidden1;
	w->hidden2 = hidden2;
	w->classes = 2 + hidden1 % 15;
	w->decode = inputs;
	w->shift[0] = 9;	/* so that neither 0 nor the limit is the rule */
	w->shift[1] = 10;
	w->decode_shift = 10;
}

static void net(struct run *r, const struct tlml_body *body, struct tlml_wide *w, const __u8 *x)
{
	struct tlml_scores out = {};
	struct tlml_wide_args a;
	__u32 i;

	if (!tlml_wide_read(&a, w, sizeof(*w), x, w->inputs))
		return;
	body->wide(&a, &out);
	for (i = 0; i < TLML_CLASSES_MAX; i++)
		take(r, out.logit[i]);
	take(r, out.anomaly);
}

static void layer(struct run *r, const struct tlml_body *body, const struct tlml_wide *w,
		  const __u8 *x, __u32 outputs, __u32 inputs)
{
	struct tlml_dense_call d = { .outputs = outputs, .relu = inputs & 1, .shift = inputs % 8 };
	struct tlml_dense_args a;
	__u32 i;

	for (i = 0; i < TLML_DENSE_OUTPUTS_MAX; i++)
		d.bias[i] = (__s8)number(r) * 1000;
	if (!tlml_dense_read(&a, w->w1[0], outputs * inputs, x, inputs, &d))
		return;
	body->dense(&a, &d);
	for (i = 0; i < outputs; i++)
		take(r, d.out[i]);
}

__u32 tlml_selftest_answer(const struct tlml_body *body, struct tlml_wide *w)
{
	static const __u16 sizes[][3] = {
		{ 32, 16, 8 }, { 64, 48, 40 }, { 32, 80, 16 }, { 64, 256, 64 },
	};
	struct run r = { .state = 1, .sum = 2166136261u };
	__u8 x[TLML_WIDE_INPUTS_MAX * 2];
	__u32 i;

	for (i = 0; i < sizeof(x); i++)
		x[i] = i % 8 ? number(&r) >> 1 : TLML_ACT_MAX;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		fill(&r, w, sizes[i][0], sizes[i][1], sizes[i][2]);
		net(&r, body, w, x);
	}
	for (i = 1; i <= sizeof(x); i++)
		layer(&r, body, w, x, 1 + i % 23, i);
	return r.sum;
}
