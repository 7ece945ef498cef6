// SPDX-License-Identifier: BSD-2-Clause
/* From a model's metadata to the way to ask it. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "oip.h"

#define PREFERRED	"probabilities"	/* of several outputs that would do */

static void shape_print(const struct tlml_oip_tensor *t, char *text, size_t room)
{
	unsigned int i;
	int n = 0;

	snprintf(text, room, "...");		/* more than one can tell */
	for (i = 0; i < t->dims && n < (int)room; i++)
		n += snprintf(text + n, room - n, "%s%lld", i ? ", " : "", (long long)t->shape[i]);
}

static bool dim_fits(int64_t have, int64_t want)
{
	return have == -1 || have == want;
}

static bool input_fits(const struct tlml_oip_tensor *t, const struct tlml_input_info *info)
{
	unsigned int i;

	if (t->dims != info->dims + 1 || t->shape[0] != -1)
		return false;
	for (i = 0; i < info->dims; i++)
		if (!dim_fits(t->shape[i + 1], info->shape[i]))
			return false;
	return true;
}

static int input_add(const struct tlml_oip_tensor *t, struct tlml_oip_plan *p,
		     struct tlml_error *e)
{
	const struct tlml_input_info *info = tlml_inputs;
	char shape[96], inner[24] = "";
	enum tlml_input id = 0;
	unsigned int i;

	while (id < TLML_INPUTS && strcmp(t->name, tlml_inputs[id].name))
		id++;
	if (id == TLML_INPUTS)
		return tlml_error_set(e, EPROTO,
				      "the model wants an input '%s'; tlml has features, packets and flow",
				      t->name);
	info = &tlml_inputs[id];
	for (i = 0; i < p->inputs; i++)
		if (p->input[i].input == id)
			return tlml_error_set(e, EPROTO, "the model wants the input '%s' twice",
					      t->name);
	if (t->dtype == TLML_DTYPE_OTHER || (id == TLML_INPUT_FLOW && t->dtype != TLML_DTYPE_FP32))
		return tlml_error_set(e, EPROTO, "input '%s' is to be of type %s", t->name,
				      id == TLML_INPUT_FLOW ? "FP32" : "UINT8 or FP32");
	if (!input_fits(t, info)) {
		shape_print(t, shape, sizeof(shape));
		if (info->dims > 1)
			snprintf(inner, sizeof(inner), ", %u", info->shape[1]);
		return tlml_error_set(e, EPROTO,
				      "input '%s' has the shape [%s]; tlml sends [-1, %u%s]",
				      t->name, shape, info->shape[0], inner);
	}
	p->input[p->inputs].input = id;
	p->input[p->inputs++].dtype = t->dtype;
	return 0;
}

static const struct tlml_oip_tensor *output_find(const struct tlml_oip_metadata *m,
						 unsigned int classes)
{
	const struct tlml_oip_tensor *t, *found = NULL;
	unsigned int i;

	for (i = 0; i < m->outputs; i++) {
		t = &m->output[i];
		if (t->dtype != TLML_DTYPE_FP32 || t->dims != 2 || t->shape[0] != -1 ||
		    !dim_fits(t->shape[1], classes))
			continue;
		if (!found || !strcmp(t->name, PREFERRED))
			found = t;
	}
	return found;
}

int tlml_oip_fit(const struct tlml_oip_metadata *m, const char names[][TLML_NAME_MAX],
		 unsigned int n, int binary, struct tlml_oip_plan *p, struct tlml_error *e)
{
	const struct tlml_oip_tensor *out;
	unsigned int i;
	int err;

	memset(p, 0, sizeof(*p));
	p->binary = binary;
	for (i = 0; i < m->inputs; i++) {
		err = input_add(&m->input[i], p, e);
		if (err)
			return err;
	}
	p->classes = n ? n : m->classes;
	if (!p->classes)
		return tlml_error_set(e, EPROTO,
				      "the server does not tell the names of the classes: give them in the configuration");
	p->told = !n;
	memcpy(p->klass, n ? names : m->klass, p->classes * sizeof(p->klass[0]));
	out = output_find(m, p->classes);
	if (!out)
		return tlml_error_set(e, EPROTO,
				      "no output of the model is FP32 of shape [-1, %u], a probability of each class",
				      p->classes);
	strcpy(p->output, out->name);
	return 0;
}
