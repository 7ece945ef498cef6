// SPDX-License-Identifier: BSD-2-Clause
/* What an intrusion detection system found. */
#include "eve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static const struct {
	const char *name;
	unsigned int number;
} protocols[] = {
	{ "TCP", IPPROTO_TCP }, { "UDP", IPPROTO_UDP }, { "ICMP", IPPROTO_ICMP },
	{ "IPv6-ICMP", IPPROTO_ICMPV6 }, { "SCTP", IPPROTO_SCTP },
};

static int take_proto(const json_t *o, struct tlml_eve_alert *a, struct tlml_error *e)
{
	const char *name = json_string_value(json_object_get(o, "proto"));

	for (size_t i = 0; name && i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (!strcasecmp(name, protocols[i].name)) {
			a->proto = protocols[i].number;
			return 0;
		}
	return tlml_error_set(e, EINVAL, "\"proto\" is none that flows have");
}

static int take_address(const json_t *o, const char *key, char *to, struct tlml_error *e)
{
	const char *text = json_string_value(json_object_get(o, key));
	struct in6_addr addr;

	if (!text ||
	    (inet_pton(AF_INET, text, &addr) != 1 && inet_pton(AF_INET6, text, &addr) != 1))
		return tlml_error_set(e, EINVAL, "\"%s\" is no address", key);
	snprintf(to, INET6_ADDRSTRLEN, "%s", text);
	return 0;
}

/* What has no ports, as ICMP, has none here. */
static int take_port(const json_t *o, const char *key, unsigned int *port, struct tlml_error *e)
{
	const json_t *v = json_object_get(o, key);
	json_int_t n = json_integer_value(v);

	if (v && (!json_is_integer(v) || n < 0 || n > UINT16_MAX))
		return tlml_error_set(e, EINVAL, "\"%s\" is no port", key);
	*port = n;
	return 0;
}

/* 2026-11-22T10:20:30.123456+0100, with as many digits of a second as there are. */
static int take_time(const json_t *o, uint64_t *us, struct tlml_error *e)
{
	const char *text = json_string_value(json_object_get(o, "timestamp")), *rest;
	unsigned int hours, minutes, digits = 0, micros = 0;
	struct tm tm = { 0 };
	int64_t seconds;
	char sign, end;

	rest = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
	if (rest && *rest == '.')
		for (rest++; *rest >= '0' && *rest <= '9'; rest++)
			micros = digits++ < 6 ? micros * 10 + (*rest - '0') : micros;
	for (; digits && digits < 6; digits++)
		micros *= 10;
	if (!rest || sscanf(rest, "%c%2u%2u%c", &sign, &hours, &minutes, &end) != 3 ||
	    (sign != '+' && sign != '-') || hours > 15 || minutes > 59)
		return tlml_error_set(e, EINVAL, "\"timestamp\" is not as Suricata writes it");
	seconds = timegm(&tm) - (sign == '+' ? 1 : -1) * (int64_t)(hours * 3600 + minutes * 60);
	if (seconds < 0)
		return tlml_error_set(e, EINVAL, "\"timestamp\" lies before 1970");
	*us = seconds * 1000000ull + micros;
	return 0;
}

/* Absent, it is of no signature or category; cut, where it is long. */
static void take_text(const json_t *o, const char *key, char to[TLML_EVE_TEXT])
{
	snprintf(to, TLML_EVE_TEXT, "%s", json_string_value(json_object_get(o, key)) ?: "");
}

static int take_alert(const json_t *o, struct tlml_eve_alert *a, struct tlml_error *e)
{
	const json_t *alert = json_object_get(o, "alert");
	json_int_t id = json_integer_value(json_object_get(alert, "signature_id"));
	int err;

	if (!json_is_object(alert))
		return tlml_error_set(e, EINVAL, "an event of type alert has no \"alert\"");
	a->id = id > 0 ? id : 0;
	take_text(alert, "signature", a->signature);
	take_text(alert, "category", a->category);
	err = take_time(o, &a->time_us, e);
	if (!err)
		err = take_address(o, "src_ip", a->src, e);
	if (!err)
		err = take_address(o, "dest_ip", a->dst, e);
	if (!err)
		err = take_port(o, "src_port", &a->sport, e);
	if (!err)
		err = take_port(o, "dest_port", &a->dport, e);
	return err ? err : take_proto(o, a, e);
}

int tlml_eve_parse(const char *line, size_t len, struct tlml_eve_alert *a, struct tlml_error *e)
{
	const char *type;
	json_error_t why;
	json_t *o;
	int err;

	memset(a, 0, sizeof(*a));
	if (len > TLML_EVE_LINE)
		return tlml_error_set(e, EINVAL, "the line has more than %u bytes", TLML_EVE_LINE);
	o = json_loadb(line, len, 0, &why);
	type = json_string_value(json_object_get(o, "event_type"));
	if (!o) {
		tlml_error_clean(why.text);
		err = tlml_error_set(e, EINVAL, "this is not JSON: %s", why.text);
	} else if (!type) {
		err = tlml_error_set(e, EINVAL, "this is no event of EVE: it has no \"event_type\"");
	} else if (strcmp(type, "alert")) {
		err = 0;
	} else {
		err = take_alert(o, a, e);
		err = err ? err : 1;
	}
	json_decref(o);
	return err;
}

int tlml_eve_map_add(struct tlml_eve_map *m, const char *text, struct tlml_error *e)
{
	const char *equals = strrchr(text, '=');
	struct tlml_eve_rule *r = &m->rule[m->n];
	size_t len = equals ? strlen(equals + 1) : 0;

	if (m->n == TLML_EVE_RULES)
		return tlml_error_set(e, EINVAL, "there are more than %d rules", TLML_EVE_RULES);
	if (!equals || equals == text || equals - text >= TLML_EVE_TEXT || !len ||
	    len >= sizeof(r->klass))
		return tlml_error_set(e, EINVAL, "'%.64s': write PATTERN=CLASS, such as 'ET SCAN *=scan'",
				      text);
	snprintf(r->pattern, sizeof(r->pattern), "%.*s", (int)(equals - text), text);
	strcpy(r->klass, equals + 1);
	m->n++;
	return 0;
}

int tlml_eve_map_read(struct tlml_eve_map *m, const char *path, struct tlml_error *e)
{
	char line[TLML_EVE_TEXT * 2];
	struct tlml_error why;
	unsigned int number;
	FILE *f = fopen(path, "re");
	int err = 0;

	if (!f)
		return tlml_error_set(e, errno, "cannot open %s: %s", path, strerror(errno));
	for (number = 1; !err && fgets(line, sizeof(line), f); number++) {
		line[strcspn(line, "\n")] = 0;
		if (*line && *line != '#' && tlml_eve_map_add(m, line, &why))
			err = tlml_error_set(e, EINVAL, "%s:%u: %.400s", path, number, why.text);
	}
	if (!err && ferror(f))
		err = tlml_error_set(e, EIO, "%s: cannot read it: is it a file?", path);
	fclose(f);
	return err;
}

const char *tlml_eve_class(const struct tlml_eve_map *m, const struct tlml_eve_alert *a)
{
	const struct tlml_eve_rule *r;
	char id[24];

	snprintf(id, sizeof(id), "%" PRIu64, a->id);
	for (r = m->rule; r < m->rule + m->n; r++)
		if (!fnmatch(r->pattern, a->signature, 0) || !fnmatch(r->pattern, a->category, 0) ||
		    !fnmatch(r->pattern, id, 0))
			return r->klass;
	return NULL;
}
