// SPDX-License-Identifier: BSD-2-Clause
/* Rules that say which kind of traffic a flow is. */
#include "labels.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADER	"kind\tattack\tproto\tclient\tserver\tsport_lo\tsport_hi\tport\tt0_us\tt1_us"
#define COLUMNS	10

static int parse_number(const char *s, uint64_t max, uint64_t *v)
{
	char *end;

	errno = 0;
	*v = strtoull(s, &end, 10);
	return *s < '0' || *s > '9' || *end || errno || *v > max ? -EINVAL : 0;
}

static int parse_addr(const char *s, uint8_t *family, uint32_t addr[4])
{
	*family = 0;
	if (!strcmp(s, "*"))
		return 0;
	*family = strchr(s, ':') ? 6 : 4;
	return inet_pton(*family == 6 ? AF_INET6 : AF_INET, s, addr) == 1 ? 0 : -EINVAL;
}

static int parse_proto(const char *s, struct tlml_rule *r)
{
	uint64_t v = 0;

	r->any_proto = !strcmp(s, "*");
	if (!strcmp(s, "tcp"))
		v = 6;
	else if (!strcmp(s, "udp"))
		v = 17;
	else if (!strcmp(s, "icmp"))
		v = 1;
	else if (!r->any_proto && parse_number(s, 255, &v))
		return -EINVAL;
	r->proto = v;
	return 0;
}

/* NULL, or the name of the column that makes no sense. */
static const char *parse_rule(char *const col[COLUMNS], struct tlml_rule *r)
{
	uint64_t lo, hi, port = 0, attack;

	memset(r, 0, sizeof(*r));
	if (!*col[0] || strlen(col[0]) >= sizeof(r->kind))
		return "kind";
	strcpy(r->kind, col[0]);
	if (parse_number(col[1], 1, &attack))
		return "attack";
	if (parse_proto(col[2], r))
		return "proto";
	if (parse_addr(col[3], &r->client_family, r->client))
		return "client";
	if (parse_addr(col[4], &r->server_family, r->server))
		return "server";
	if (parse_number(col[5], 65535, &lo))
		return "sport_lo";
	if (parse_number(col[6], 65535, &hi) || hi < lo)
		return "sport_hi";
	r->any_port = !strcmp(col[7], "*");
	if (!r->any_port && parse_number(col[7], 65535, &port))
		return "port";
	if (parse_number(col[8], UINT64_MAX, &r->t0_us))
		return "t0_us";
	if (parse_number(col[9], UINT64_MAX, &r->t1_us))
		return "t1_us";
	r->attack = attack;
	r->sport_lo = lo;
	r->sport_hi = hi;
	r->port = port;
	return NULL;
}

static int labels_add(struct tlml_labels *l, char *line, const char *path, size_t number,
		      struct tlml_error *e)
{
	char *col[COLUMNS + 1], *rest = line;
	struct tlml_rule *more;
	const char *bad;
	size_t n = 0;

	while (rest && n <= COLUMNS)
		col[n++] = strsep(&rest, "\t");
	if (n != COLUMNS)
		return tlml_error_set(e, EINVAL, "%s: line %zu: not %d columns: each line has %s", path,
				      number, COLUMNS, "as many as the header");
	if (!(l->n & (l->n - 1))) {
		more = reallocarray(l->rules, l->n ? l->n * 2 : 1, sizeof(*more));
		if (!more)
			return tlml_error_set(e, ENOMEM, "%s: no memory for line %zu", path, number);
		l->rules = more;
	}
	bad = parse_rule(col, &l->rules[l->n]);
	if (bad)
		return tlml_error_set(e, EINVAL, "%s: line %zu: column %s makes no sense: see tlml-train(8)",
				      path, number, bad);
	l->n++;
	return 0;
}

int tlml_labels_read(const char *path, struct tlml_labels *l, struct tlml_error *e)
{
	size_t room = 0, number = 0;
	char *line = NULL;
	int err = 0;
	ssize_t n;
	FILE *f;

	memset(l, 0, sizeof(*l));
	f = fopen(path, "re");
	if (!f)
		return tlml_error_set(e, errno,
				      "%s: cannot open the labels: %s: every capture to learn from needs such a file, see tlml-train(8)",
				      path, strerror(errno));
	while (!err && (n = getline(&line, &room, f)) >= 0) {
		line[strcspn(line, "\r\n")] = 0;
		if (number++)
			err = labels_add(l, line, path, number, e);
		else if (strcmp(line, HEADER))
			err = tlml_error_set(e, EINVAL,
					     "%s: line 1: not the header of a label file: see tlml-train(8)",
					     path);
	}
	if (!err && !number)
		err = tlml_error_set(e, EINVAL, "%s: is empty: write labels into it, see tlml-train(8)",
				     path);
	free(line);
	fclose(f);
	if (err)
		tlml_labels_free(l);
	return err;
}

static int rule_matches(const struct tlml_rule *r, const struct tlml_ends *p)
{
	size_t size = p->family == 6 ? 16 : 4;
	uint8_t proto = p->proto == 58 ? 1 : p->proto;

	if ((!r->any_proto && r->proto != proto && r->proto != p->proto) ||
	    (!r->any_port && r->port != p->port) || p->sport < r->sport_lo ||
	    p->sport > r->sport_hi || p->us < r->t0_us || (r->t1_us && p->us > r->t1_us))
		return 0;
	if (r->client_family &&
	    (r->client_family != p->family || memcmp(r->client, p->initiator, size)))
		return 0;
	return !r->server_family ||
	       (r->server_family == p->family && !memcmp(r->server, p->responder, size));
}

const struct tlml_rule *tlml_labels_find(const struct tlml_labels *l, const struct tlml_ends *ends)
{
	struct tlml_ends other = *ends;
	size_t i;

	for (i = 0; i < l->n; i++)
		if (rule_matches(&l->rules[i], ends))
			return &l->rules[i];
	if (ends->proto != 6 && ends->proto != 17)
		return NULL;
	other.initiator = ends->responder;
	other.responder = ends->initiator;
	other.sport = ends->port;
	other.port = ends->sport;
	for (i = 0; i < l->n; i++)
		if (rule_matches(&l->rules[i], &other))
			return &l->rules[i];
	return NULL;
}

void tlml_labels_free(struct tlml_labels *l)
{
	free(l->rules);
	l->rules = NULL;
	l->n = 0;
}
