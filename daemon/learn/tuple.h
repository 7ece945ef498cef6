/* SPDX-License-Identifier: BSD-2-Clause */
/* The exact key of a flow, for tables in user space: the data path keeps but a hash of it. */
#ifndef TLML_LEARN_TUPLE_H
#define TLML_LEARN_TUPLE_H

#include <stdint.h>
#include <string.h>

#include "../../uapi/tlml_packet.h"

/* Endpoints in the order of tlml_key_from_lo(), so the same for both directions; to be hashed. */
struct tlml_tuple {
	uint32_t lo[4], hi[4];
	uint16_t lo_port, hi_port, vlan;
	uint8_t proto, family, tunnel, pad[3];
};

static inline struct tlml_tuple tlml_tuple_of(const struct tlml_packet *p, int from_lo)
{
	struct tlml_tuple t = { .vlan = p->vlan, .proto = p->proto, .family = p->family,
				.tunnel = p->flags & TLML_PKT_TUNNEL };

	memcpy(t.lo, from_lo ? p->saddr : p->daddr, sizeof(t.lo));
	memcpy(t.hi, from_lo ? p->daddr : p->saddr, sizeof(t.hi));
	t.lo_port = from_lo ? p->sport : p->dport;
	t.hi_port = from_lo ? p->dport : p->sport;
	return t;
}

#endif
