// SPDX-License-Identifier: BSD-2-Clause
/*
 * A request to tlml-large. The first byte says how the model wants to be asked, the next two are
 * the length of the JSON: 65535 for none told.
 */
#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "../../daemon/largeml/inference.h"

static void check(const struct tlml_oip_plan *p, const struct tlml_inference *r)
{
	const float *v;

	assert(r->flows >= 1 && r->flows <= TLML_INFERENCE_FLOWS);
	assert(memchr(r->id, 0, sizeof(r->id)));
	for (unsigned int i = 0; i < p->inputs; i++) {
		v = r->rows.value[p->input[i].input];
		assert(v);
		for (unsigned int k = 0; k < r->flows * tlml_inputs[p->input[i].input].values; k++)
			assert(isfinite(v[k]));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tlml_oip_plan p = { .output = "probabilities", .classes = 4 };
	struct tlml_inference r;
	enum tlml_input i;
	struct tlml_error e;
	long json_len;

	if (size < 3)
		return 0;
	for (i = 0; i < TLML_INPUTS; i++)
		if (data[0] & 1 << i || (i == TLML_INPUT_FLOW && !p.inputs)) {
			p.input[p.inputs].dtype = TLML_DTYPE_FP32;
			p.input[p.inputs++].input = i;
		}
	json_len = data[1] | data[2] << 8;
	if (!tlml_inference_parse(&p, (const char *)data + 3, size - 3,
				  json_len == 0xffff ? -1 : json_len, &r, &e))
		check(&p, &r);
	else
		assert(memchr(e.text, 0, sizeof(e.text)));
	tlml_inference_free(&r);
	return 0;
}
