// SPDX-License-Identifier: BSD-2-Clause
/* What the control socket is asked. A pure function of untrusted bytes. */
#include "request.h"

#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <string.h>

static const char *const verbs[TLML_VERBS] = {
	"status", "add", "remove", "watch", "models", "rollback", "pin", "push", "learn",
	"label", "teach",
};

static const char *const maps[TLML_HANDED] = {
	TLML_MAP_CTL, TLML_MAP_FLOWS, TLML_MAP_SOURCES, TLML_MAP_WEIGHTS, TLML_MAP_WIDE,
	TLML_MAP_STATS, TLML_MAP_ALLOW, TLML_MAP_RING, TLML_MAP_CLOCK, TLML_MAP_BUDGET,
};

static int take_interface(const json_t *v, struct tlml_request *r, struct tlml_error *e)
{
	const char *name = json_string_value(v);

	/* As the kernel judges a name. */
	if (!name || !*name || strlen(name) >= sizeof(r->ifname) || strpbrk(name, "/: \t\n\v\f\r") ||
	    !strcmp(name, ".") || !strcmp(name, ".."))
		return tlml_error_set(e, EINVAL, "\"interface\" is not the name of a network interface");
	strcpy(r->ifname, name);
	return 0;
}

static int take_dir(const json_t *v, struct tlml_request *r, struct tlml_error *e)
{
	const char *dir = json_string_value(v);

	if (!dir || *dir != '/' || strlen(dir) >= sizeof(r->dir))
		return tlml_error_set(e, EINVAL, "\"dir\" is not an absolute path of less than %zu bytes",
				      sizeof(r->dir));
	strcpy(r->dir, dir);
	return 0;
}

static int take_map(const json_t *v, struct tlml_request *r, struct tlml_error *e)
{
	const char *name = json_string_value(v);
	enum tlml_request_map m;

	if (!name)
		return tlml_error_set(e, EINVAL, "\"maps\" holds something that is not a name");
	for (m = 0; m < TLML_HANDED && strcmp(name, maps[m]); m++)
		;
	if (m == TLML_HANDED)
		return tlml_error_set(e, EINVAL, "\"maps\": there is no map '%.64s' in this version of tlml",
				      name);
	for (unsigned int i = 0; i < r->maps; i++)
		if (r->map[i] == m)
			return tlml_error_set(e, EINVAL, "\"maps\" names %s twice", name);
	r->map[r->maps++] = m;
	return 0;
}

static int take_maps(const json_t *v, struct tlml_request *r, struct tlml_error *e)
{
	unsigned int needed = 0;
	int err = 0;

	if (!json_is_array(v))
		return tlml_error_set(e, EINVAL, "\"maps\" is not a list of names");
	/* No more than there are maps: the next one would be there twice, or unknown. */
	for (size_t i = 0; !err && i < json_array_size(v); i++)
		err = take_map(json_array_get(v, i), r, e);
	for (unsigned int i = 0; i < r->maps; i++)
		needed |= 1u << r->map[i];
	for (enum tlml_request_map m = 0; !err && m < TLML_HANDED_CLOCK; m++)
		if (!(needed & 1u << m))
			err = tlml_error_set(e, EINVAL, "\"maps\" lacks %s", maps[m]);
	return err;
}

static int take_flag(const json_t *v, const char *key, int *flag, struct tlml_error *e)
{
	if (!json_is_boolean(v))
		return tlml_error_set(e, EINVAL, "\"%s\" is neither true nor false", key);
	*flag = json_is_true(v);
	return 0;
}

static int take_number(const json_t *v, const char *key, uint32_t *number, struct tlml_error *e)
{
	json_int_t n = json_integer_value(v);

	if (!json_is_integer(v) || n < 0 || n > UINT32_MAX)
		return tlml_error_set(e, EINVAL, "\"%s\" is not a number from 0 to %u", key, UINT32_MAX);
	*number = n;
	return 0;
}

static int take_from(const json_t *v, struct tlml_request *r, struct tlml_error *e)
{
	return take_number(v, "from", &r->from, e);
}

static int take_trace(const json_t *v, struct tlml_request *r, struct tlml_error *e)
{
	return take_flag(v, "trace", &r->trace, e);
}

