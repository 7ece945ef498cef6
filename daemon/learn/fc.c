// SPDX-License-Identifier: BSD-2-Clause
/*
 * A fully connected layer that is trained in the numbers it will be run in. Loops run over
 * outputs inside, without sums across lanes, so that every vector width gives the same bits.
 */
#include "fc.h"

#include <math.h>
#include <string.h>

#include "bound.h"
#include "rand.h"
#include "../../uapi/tlml_model.h"

#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
#define CLONES __attribute__((target_clones("default", "avx2")))
#else
#define CLONES
#endif

#define BIAS_UNIT	64.0f	/* a bias is the weight of an input that is always 64 */
#define BIAS_MAX	16000.0f	/* leaves half of the bound to the weights */
#define BIAS_MAX_WIDE	4194304.0f	/* with the most of 256 inputs still whole in a float */
#define ADAM_1		0.9f
#define ADAM_2		0.999f

void tlml_fc_init(struct tlml_fc *f, unsigned int inputs, unsigned int outputs, unsigned int shift,
		  enum tlml_precision precision, float deviation, const float *mean, uint64_t *seed)
{
	unsigned int i;

	memset(f, 0, sizeof(*f));
	f->inputs = inputs;
	f->outputs = outputs;
	f->shift = shift;
	f->precision = precision;
	if (mean)
		memcpy(f->mean, mean, inputs * sizeof(*mean));
	for (i = 0; i < inputs * outputs; i++)
		f->w[i] = deviation * tlml_rand_normal(seed);
	tlml_fc_quantise(f);
}

/* Half a step of the shift makes its floor a rounding. */
static float fc_bias(const struct tlml_fc *f, unsigned int o)
{
	float b = BIAS_UNIT * f->b[o] + (f->shift ? 1 << (f->shift - 1) : 0);
	unsigned int i;

	for (i = 0; i < f->inputs; i++)
		b -= f->mean[i] * f->w[i * f->outputs + o];
	return b;
}

void tlml_fc_load(struct tlml_fc *f, const struct tlml_dense *d, enum tlml_precision precision,
		  const float *mean)
{
	unsigned int i, o;

	memset(f, 0, sizeof(*f));
	f->inputs = d->inputs;
	f->outputs = d->outputs;
	f->shift = d->shift;
	f->precision = precision;
	if (mean)
		memcpy(f->mean, mean, f->inputs * sizeof(*mean));
	for (o = 0; o < f->outputs; o++) {
		for (i = 0; i < f->inputs; i++)
			f->w[i * f->outputs + o] = d->w[o * f->inputs + i];
		f->b[o] = (d->b[o] - fc_bias(f, o)) / BIAS_UNIT;
	}
	tlml_fc_quantise(f);
}

void tlml_fc_quantise(struct tlml_fc *f)
{
	const float most = f->precision == TLML_INT8 ? BIAS_MAX : BIAS_MAX_WIDE;
	unsigned int i, o;

	for (o = 0; o < f->outputs; o++) {
		float b = fc_bias(f, o);

		if (f->precision == TLML_FLOAT) {
			for (i = 0; i < f->inputs; i++)
				f->q[i * f->outputs + o] = f->w[i * f->outputs + o];
			f->qb[o] = b - (f->shift ? 1 << (f->shift - 1) : 0);
			continue;
		}
		b = rintf(b);
		b = b > most ? most : b < -most ? -most : b;
		f->qb[o] = b;
		tlml_bound_round(f->w + o, f->q + o, f->inputs, f->outputs, b,
				 f->precision == TLML_INT8);
	}
	for (i = 0; i < f->inputs; i++)
		for (o = 0; o < f->outputs; o++)
			f->qt[o * f->inputs + i] = f->q[i * f->outputs + o];
}

/* Columns at once, and rows: what the registers hold of the sums. */
typedef float vector __attribute__((vector_size(32), aligned(4), may_alias));

#define WIDE	8
#define TALL	4

/* sum[r][o] += over d of a[r * across + d * along] * b[d][o], for TALL rows and WIDE columns. */
static inline __attribute__((always_inline)) void
tile(const float *restrict a, unsigned int across, unsigned int along, const float *restrict b,
     unsigned int depth, unsigned int columns, float *restrict sum)
{
	vector t0 = *(vector *)sum, t1 = *(vector *)(sum + columns);
	vector t2 = *(vector *)(sum + 2 * columns), t3 = *(vector *)(sum + 3 * columns);
	unsigned int d;

	for (d = 0; d < depth; d++, a += along, b += columns) {
		const vector v = *(const vector *)b;

		t0 += a[0] * v;
		t1 += a[across] * v;
		t2 += a[2 * across] * v;
		t3 += a[3 * across] * v;
	}
	*(vector *)sum = t0;
	*(vector *)(sum + columns) = t1;
	*(vector *)(sum + 2 * columns) = t2;
	*(vector *)(sum + 3 * columns) = t3;
}

/* The same for tall (a multiple of TALL) rows and the last columns, fewer than WIDE. */
static inline __attribute__((always_inline)) void
edge(const float *restrict a, unsigned int across, unsigned int along, const float *restrict b,
     unsigned int depth, unsigned int columns, float *restrict sum, unsigned int tall,
     unsigned int last)
{
	float padded[TLML_FC_MAX * WIDE], t[TALL * WIDE] = { 0 };
	unsigned int r, k, o;

	memset(padded, 0, depth * WIDE * sizeof(*padded));
	for (k = 0; k < depth; k++)
		for (o = 0; o < last; o++)
			padded[k * WIDE + o] = b[k * columns + o];
	for (r = 0; r < tall; r += TALL, a += TALL * across, sum += TALL * columns) {
		for (k = 0; k < TALL; k++)
			memcpy(t + k * WIDE, sum + k * columns, last * sizeof(*t));
		tile(a, across, along, padded, depth, WIDE, t);
		for (k = 0; k < TALL; k++)
			memcpy(sum + k * columns, t + k * WIDE, last * sizeof(*t));
	}
}

