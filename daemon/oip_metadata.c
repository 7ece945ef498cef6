// SPDX-License-Identifier: BSD-2-Clause
/* What a server says of itself and of a model, and whether tlml can ask that model. */
#include <errno.h>
#include <string.h>

#include "json.h"
#include "oip.h"

#define MODEL	"model metadata"

int tlml_oip_server_parse(const char *json, size_t len, int *binary, struct tlml_error *e)
{
	const char *name;
	json_t *root, *v;
	size_t i;
	int err;

	err = tlml_json_parse(json, len, "server metadata", &root, e);
	if (err)
		return err;
	*binary = 0;
	json_array_foreach(json_object_get(root, "extensions"), i, v) {
		name = json_string_value(v);
		if (name && !strcmp(name, "binary_tensor_data"))
			*binary = 1;
	}
	json_decref(root);
	return 0;
}

static int shape_parse(const json_t *shape, struct tlml_oip_tensor *t)
{
	json_int_t d;
	size_t i;

	if (!json_is_array(shape))
		return -1;
	if (json_array_size(shape) > TLML_OIP_DIMS)	/* an output that is of no use */
		return 0;
	t->dims = json_array_size(shape);
	for (i = 0; i < t->dims; i++) {
		if (!json_is_integer(json_array_get(shape, i)))
			return -1;
		d = json_integer_value(json_array_get(shape, i));
		if (d < -1 || !d)
			return -1;
		t->shape[i] = d;
	}
	return 0;
}

static enum tlml_dtype dtype_parse(const char *s)
{
	return !strcmp(s, "FP32") ? TLML_DTYPE_FP32 : !strcmp(s, "UINT8") ? TLML_DTYPE_UINT8 :
	       TLML_DTYPE_OTHER;
}

static int tensors_parse(const json_t *root, const char *key, struct tlml_oip_tensor *tensors,
			 unsigned int *n, struct tlml_error *e)
{
	const json_t *list = json_object_get(root, key), *v, *dtype;
	unsigned int i;

	if (!json_is_array(list) || !json_array_size(list))
		return tlml_error_set(e, EPROTO, MODEL ": it lists no %s", key);
	if (json_array_size(list) > TLML_OIP_TENSORS)
		return tlml_error_set(e, EPROTO, MODEL ": %zu %s, more than %u",
				      json_array_size(list), key, TLML_OIP_TENSORS);
	*n = json_array_size(list);
	for (i = 0; i < *n; i++) {
		v = json_array_get(list, i);
		if (!tlml_json_name(json_object_get(v, "name"), tensors[i].name,
				    sizeof(tensors[i].name)))
			return tlml_error_set(e, EPROTO,
					      MODEL ": %s[%u] has no name of 1 to %u plain characters",
					      key, i, TLML_OIP_NAME - 1);
		dtype = json_object_get(v, "datatype");
		if (!json_is_string(dtype))
			return tlml_error_set(e, EPROTO, MODEL ": %s[%u] (%s) has no datatype", key,
					      i, tensors[i].name);
		tensors[i].dtype = dtype_parse(json_string_value(dtype));
		if (shape_parse(json_object_get(v, "shape"), &tensors[i]))
			return tlml_error_set(e, EPROTO,
					      MODEL ": %s[%u] (%s) has no shape of sizes or -1", key,
					      i, tensors[i].name);
	}
	return 0;
}

static int classes_parse(const json_t *root, struct tlml_oip_metadata *m, struct tlml_error *e)
{
	const json_t *list = json_object_get(json_object_get(json_array_get(
		json_object_get(root, "outputs"), 0), "parameters"), "classes"), *v;
	unsigned int i, k;

	if (!list || json_is_null(list))
		return 0;
	if (!json_is_array(list) || json_array_size(list) < 2 ||
	    json_array_size(list) > TLML_CLASSES_MAX)
		return tlml_error_set(e, EPROTO, MODEL ": classes is no list of 2 to %u names",
				      TLML_CLASSES_MAX);
	for (i = 0; i < json_array_size(list); i++) {
		v = json_array_get(list, i);
		if (!tlml_json_name(v, m->klass[i], sizeof(m->klass[i])) ||
		    strchr(m->klass[i], ' '))
			return tlml_error_set(e, EPROTO,
					      MODEL ": classes[%u] is no word of 1 to %u plain characters",
					      i, TLML_NAME_MAX - 1);
		for (k = 0; k < i; k++)
			if (!strcmp(m->klass[k], m->klass[i]))
				return tlml_error_set(e, EPROTO,
						      MODEL ": classes %u and %u are both called %s",
						      k, i, m->klass[i]);
	}
	m->classes = i;
	return 0;
}

int tlml_oip_metadata_parse(const char *json, size_t len, struct tlml_oip_metadata *m,
			    struct tlml_error *e)
{
	const json_t *versions;
	json_t *root;
	int err;

	memset(m, 0, sizeof(*m));
	err = tlml_json_parse(json, len, MODEL, &root, e);
	if (err)
		return err;
	err = tensors_parse(root, "inputs", m->input, &m->inputs, e);
	if (!err)
		err = tensors_parse(root, "outputs", m->output, &m->outputs, e);
	if (!err)
		err = classes_parse(root, m, e);
	versions = json_object_get(root, "versions");
	/* One that cannot be shown is not worth a failure. */
	if (json_array_size(versions))
		tlml_json_name(json_array_get(versions, json_array_size(versions) - 1), m->version,
			       sizeof(m->version));
	json_decref(root);
	return err;
}