static int take_payload(const json_t *v, struct tlml_request *r, struct tlml_error *e)
{
	return take_flag(v, "payload", &r->payload, e);
}

static int take_generation(const json_t *v, struct tlml_request *r, struct tlml_error *e)
{
	return take_number(v, "generation", &r->generation, e);
}

static int take_on(const json_t *v, struct tlml_request *r, struct tlml_error *e)
{
	return take_flag(v, "on", &r->on, e);
}

static int take_unsigned(const json_t *v, struct tlml_request *r, struct tlml_error *e)
{
	return take_flag(v, "unsigned", &r->unsigned_too, e);
}

static int take_address(const json_t *v, struct tlml_ends *ends, int which, struct tlml_error *e)
{
	const char *text = json_string_value(v);
	int family;

	for (family = 4; text && family <= 6; family += 2)
		if (inet_pton(family == 4 ? AF_INET : AF_INET6, text, ends->addr[which]) == 1)
			break;
	if (!text || family > 6)
		return tlml_error_set(e, EINVAL, "\"%s\" is not an address of IPv4 or IPv6",
				      which ? "dst" : "src");
	if (ends->family && ends->family != family)
		return tlml_error_set(e, EINVAL, "\"src\" and \"dst\" are not of one family");
	ends->family = family;
	return 0;
}

static int take_src(const json_t *v, struct tlml_request *r, struct tlml_error *e)
{
	return take_address(v, &r->label.ends, 0, e);
}

static int take_dst(const json_t *v, struct tlml_request *r, struct tlml_error *e)
{
	return take_address(v, &r->label.ends, 1, e);
}

static int take_range(const json_t *v, const char *what, json_int_t least, json_int_t most,
		      json_int_t *n, struct tlml_error *e)
{
	*n = json_integer_value(v);
	if (!json_is_integer(v) || *n < least || *n > most)
		return tlml_error_set(e, EINVAL, "\"%s\" is not a number from %lld to %lld", what,
				      (long long)least, (long long)most);
	return 0;
}

static int take_sport(const json_t *v, struct tlml_request *r, struct tlml_error *e)
{
	json_int_t n;
	int err = take_range(v, "sport", 0, UINT16_MAX, &n, e);

	r->label.ends.port[0] = n;
	return err;
}

static int take_dport(const json_t *v, struct tlml_request *r, struct tlml_error *e)
{
	json_int_t n;
	int err = take_range(v, "dport", 0, UINT16_MAX, &n, e);

	r->label.ends.port[1] = n;
	return err;
}

static int take_proto(const json_t *v, struct tlml_request *r, struct tlml_error *e)
{
	json_int_t n;
	int err = take_range(v, "proto", 0, UINT8_MAX, &n, e);

	r->label.ends.proto = n;
	return err;
}

static int take_time(const json_t *v, struct tlml_request *r, struct tlml_error *e)
{
	json_int_t n;
	int err = take_range(v, "time_us", 0, INT64_MAX, &n, e);

	r->label.time = n;
	return err;
}

static int take_within(const json_t *v, struct tlml_request *r, struct tlml_error *e)
{
	json_int_t n;
	int err = take_range(v, "within_s", 1, TLML_LABEL_WITHIN_MAX, &n, e);

	r->label.within_s = n;
	return err;
}

static int take_class(const json_t *v, struct tlml_request *r, struct tlml_error *e)
{
	const char *name = json_string_value(v);

	if (!name || !tlml_label_class_valid(name))
		return tlml_error_set(e, EINVAL, "\"class\" is not the name of a class");
	strcpy(r->label.klass, name);
	return 0;
}

static int take_by(const json_t *v, struct tlml_request *r, struct tlml_error *e)
{
	const char *by = json_string_value(v);

	if (!by || !tlml_label_by_valid(by))
		return tlml_error_set(e, EINVAL, "\"by\" is not a word of at most %d characters",
				      TLML_LABEL_BY - 1);
	strcpy(r->label.by, by);
	return 0;
}

#define IN(verb)	(1u << TLML_DO_##verb)

#define OF_MODELS	(IN(MODELS) | IN(ROLLBACK) | IN(PIN) | IN(PUSH))

