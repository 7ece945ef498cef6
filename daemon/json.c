// SPDX-License-Identifier: BSD-2-Clause
/* JSON from outside: jansson with limits, and the few questions that its readers ask. */
#include "json.h"

#include <errno.h>
#include <string.h>

int tlml_json_parse(const char *text, size_t len, const char *what, json_t **root,
		    struct tlml_error *e)
{
	json_error_t why;

	if (len > TLML_JSON_MAX)
		return tlml_error_set(e, EPROTO, "%s: %zu bytes of JSON, more than %u", what, len,
				      TLML_JSON_MAX);
	*root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
	if (!*root && json_error_code(&why) == json_error_out_of_memory)
		return tlml_error_set(e, ENOMEM, "%s: no memory for its JSON", what);
	if (!*root) {
		tlml_error_clean(why.text);
		return tlml_error_set(e, EPROTO, "%s: not JSON (byte %d: %s)", what, why.position,
				      why.text);
	}
	if (json_is_object(*root))
		return 0;
	json_decref(*root);
	*root = NULL;
	return tlml_error_set(e, EPROTO, "%s: JSON, but not an object", what);
}

int tlml_json_name(const json_t *v, char *name, size_t room)
{
	const char *s = json_string_value(v);
	size_t i, len = json_string_length(v);

	if (!s || !len || len >= room)
		return 0;
	for (i = 0; i < len; i++)
		if (s[i] < ' ' || s[i] > '~' || s[i] == '"' || s[i] == '\\')
			return 0;
	memcpy(name, s, len + 1);
	return 1;
}