/* The same for n rows and all columns; depth at most TLML_FC_MAX. */
CLONES static void product(const float *restrict a, unsigned int across, unsigned int along,
			   const float *restrict b, unsigned int depth, unsigned int columns,
			   float *restrict sum, unsigned int n)
{
	unsigned int tall = n - n % TALL, wide = columns - columns % WIDE, r, o, d;

	for (r = 0; r < tall; r += TALL)
		for (o = 0; o < wide; o += WIDE)
			tile(a + r * across, across, along, b + o, depth, columns,
			     sum + r * columns + o);
	if (tall && wide < columns)
		edge(a, across, along, b + wide, depth, columns, sum + wide, tall, columns - wide);
	for (r = tall; r < n; r++)
		for (d = 0; d < depth; d++)
			for (o = 0; o < columns; o++)
				sum[r * columns + o] += a[r * across + d * along] *
							b[d * columns + o];
}

void tlml_fc_forward(const struct tlml_fc *f, const float *x, unsigned int n, float *sum)
{
	unsigned int k;

	for (k = 0; k < n; k++)
		memcpy(sum + k * f->outputs, f->qb, f->outputs * sizeof(*sum));
	product(x, f->inputs, 1, f->q, f->inputs, f->outputs, sum, n);
}

CLONES static void relu(const float *restrict sum, unsigned int n, float scale, int whole,
			float *restrict y)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		float v = sum[i] > 0 ? sum[i] * scale : 0;

		v = v < TLML_ACT_MAX ? v : TLML_ACT_MAX;
		y[i] = whole ? (float)(int)v : v;
	}
}

void tlml_fc_relu(const struct tlml_fc *f, const float *sum, unsigned int n, float *y)
{
	relu(sum, n * f->outputs, ldexpf(1, -(int)f->shift), f->precision != TLML_FLOAT, y);
}

CLONES static void relu_back(const float *restrict sum, unsigned int n, float scale, float top,
			     float *restrict g)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		g[i] = sum[i] > 0 && sum[i] < top ? g[i] * scale : 0;
}

void tlml_fc_relu_back(const struct tlml_fc *f, const float *sum, unsigned int n, float *g)
{
	relu_back(sum, n * f->outputs, ldexpf(1, -(int)f->shift), ldexpf(128, f->shift), g);
}

void tlml_fc_backward(struct tlml_fc *f, const float *x, const float *g, unsigned int n, float *gx)
{
	float centred[TLML_FC_ROWS * TLML_FC_MAX];
	unsigned int k, i;

	for (k = 0; k < n; k++) {
		for (i = 0; i < f->inputs; i++)
			centred[k * f->inputs + i] = x[k * f->inputs + i] - f->mean[i];
		for (i = 0; i < f->outputs; i++)
			f->gb[i] += BIAS_UNIT * g[k * f->outputs + i];
	}
	product(centred, 1, f->inputs, g, n, f->outputs, f->gw, f->inputs);
	if (!gx)
		return;
	memset(gx, 0, n * f->inputs * sizeof(*gx));
	product(g, f->outputs, 1, f->qt, f->outputs, f->inputs, gx, n);
}

CLONES static void adam(float *restrict w, float *restrict g, float *restrict m, float *restrict v,
			unsigned int n, float rate, float scale2)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		m[i] = ADAM_1 * m[i] + (1 - ADAM_1) * g[i];
		v[i] = ADAM_2 * v[i] + (1 - ADAM_2) * g[i] * g[i];
		w[i] -= rate * m[i] / (sqrtf(v[i] * scale2) + 1e-12f);
		g[i] = 0;
	}
}

CLONES static void clip(float *w, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		float v = w[i] < TLML_ACT_MAX ? w[i] : TLML_ACT_MAX;

		w[i] = v > -TLML_ACT_MAX ? v : -TLML_ACT_MAX;
	}
}

void tlml_fc_step(struct tlml_fc *f, float rate, unsigned int t)
{
	float rate1 = rate / (1 - powf(ADAM_1, t)), scale2 = 1 / (1 - powf(ADAM_2, t));
	unsigned int o;

	adam(f->w, f->gw, f->mw, f->vw, f->inputs * f->outputs, rate1, scale2);
	adam(f->b, f->gb, f->mb, f->vb, f->outputs, rate1, scale2);
	/* What rounding would clip must not run away. */
	if (f->precision != TLML_FLOAT)
		clip(f->w, f->inputs * f->outputs);
	for (o = 0; o < f->outputs && f->precision == TLML_INT8; o++) {
		float b = fc_bias(f, o);

		if (b > BIAS_MAX)
			f->b[o] -= (b - BIAS_MAX) / BIAS_UNIT;
		else if (b < -BIAS_MAX)
			f->b[o] -= (b + BIAS_MAX) / BIAS_UNIT;
		b = fabsf(b) < BIAS_MAX ? b : BIAS_MAX;
		tlml_bound_project(f->w + o, f->inputs, f->outputs, tlml_bound_limit(b));
	}
	tlml_fc_quantise(f);
}

void tlml_fc_export(const struct tlml_fc *f, int8_t *w, unsigned int stride, int32_t *b)
{
	unsigned int i, o;

	for (o = 0; o < f->outputs; o++) {
		b[o] = (int32_t)f->qb[o];
		for (i = 0; i < f->inputs; i++)
			w[o * stride + i] = (int8_t)f->q[i * f->outputs + o];
	}
}