/* What a message may say beside "do", and where it must. */
static const struct {
	const char *key;
	unsigned int may, must;
	int (*take)(const json_t *v, struct tlml_request *r, struct tlml_error *e);
} keys[] = {
	{ "interface", IN(ADD) | IN(REMOVE) | IN(WATCH) | OF_MODELS | IN(LEARN) | IN(LABEL),
	  IN(ADD) | IN(REMOVE) | OF_MODELS | IN(LEARN) | IN(LABEL), take_interface },
	{ "dir", IN(ADD), IN(ADD), take_dir },
	{ "maps", IN(ADD), IN(ADD), take_maps },
	{ "from", IN(STATUS), 0, take_from },
	{ "trace", IN(WATCH), 0, take_trace },
	{ "payload", IN(WATCH), 0, take_payload },
	{ "generation", IN(ROLLBACK), 0, take_generation },
	{ "on", IN(PIN), IN(PIN), take_on },
	{ "unsigned", IN(PUSH), 0, take_unsigned },
	{ "src", IN(LABEL), IN(LABEL), take_src }, { "dst", IN(LABEL), IN(LABEL), take_dst },
	{ "sport", IN(LABEL), 0, take_sport }, { "dport", IN(LABEL), 0, take_dport },
	{ "proto", IN(LABEL), IN(LABEL), take_proto },
	{ "class", IN(LABEL), IN(LABEL), take_class }, { "by", IN(LABEL), 0, take_by },
	{ "time_us", IN(LABEL), 0, take_time }, { "within_s", IN(LABEL), 0, take_within },
};

#define KEYS	(sizeof(keys) / sizeof(keys[0]))

static int take_keys(json_t *o, struct tlml_request *r, struct tlml_error *e)
{
	size_t known = 1;	/* "do" */
	const char *key;
	json_t *v;

	for (unsigned int i = 0; i < KEYS; i++) {
		v = json_object_get(o, keys[i].key);
		if (v && keys[i].may & 1u << r->verb) {
			int err = keys[i].take(v, r, e);

			if (err)
				return err;
			known++;
		} else if (keys[i].must & 1u << r->verb) {
			return tlml_error_set(e, EINVAL, "\"%s\" needs \"%s\"", verbs[r->verb],
					      keys[i].key);
		}
	}
	if (known == json_object_size(o))
		return 0;
	json_object_foreach(o, key, v) {
		unsigned int i;

		for (i = 0; i < KEYS; i++)
			if (keys[i].may & 1u << r->verb && !strcmp(key, keys[i].key))
				break;
		if (i == KEYS && strcmp(key, "do"))
			break;
	}
	return tlml_error_set(e, EINVAL, "\"%s\" has no \"%.64s\"", verbs[r->verb], key);
}

static int take_object(json_t *o, struct tlml_request *r, struct tlml_error *e)
{
	const char *word = json_string_value(json_object_get(o, "do"));

	if (!json_is_object(o))
		return tlml_error_set(e, EINVAL, "a message is one JSON object");
	for (r->verb = 0; word && r->verb < TLML_VERBS && strcmp(word, verbs[r->verb]); r->verb++)
		;
	if (!word || r->verb == TLML_VERBS)
		return tlml_error_set(e, EINVAL, "\"do\" is status, add, remove, watch, models, rollback, pin, push, learn, label or teach, not '%.64s'",
				      word ? word : "");
	return take_keys(o, r, e);
}

int tlml_request_parse(const char *text, size_t len, struct tlml_request *r, struct tlml_error *e)
{
	json_error_t why;
	json_t *o;
	int err;

	memset(r, 0, sizeof(*r));
	r->label.within_s = TLML_LABEL_WITHIN;
	strcpy(r->label.by, TLML_LABEL_OPERATOR);
	if (len > TLML_REQUEST_MAX)
		return tlml_error_set(e, EINVAL, "a message has at most %u bytes", TLML_REQUEST_MAX);
	o = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
	if (!o)
		return tlml_error_set(e, EINVAL, "this is not JSON: %s, at byte %d", why.text,
				      why.position);
	err = take_object(o, r, e);
	json_decref(o);
	return err;
}
