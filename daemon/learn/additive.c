// SPDX-License-Identifier: BSD-2-Clause
/* The additive head in training. */
#include "additive.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "softmax.h"

#define BATCH		256
#define RATE		0.05f
#define DECAY		1e-4f	/* of weights towards 0: bins seen once or never say little */
#define BITS_MAX	11

/* Gradient and Adam's moments. */
struct additive_state {
	float g[TLML_ADDITIVE_WEIGHTS + TLML_CLASSES_MAX];
	float m[TLML_ADDITIVE_WEIGHTS + TLML_CLASSES_MAX];
	float v[TLML_ADDITIVE_WEIGHTS + TLML_CLASSES_MAX];
};

static void additive_sample(struct tlml_additive *a, const struct tlml_sample *s, float *gw,
			    float *gb)
{
	unsigned int n = a->classes, i, c;
	float z[TLML_CLASSES_MAX];

	memcpy(z, a->b, n * sizeof(*z));
	for (i = 0; i < TLML_FIRST; i++)
		for (c = 0; c < n; c++)
			z[c] += a->w[(i * TLML_BINS + (s->x[i] >> 3)) * n + c];
	tlml_softmax(z, n, 1, s->label, z);
	for (i = 0; i < TLML_FIRST; i++)
		for (c = 0; c < n; c++)
			gw[(i * TLML_BINS + (s->x[i] >> 3)) * n + c] += z[c] / BATCH;
	for (c = 0; c < n; c++)
		gb[c] += z[c] / BATCH;
}

static void additive_adam(float *w, float *g, float *m, float *v, unsigned int n, float rate,
			  unsigned int t, float decay)
{
	float scale1 = 1 / (1 - powf(0.9f, t)), scale2 = 1 / (1 - powf(0.999f, t));
	unsigned int i;

	for (i = 0; i < n; i++) {
		g[i] += decay * w[i];
		m[i] = 0.9f * m[i] + 0.1f * g[i];
		v[i] = 0.999f * v[i] + 0.001f * g[i] * g[i];
		w[i] -= rate * m[i] * scale1 / (sqrtf(v[i] * scale2) + 1e-7f);
		g[i] = 0;
	}
}

int tlml_additive_train(struct tlml_additive *a, const struct tlml_draw *d, unsigned int steps,
			uint64_t *seed)
{
	struct additive_state *s = calloc(1, sizeof(*s));
	unsigned int n = d->set->n_classes, weights = TLML_FIRST * TLML_BINS * n, t, k;

	if (!s)
		return -ENOMEM;
	memset(a, 0, sizeof(*a));
	a->classes = n;
	for (t = 1; t <= steps; t++) {
		float rate = RATE * 0.5f * (1 + cosf(3.1415927f * t / steps));

		for (k = 0; k < BATCH; k++)
			additive_sample(a, tlml_draw_next(d, seed), s->g, s->g + weights);
		additive_adam(a->w, s->g, s->m, s->v, weights, rate, t, DECAY);
		additive_adam(a->b, s->g + weights, s->m + weights, s->v + weights, n, rate, t, 0);
	}
	free(s);
	return 0;
}

/* Moves the middle of each input's weights into the bias, so that the bound holds more of them. */
static void additive_center(struct tlml_additive *a)
{
	unsigned int n = a->classes, i, bin, c;

	for (c = 0; c < n; c++) {
		for (i = 0; i < TLML_FIRST; i++) {
			float *w = a->w + i * TLML_BINS * n + c, lo = *w, hi = *w;

			for (bin = 1; bin < TLML_BINS; bin++) {
				lo = fminf(lo, w[bin * n]);
				hi = fmaxf(hi, w[bin * n]);
			}
			for (bin = 0; bin < TLML_BINS; bin++)
				w[bin * n] -= (lo + hi) / 2;
			a->b[c] += (lo + hi) / 2;
		}
	}
}

/* Rounds with 2^bits a nat; returns the most that a sum can reach. */
static long additive_round(const struct tlml_additive *a, int bits, int16_t *w, int32_t *b)
{
	unsigned int n = a->classes, i, bin, c;
	long reach = 0;

	for (c = 0; c < n; c++) {
		long sum;

		b[c] = lrintf(ldexpf(a->b[c], bits));
		sum = labs(b[c]);
		for (i = 0; i < TLML_FIRST; i++) {
			long most = 0;

			for (bin = 0; bin < TLML_BINS; bin++) {
				unsigned int at = (i * TLML_BINS + bin) * n + c;
				long v = lrintf(ldexpf(a->w[at], bits));

				most = labs(v) > most ? labs(v) : most;
				w[at] = v;
			}
			sum += most;
		}
		reach = sum > reach ? sum : reach;
	}
	return reach;
}

unsigned int tlml_additive_export(struct tlml_additive *a, int16_t *w, int32_t *b)
{
	int bits;

	additive_center(a);
	for (bits = BITS_MAX; additive_round(a, bits, w, b) >= TLML_ACC_LIMIT && bits > 0; bits--)
		;
	return bits;
}
