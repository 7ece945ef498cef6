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

void tlml_fc_quantise(struct tlml_fc *f)
{
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
		if (f->precision == TLML_INT8)
			b = b > BIAS_MAX ? BIAS_MAX : b < -BIAS_MAX ? -BIAS_MAX : b;
		f->qb[o] = b;
		tlml_bound_round(f->w + o, f->q + o, f->inputs, f->outputs, b,
				 f->precision == TLML_INT8);
	}
	for (i = 0; i < f->inputs; i++)
		for (o = 0; o < f->outputs; o++)
			f->qt[o * f->inputs + i] = f->q[i * f->outputs + o];
}

/* sum[n][columns] += x[n][rows] times m[rows][columns] */
CLONES static void multiply(const float *restrict x, const float *restrict m, unsigned int n,
			    unsigned int rows, unsigned int columns, float *restrict sum)
{
	unsigned int k, i, o;

	for (k = 0; k < n; k++, x += rows, sum += columns) {
		for (i = 0; i < rows; i++) {
			const float *restrict row = m + i * columns;
			float v = x[i];

			if (v == 0)
				continue;
			for (o = 0; o < columns; o++)
				sum[o] += v * row[o];
		}
	}
}

void tlml_fc_forward(const struct tlml_fc *f, const float *x, unsigned int n, float *sum)
{
	unsigned int k;

	for (k = 0; k < n; k++)
		memcpy(sum + k * f->outputs, f->qb, f->outputs * sizeof(*sum));
	multiply(x, f->q, n, f->inputs, f->outputs, sum);
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

CLONES static void gradient(const float *restrict x, const float *restrict mean,
			    const float *restrict g, unsigned int n, unsigned int rows,
			    unsigned int columns, float *restrict gw, float *restrict gb)
{
	unsigned int k, i, o;

	for (k = 0; k < n; k++, x += rows, g += columns) {
		for (o = 0; o < columns; o++)
			gb[o] += BIAS_UNIT * g[o];
		for (i = 0; i < rows; i++) {
			float *restrict row = gw + i * columns;
			float v = x[i] - mean[i];

			if (v == 0)
				continue;
			for (o = 0; o < columns; o++)
				row[o] += v * g[o];
		}
	}
}

void tlml_fc_backward(struct tlml_fc *f, const float *x, const float *g, unsigned int n, float *gx)
{
	gradient(x, f->mean, g, n, f->inputs, f->outputs, f->gw, f->gb);
	if (!gx)
		return;
	memset(gx, 0, n * f->inputs * sizeof(*gx));
	multiply(g, f->qt, n, f->outputs, f->inputs, gx);
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

void tlml_fc_step(struct tlml_fc *f, float rate, unsigned int t)
{
	float rate1 = rate / (1 - powf(ADAM_1, t)), scale2 = 1 / (1 - powf(ADAM_2, t));
	unsigned int i, o;

	adam(f->w, f->gw, f->mw, f->vw, f->inputs * f->outputs, rate1, scale2);
	adam(f->b, f->gb, f->mb, f->vb, f->outputs, rate1, scale2);
	/* What rounding would clip must not run away. */
	for (i = 0; i < f->inputs * f->outputs && f->precision != TLML_FLOAT; i++)
		f->w[i] = fminf(fmaxf(f->w[i], -TLML_ACT_MAX), TLML_ACT_MAX);
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

void tlml_fc_export(const struct tlml_fc *f, int8_t *w, int32_t *b)
{
	unsigned int i, o;

	for (o = 0; o < f->outputs; o++) {
		b[o] = (int32_t)f->qb[o];
		for (i = 0; i < f->inputs; i++)
			w[o * f->inputs + i] = (int8_t)f->q[i * f->outputs + o];
	}
}
