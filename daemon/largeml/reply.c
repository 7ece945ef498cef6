// SPDX-License-Identifier: BSD-2-Clause
/* What is answered, in the words of the Open Inference Protocol v2 and of Triton's extensions. */
#include "reply.h"

#include <stdio.h>
#include <string.h>

json_t *tlml_reply_error(const char *text)
{
	struct tlml_error e;

	snprintf(e.text, sizeof(e.text), "%s", text);
	tlml_error_clean(e.text);
	return json_pack("{s:s}", "error", e.text);
}

json_t *tlml_reply_server(void)
{
	return json_pack("{s:s, s:s, s:[s, s, s]}", "name", "tlml-large", "version", TLML_VERSION,
			 "extensions", "binary_tensor_data", "model_repository", "statistics");
}

static json_t *version_text(const struct tlml_served *m)
{
	return json_sprintf("%u", m->version);
}

static json_t *input_pack(const struct tlml_input_info *info, enum tlml_dtype dtype)
{
	json_t *shape = json_pack("[i]", -1);
	unsigned int i;

	for (i = 0; i < info->dims; i++)
		json_array_append_new(shape, json_integer(info->shape[i]));
	return json_pack("{s:s, s:s, s:o}", "name", info->name, "datatype",
			 dtype == TLML_DTYPE_UINT8 ? "UINT8" : "FP32", "shape", shape);
}

/* Ours, in metadata and replies alike: who asks need not guess what a column means. */
static json_t *class_names(const struct tlml_served *m)
{
	json_t *classes = json_array();
	unsigned int i;

	for (i = 0; i < m->plan.classes; i++)
		json_array_append_new(classes, json_string(m->plan.klass[i]));
	return classes;
}

json_t *tlml_reply_model(const struct tlml_served *m)
{
	json_t *inputs = json_array();
	unsigned int i;

	for (i = 0; i < m->plan.inputs; i++)
		json_array_append_new(inputs, input_pack(&tlml_inputs[m->plan.input[i].input],
							 m->plan.input[i].dtype));
	return json_pack("{s:s, s:[o], s:s, s:o, s:[{s:s, s:s, s:[i, i], s:{s:o}}]}",
			 "name", m->name, "versions", version_text(m),
			 "platform", m->engine->platform, "inputs", inputs, "outputs",
			 "name", m->plan.output, "datatype", "FP32",
			 "shape", -1, m->plan.classes, "parameters", "classes", class_names(m));
}

static json_t *duration(uint64_t count, uint64_t ns)
{
	return json_pack("{s:I, s:I}", "count", (json_int_t)count, "ns", (json_int_t)ns);
}

json_t *tlml_reply_stats(const struct tlml_served *m)
{
	const struct tlml_served_stats *s = &m->stats;

	return json_pack("{s:[{s:s, s:o, s:I, s:I, s:I, s:{s:o, s:o, s:o, s:o}}]}", "model_stats",
			 "name", m->name, "version", version_text(m),
			 "last_inference", (json_int_t)s->last_ms,
			 "inference_count", (json_int_t)s->flows,
			 "execution_count", (json_int_t)s->chunks, "inference_stats",
			 "success", duration(s->requests, s->wall_ns),
			 "fail", duration(s->failed, s->failed_ns),
			 "queue", duration(s->requests, s->queue_ns),
			 "compute_infer", duration(s->requests, s->compute_ns));
}

json_t *tlml_reply_index(const struct tlml_models *m)
{
	const struct tlml_models_entry *entry;
	json_t *list = json_array();
	unsigned int i;

	for (i = 0; (entry = tlml_models_entry(m, i)); i++)
		json_array_append_new(list, json_pack("{s:s, s:o, s:s, s:s}", "name", entry->name,
						      "version", json_sprintf("%u", entry->version),
						      "state", entry->served ? "READY" : "UNAVAILABLE",
						      "reason", entry->why.text));
	return list;
}

json_t *tlml_reply_infer(const struct tlml_served *m, const struct tlml_inference *r,
			 const float *p)
{
	unsigned int i, n = r->flows * m->plan.classes;
	json_t *output, *reply, *data;

	output = json_pack("{s:s, s:s, s:[i, i], s:{s:o}}", "name", m->plan.output, "datatype",
			   "FP32", "shape", r->flows, m->plan.classes, "parameters", "classes",
			   class_names(m));
	if (r->binary) {
		json_object_set_new(json_object_get(output, "parameters"), "binary_data_size",
				    json_integer(n * sizeof(*p)));
	} else {
		data = json_array();
		for (i = 0; i < n; i++)
			json_array_append_new(data, json_real(p[i]));
		json_object_set_new(output, "data", data);
	}
	reply = json_pack("{s:s, s:o, s:[o]}", "model_name", m->name,
			  "model_version", version_text(m), "outputs", output);
	if (*r->id)
		json_object_set_new(reply, "id", json_string(r->id));
	return reply;
}
