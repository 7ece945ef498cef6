// SPDX-License-Identifier: BSD-2-Clause
/* What a server answered: probabilities, or why there are none. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "oip.h"

#define REPLY	"infer reply"
#define SUM_TOLERANCE	0.01f

/* Fills out from a list of numbers, count of them; 0, or -1 if it is none. */
static int numbers(const json_t *list, size_t count, float *out)
{
	const json_t *v;
	size_t i;

	if (json_array_size(list) != count)
		return -1;
	for (i = 0; i < count; i++) {
		v = json_array_get(list, i);
		if (!json_is_number(v))
			return -1;
		out[i] = json_number_value(v);
	}
	return 0;
}

/* "data" is flat, or a list of rows. */
static int data_parse(const json_t *data, unsigned int n, unsigned int classes, float *out)
{
	unsigned int i;

	if (!json_is_array(json_array_get(data, 0)))
		return numbers(data, (size_t)n * classes, out);
	if (json_array_size(data) != n)
		return -1;
	for (i = 0; i < n; i++)
		if (numbers(json_array_get(data, i), classes, out + (size_t)i * classes))
			return -1;
	return 0;
}

static int rows_check(float *out, unsigned int n, unsigned int classes, struct tlml_error *e)
{
	unsigned int i, k;
	float sum, *p;

	for (i = 0; i < n; i++) {
		p = out + (size_t)i * classes;
		for (sum = 0, k = 0; k < classes; k++) {
			if (!(p[k] >= 0))	/* true of NaN, too */
				return tlml_error_set(e, EPROTO,
						      REPLY ": row %u, class %u: %g is no probability",
						      i, k, p[k]);
			sum += p[k];
			if (p[k] > 1)
				p[k] = 1;
		}
		if (!(sum >= 1 - SUM_TOLERANCE && sum <= 1 + SUM_TOLERANCE))
			return tlml_error_set(e, EPROTO,
					      REPLY ": row %u sums to %g, not to 1: does the model end in a softmax?",
					      i, sum);
	}
	return 0;
}

/* Whether an output names other classes than the model did, or in another order. */
static int renamed(const struct tlml_oip_plan *p, const json_t *output)
{
	const json_t *list = json_object_get(json_object_get(output, "parameters"), "classes");
	const char *name;
	unsigned int i;

	if (!p->told || !json_is_array(list))
		return 0;
	for (i = 0; i < p->classes; i++) {
		name = json_string_value(json_array_get(list, i));
		if (!name || strncmp(name, p->klass[i], TLML_NAME_MAX))
			return 1;
	}
	return 0;
}

/* The output that was asked for; its tensor, if it comes after the JSON, is at raw. */
static int output_parse(const struct tlml_oip_plan *p, const json_t *v, const char *raw,
			size_t raw_len, unsigned int n, float *out, struct tlml_error *e)
{
	const json_t *shape = json_object_get(v, "shape");
	const char *dtype = json_string_value(json_object_get(v, "datatype"));

	if (!dtype || strcmp(dtype, "FP32"))
		return tlml_error_set(e, EPROTO, REPLY ": output '%s' is not of type FP32",
				      p->output);
	if (json_array_size(shape) != 2 ||
	    json_integer_value(json_array_get(shape, 0)) != n ||
	    json_integer_value(json_array_get(shape, 1)) != p->classes)
		return tlml_error_set(e, EPROTO, REPLY ": output '%s' is not of shape [%u, %u]",
				      p->output, n, p->classes);
	if (renamed(p, v))
		return tlml_error_set(e, EPROTO, REPLY ": output '%s' is of other classes than before",
				      p->output);
	if (raw && raw_len != (size_t)n * p->classes * sizeof(*out))
		return tlml_error_set(e, EPROTO, REPLY ": output '%s' has %zu bytes, not %zu",
				      p->output, raw_len, (size_t)n * p->classes * sizeof(*out));
	if (raw)
		memcpy(out, raw, raw_len);
	else if (data_parse(json_object_get(v, "data"), n, p->classes, out))
		return tlml_error_set(e, EPROTO, REPLY ": data of output '%s' is not %u x %u numbers",
				      p->output, n, p->classes);
	return rows_check(out, n, p->classes, e);
}

/* Walks the outputs, as each says how much of what follows the JSON is its own. */
static int outputs_parse(const struct tlml_oip_plan *p, const json_t *outputs, const char *raw,
			 size_t left, unsigned int n, float *out, struct tlml_error *e)
{
	const json_t *v, *size;
	const char *name;
	int err, found = 0;
	size_t i, own;

	for (i = 0; i < json_array_size(outputs); i++) {
		v = json_array_get(outputs, i);
		size = json_object_get(json_object_get(v, "parameters"), "binary_data_size");
		own = json_integer_value(size);
		if (size && (!json_is_integer(size) || own > left))	/* so is a negative one */
			return tlml_error_set(e, EPROTO,
					      REPLY ": outputs[%zu]: binary_data_size, where %zu bytes are left",
					      i, left);
		name = json_string_value(json_object_get(v, "name"));
		if (name && !strcmp(name, p->output)) {
			if (found++)
				return tlml_error_set(e, EPROTO, REPLY ": output '%s' comes twice",
						      p->output);
			err = output_parse(p, v, size ? raw : NULL, own, n, out, e);
			if (err)
				return err;
		}
		raw += own;
		left -= own;
	}
	if (left)
		return tlml_error_set(e, EPROTO, REPLY ": %zu bytes after the last output", left);
	if (!found)
		return tlml_error_set(e, EPROTO, REPLY ": no output '%s'", p->output);
	return 0;
}

/* The first version that is told is the one that counts. */
static int version_check(struct tlml_oip_plan *p, const json_t *root, struct tlml_error *e)
{
	const char *version = json_string_value(json_object_get(root, "model_version"));

	if (!version || strlen(version) >= sizeof(p->version))
		return 0;
	if (!*p->version)
		strcpy(p->version, version);
	return strcmp(p->version, version) ?
	       tlml_error_set(e, EPROTO, REPLY ": of version %s of the model, others were of %s",
			      version, p->version) : 0;
}

int tlml_oip_reply_parse(struct tlml_oip_plan *p, const char *body, size_t len, long json_len,
			 unsigned int n, float *out, struct tlml_error *e)
{
	size_t head = json_len < 0 ? len : (size_t)json_len;
	json_t *root;
	int err;

	if (head > len)
		return tlml_error_set(e, EPROTO, REPLY ": %zu bytes, of which %zu are to be JSON",
				      len, head);
	err = tlml_json_parse(body, head, REPLY, &root, e);
	if (err)
		return err;
	err = outputs_parse(p, json_object_get(root, "outputs"), body + head, len - head, n, out, e);
	if (!err)
		err = version_check(p, root, e);
	json_decref(root);
	return err;
}

void tlml_oip_failure(const char *body, size_t len, char *text, size_t room)
{
	const char *why = NULL;
	struct tlml_error e;
	json_t *root = NULL;

	if (!tlml_json_parse(body, len, "", &root, &e))
		why = json_string_value(json_object_get(root, "error"));
	if (why)
		snprintf(text, room, "%s", why);
	else	/* a proxy's page, perhaps */
		snprintf(text, room, "%.*s", (int)(len < room ? len : room), len ? body : "");
	if (!*text)
		snprintf(text, room, "no reason given");
	json_decref(root);
	tlml_error_clean(text);
}
