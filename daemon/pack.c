// SPDX-License-Identifier: BSD-2-Clause
/* From a model to what the data path computes with. */
#include "pack.h"

#include <math.h>
#include <string.h>

/* Adds v to lane k of a word; what borrows from the lane above cancels in the final sum. */
static void lane_add(__u64 *word, unsigned int k, int32_t v)
{
	*word += (__u64)(int64_t)v << (16 * k);
}

static __u64 lanes(__u16 v)
{
	return 0x0001000100010001ull * v;
}

static int8_t weight(const struct tlml_dense *d, unsigned int out, unsigned int in)
{
	return out < d->outputs && in < d->inputs ? d->w[out * d->inputs + in] : 0;
}

/* Bias of four outputs, offset so that no lane ends negative. */
static __u64 bias4(const struct tlml_dense *d, unsigned int first)
{
	__u64 word = lanes(TLML_ACC_LIMIT);

	for (unsigned int k = 0; k < TLML_LANES; k++)
		if (first + k < d->outputs)
			lane_add(&word, k, d->b[first + k]);
	return word;
}

/* Weights of one input for four outputs. */
static __u64 broadcast4(const struct tlml_dense *d, unsigned int first, unsigned int in)
{
	__u64 word = 0;

	for (unsigned int k = 0; k < TLML_LANES; k++)
		lane_add(&word, k, weight(d, first + k, in));
	return word;
}

/* Weights of four inputs for one output, reversed: their dot product meets in the top lane. */
static __u64 convolve4(const struct tlml_dense *d, unsigned int out, unsigned int first)
{
	__u64 word = 0;

	for (unsigned int k = 0; k < TLML_LANES; k++)
		lane_add(&word, TLML_LANES - 1 - k, weight(d, out, first + k));
	return word;
}

static void pack_first(const struct tlml_dense *d, struct tlml_weights *w)
{
	for (unsigned int b = 0; b < TLML_W1_BLOCKS; b++)
		for (unsigned int q = 0; q < TLML_BLOCK; q++) {
			unsigned int out = (b * TLML_BLOCK + q) * TLML_LANES;

			w->bias1[b][q] = bias4(d, out);
			for (unsigned int i = 0; i < TLML_FEATURES_MAX; i++)
				w->w1[b][i][q] = broadcast4(d, out, i);
		}
}

static void pack_second(const struct tlml_dense *d, struct tlml_weights *w)
{
	for (unsigned int b = 0; b < TLML_W2_BLOCKS; b++)
		for (unsigned int q = 0; q < TLML_BLOCK; q++) {
			unsigned int out = b * TLML_BLOCK + q;

			w->bias2[b][q] = lanes(TLML_ACC_LIMIT);
			if (out < d->outputs)
				lane_add(&w->bias2[b][q], TLML_LANES - 1, d->b[out]);
			for (unsigned int g = 0; g < TLML_W2_GROUPS; g++)
				w->w2[b][g][q] = convolve4(d, out, g * TLML_LANES);
		}
}

/* Class and decode layers: groups of four outputs of y[TLML_HIDDEN2_MAX]. */
static void pack_groups(const struct tlml_dense *d, unsigned int groups, __u64 *bias,
			__u64 (*w)[TLML_HIDDEN2_MAX])
{
	for (unsigned int g = 0; g < groups; g++) {
		bias[g] = bias4(d, g * TLML_LANES);
		for (unsigned int i = 0; i < TLML_HIDDEN2_MAX; i++)
			w[g][i] = broadcast4(d, g * TLML_LANES, i);
	}
}

static void pack_additive(const struct tlml_model *m, struct tlml_weights *w)
{
	unsigned int n = m->header.classes;

	for (unsigned int g = 0; g < TLML_W3_GROUPS; g++)
		w->additive_bias[g] = lanes(TLML_ACC_LIMIT);
	for (unsigned int c = 0; c < n; c++) {
		unsigned int g = c / TLML_LANES, k = c % TLML_LANES;

		lane_add(&w->additive_bias[g], k, m->additive.b[c]);
		for (unsigned int i = 0; i < TLML_FIRST; i++)
			for (unsigned int bin = 0; bin < TLML_BINS; bin++)
				lane_add(&w->additive[i][bin][g], k,
					 m->additive.w[(i * TLML_BINS + bin) * n + c]);
	}
}

