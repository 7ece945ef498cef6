// SPDX-License-Identifier: BSD-2-Clause
/* What the data path and the daemon read of a packed model beside its weights. */
#include <limits.h>
#include <stdbool.h>

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

int main(void)
{
	struct tlml_model m;
	struct tlml_error e;
	size_t size;
	void *blob = tlml_mkmodel_constant(0, &size);

	printf("KTAP version 1\n1..3\n");
	if (!blob || tlml_model_parse(blob, size, "constant", &m, &e))
		return 1;
	free(blob);
	result(packed(&m, 0, 0, 0, 0) && packed(&m, 1, -1, 65536, -65536) &&
	       packed(&m, -2.5, 0.1f, -163840, 6554), "calibration in 2^-16, rounded");
	result(packed(&m, 32767.5, -32768, 2147450880, INT_MIN), "the longest ones that fit");
	result(packed(&m, 32768, -32768.5, INT_MAX, INT_MIN) &&
	       packed(&m, 3e38f, -3e38f, INT_MAX, INT_MIN), "longer ones are cut, and keep their sign");
	tlml_model_free(&m);
	return !!failed;
}
