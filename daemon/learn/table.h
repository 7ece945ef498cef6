/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Flows and sources of a packet sequence, exactly: the data path's sequence of steps over tables
 * that never collide and never evict, so that training sees what the data path would at best.
 */
#ifndef TLML_LEARN_TABLE_H
#define TLML_LEARN_TABLE_H

#include <stdint.h>

#include "../../uapi/tlml_feature.h"

struct tlml_table;

/* What a packet did to its flow. */
struct tlml_seen {
	uint32_t flow;		/* counts from 0 in order of first packets */
	uint32_t point;		/* decision point reached: 1, 2, 4 ...; 0 none */
	int is_new;
	int back;		/* the packet comes from the responder */
	const struct tlml_flow *line;	/* after the packet, without verdict; until the next one */
	struct tlml_more more;	/* the packet as it would be told of; bucket is flow */
	uint8_t x[TLML_FEATURES_MAX];	/* at a point; the first TLML_FIRST ones at point 1 */
};

/*
 * points: bit k asks for packet 2^k, as in the model header. seg_len: IP bytes of a full wire
 * packet, longer ones are counted as segments; 0 takes every packet as one. NULL without memory.
 */
struct tlml_table *tlml_table_new(uint32_t points, uint16_t seg_len);

/* Counts p, parsed at tick now. 0 with *seen filled, or -ENOMEM. */
int tlml_table_packet(struct tlml_table *t, const struct tlml_packet *p, uint32_t now,
		      struct tlml_seen *seen);

/* Flows begun so far. */
uint32_t tlml_table_flows(const struct tlml_table *t);

void tlml_table_free(struct tlml_table *t);

#endif