/* A finite v in 2^-16, as near as 32 bits come. */
static __s32 fixed(float v)
{
	double scaled = v * 65536.0;

	return scaled >= INT32_MAX ? INT32_MAX : scaled <= INT32_MIN ? INT32_MIN : lrint(scaled);
}

/* What four lanes need to know of the net. */
static void pack_net(const struct tlml_model *m, struct tlml_weights *w)
{
	for (unsigned int i = 0; i < 2; i++) {
		w->shift[i] = m->hidden[i].shift;
		w->mask[i] = lanes((TLML_ACC_LIMIT - 1) >> m->hidden[i].shift);
	}
	w->decode_shift = m->decode.shift;
	w->decode_mask = lanes((TLML_ACC_LIMIT - 1) >> m->decode.shift);
	pack_first(&m->hidden[0], w);
	pack_second(&m->hidden[1], w);
	pack_groups(&m->klass, TLML_W3_GROUPS, w->bias3, w->w3);
	pack_groups(&m->decode, TLML_W4_GROUPS, w->bias4, w->w4);
}

/* Rows as long as stride. */
static void wide_rows(const struct tlml_dense *d, __s32 *bias, __s8 *w, unsigned int stride)
{
	for (unsigned int j = 0; j < d->outputs; j++) {
		bias[j] = d->b[j];
		memcpy(w + j * stride, d->w + j * d->inputs, d->inputs);
	}
}

static void pack_wide(const struct tlml_model *m, struct tlml_wide *w)
{
	w->generation = m->header.generation;
	w->inputs = m->hidden[0].inputs;
	w->hidden1 = m->hidden[0].outputs;
	w->hidden2 = m->hidden[1].outputs;
	w->classes = m->header.classes;
	w->decode = m->decode.outputs;
	w->shift[0] = m->hidden[0].shift;
	w->shift[1] = m->hidden[1].shift;
	w->decode_shift = m->decode.shift;
	wide_rows(&m->hidden[0], w->bias1, w->w1[0], TLML_WIDE_INPUTS_MAX);
	wide_rows(&m->hidden[1], w->bias2, w->w2[0], TLML_WIDE_HIDDEN1_MAX);
	wide_rows(&m->klass, w->bias3, w->w3[0], TLML_WIDE_HIDDEN2_MAX);
	wide_rows(&m->decode, w->bias4, w->w4[0], TLML_WIDE_HIDDEN2_MAX);
}

void tlml_pack(const struct tlml_model *m, struct tlml_weights *w, struct tlml_wide *wide)
{
	const struct tlml_model_header *h = &m->header;

	memset(w, 0, sizeof(*w));
	memset(wide, 0, sizeof(*wide));
	w->generation = h->generation;
	w->classes = h->classes;
	w->points = h->points;
	w->hidden1_blocks = m->hidden[0].outputs / (TLML_LANES * TLML_BLOCK);
	w->hidden2_blocks = m->hidden[1].outputs / TLML_BLOCK;
	w->class_groups = (h->classes + TLML_LANES - 1) / TLML_LANES;
	w->decode = m->decode.outputs != 0;
	w->wide = h->wide;
	for (unsigned int i = 0; i < 2; i++) {
		w->cost_shift[i] = h->cost_shift[i];
		w->calibration[i] = fixed(h->calibration[i]);
	}
	w->cost_decay = h->cost_decay;
	w->anomaly_low = h->anomaly_low;
	w->anomaly_high = h->anomaly_high;
	pack_additive(m, w);
	if (h->wide)
		pack_wide(m, wide);
	else
		pack_net(m, w);
	memcpy(w->info, m->classes, sizeof(w->info));
}
