/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules that say which kind of traffic a flow is: tab-separated, one rule a line below the header
 * "kind attack proto client server sport_lo sport_hi port t0_us t1_us". proto is tcp, udp, icmp
 * or a number; "*" is any proto, client, server or port; t1_us 0 is no end. The first match wins.
 */
#ifndef TLML_LABELS_H
#define TLML_LABELS_H

#include <stddef.h>
#include <stdint.h>

#include "../../daemon/error.h"

struct tlml_rule {
	char kind[16];
	uint8_t attack;
	uint8_t proto, any_proto;
	uint8_t client_family, server_family;	/* 4, 6 or 0 for any */
	uint8_t any_port;
	uint32_t client[4], server[4];		/* network order, as in struct tlml_packet */
	uint16_t sport_lo, sport_hi, port;
	uint64_t t0_us, t1_us;
};

struct tlml_labels {
	struct tlml_rule *rules;
	size_t n;
};

/* Whom a flow is between, as its first packet tells. */
struct tlml_ends {
	const uint32_t *initiator, *responder;
	uint16_t sport, port;		/* of initiator and responder */
	uint8_t family, proto;
	uint64_t us;			/* of the first packet, since 1970 */
};

/* -errno with a sentence that names the line. */
int tlml_labels_read(const char *path, struct tlml_labels *l, struct tlml_error *e);

/* The rule of a flow, or NULL. A TCP or UDP flow picked up at an answer matches the other way. */
const struct tlml_rule *tlml_labels_find(const struct tlml_labels *l, const struct tlml_ends *ends);

void tlml_labels_free(struct tlml_labels *l);

#endif
