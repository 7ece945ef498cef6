// SPDX-License-Identifier: BSD-2-Clause
/* The bound that lets four sums share a 64-bit word. */
#include "bound.h"

#include <math.h>

#include "../../uapi/tlml_model.h"

#define WEIGHT_MAX	127

float tlml_bound_limit(float b)
{
	return floorf((TLML_ACC_LIMIT - 1 - fabsf(b)) / TLML_ACT_MAX);
}

/* Michelot's algorithm: shrink all by the excess, give up those that cross zero, repeat. */
void tlml_bound_project(float *w, unsigned int n, unsigned int stride, float limit)
{
	float cut = 0, sum;
	unsigned int i, left, was = n + 1;

	for (;;) {
		for (i = 0, left = 0, sum = 0; i < n; i++) {
			float a = fabsf(w[i * stride]);

			if (a > cut) {
				sum += a;
				left++;
			}
		}
		if (!cut && sum <= limit)
			return;
		if (left >= was || !left)	/* never more than before, whatever rounding does */
			break;
		was = left;
		cut = (sum - limit) / left;
	}
	for (i = 0; i < n; i++) {
		float a = fabsf(w[i * stride]) - cut;

		w[i * stride] = a > 0 ? copysignf(a, w[i * stride]) : 0;
	}
}

void tlml_bound_round(const float *w, float *q, unsigned int n, unsigned int stride, float b,
		      int bounded)
{
	float sum = 0, limit = tlml_bound_limit(b);
	unsigned int i;

	for (i = 0; i < n; i++) {
		float v = rintf(w[i * stride]);

		q[i * stride] = v > WEIGHT_MAX ? WEIGHT_MAX : v < -WEIGHT_MAX ? -WEIGHT_MAX : v;
		sum += fabsf(q[i * stride]);
	}
	for (; bounded && sum > limit; sum--) {
		float most = -INFINITY;
		unsigned int worst = 0;

		for (i = 0; i < n; i++) {
			float a = fabsf(q[i * stride]), up = a - fabsf(w[i * stride]);

			if (a > 0 && up > most) {
				most = up;
				worst = i;
			}
		}
		q[worst * stride] -= copysignf(1, q[worst * stride]);
	}
}
