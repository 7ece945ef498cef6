// SPDX-License-Identifier: BSD-2-Clause
/* What the data path and the daemon read of a packed model beside its weights. */
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "../../daemon/pack.h"
#include "../golden/mkmodel.h"

static int points, failed;

static void result(bool ok, const char *what)
{
	printf("%sok %d - %s\n", ok ? "" : "not ", ++points, what);
	failed += !ok;
}

static bool packed(struct tlml_model *m, float a, float b, int32_t want_a, int32_t want_b)
{
	static struct tlml_weights w;
	static struct tlml_wide wide;

	m->header.calibration[0] = a;
	m->header.calibration[1] = b;
	tlml_pack(m, &w, &wide);
	if (w.calibration[0] != want_a || w.calibration[1] != want_b)
		printf("# %g %g became %d %d\n", a, b, w.calibration[0], w.calibration[1]);
	return w.calibration[0] == want_a && w.calibration[1] == want_b;
}

/* Each weight of a net for the module in its row, and none of it among the words of four lanes. */
static bool wide_packed(void)
{
	static struct tlml_weights w, empty;
	static struct tlml_wide p;
	unsigned int wrong = 0, i, j;
	struct tlml_error e;
	struct tlml_model m;
	size_t size;
	void *blob = tlml_mkmodel_wide(3, 208, 24, 5, 1, &size);

	if (!blob || tlml_model_parse(blob, size, "wide", &m, &e))
		return false;
	free(blob);
	tlml_pack(&m, &w, &p);
	for (j = 0; j < TLML_WIDE_HIDDEN2_MAX; j++)
		for (i = 0; i < TLML_WIDE_HIDDEN1_MAX; i++)
			wrong += p.w2[j][i] != (j < 24 && i < 208 ? m.hidden[1].w[j * 208 + i] : 0);
	for (j = 0; j < TLML_WIDE_INPUTS_MAX; j++)
		for (i = 0; i < TLML_WIDE_HIDDEN2_MAX; i++)
			wrong += p.w4[j][i] != (j < 32 && i < 24 ? m.decode.w[j * 24 + i] : 0);
	wrong += memcmp(p.bias1, m.hidden[0].b, 208 * sizeof(p.bias1[0])) ||
		 memcmp(p.bias3, m.klass.b, 5 * sizeof(p.bias3[0])) || p.bias3[5] || p.bias1[208];
	wrong += p.generation != 1 || p.inputs != 32 || p.hidden1 != 208 || p.hidden2 != 24 ||
		 p.classes != 5 || p.decode != 32 || p.shift[0] != 8 || p.shift[1] != 9;
	wrong += !w.wide || w.classes != 5 || !w.decode || w.hidden1_blocks != 13 ||
		 w.hidden2_blocks != 6 ||
		 memcmp(w.w1, empty.w1, sizeof(w.w1)) || memcmp(w.w2, empty.w2, sizeof(w.w2));
	tlml_model_free(&m);
	return !wrong;
}

int main(void)
{
	static struct tlml_weights weights;
	static struct tlml_wide wide, none;
	struct tlml_model m;
	struct tlml_error e;
	size_t size;
	void *blob = tlml_mkmodel_constant(0, &size);

	printf("KTAP version 1\n1..5\n");
	if (!blob || tlml_model_parse(blob, size, "constant", &m, &e))
		return 1;
	free(blob);
	result(packed(&m, 0, 0, 0, 0) && packed(&m, 1, -1, 65536, -65536) &&
	       packed(&m, -2.5, 0.1f, -163840, 6554), "calibration in 2^-16, rounded");
	result(packed(&m, 32767.5, -32768, 2147450880, INT_MIN), "the longest ones that fit");
	result(packed(&m, 32768, -32768.5, INT_MAX, INT_MIN) &&
	       packed(&m, 3e38f, -3e38f, INT_MAX, INT_MIN), "longer ones are cut, and keep their sign");
	tlml_pack(&m, &weights, &wide);
	result(!weights.wide && weights.hidden1_blocks == 1 && !memcmp(&wide, &none, sizeof(none)),
	       "a net that BPF computes leaves the module nothing");
	tlml_model_free(&m);
	result(wide_packed(), "a net for the module, row by row");
	return !!failed;
}
