/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an intrusion detection system found: Suricata's EVE JSON, an event a line, and which class
 * an alert means. Untrusted text.
 */
#ifndef TLML_EVE_H
#define TLML_EVE_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#include "../../daemon/error.h"

#define TLML_EVE_LINE		(256u << 10)	/* bytes of a line at most */
#define TLML_EVE_TEXT		256		/* of a signature that is looked at */
#define TLML_EVE_RULES		256

struct tlml_eve_alert {
	char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];
	unsigned int sport, dport, proto;
	uint64_t time_us;		/* since 1970 */
	uint64_t id;			/* of the signature */
	char signature[TLML_EVE_TEXT], category[TLML_EVE_TEXT];
};

/* A line: 1 if it is an alert about a flow, 0 if another event, -EINVAL with a sentence. */
int tlml_eve_parse(const char *line, size_t len, struct tlml_eve_alert *a, struct tlml_error *e);

/* Which class alerts mean: the first rule whose pattern is of the signature, category or id. */
struct tlml_eve_map {
	unsigned int n;
	struct tlml_eve_rule {
		char pattern[TLML_EVE_TEXT];	/* as fnmatch(3) takes it */
		char klass[16];			/* TLML_NAME_MAX */
	} rule[TLML_EVE_RULES];
};

/* "PATTERN=CLASS", the last '=' counts. -EINVAL with a sentence. */
int tlml_eve_map_add(struct tlml_eve_map *m, const char *text, struct tlml_error *e);

/* A file of such lines; empty ones and those that begin with '#' say nothing. */
int tlml_eve_map_read(struct tlml_eve_map *m, const char *path, struct tlml_error *e);

/* NULL: none says anything about it. */
const char *tlml_eve_class(const struct tlml_eve_map *m, const struct tlml_eve_alert *a);

#endif
