/* SPDX-License-Identifier: BSD-2-Clause */
/* A hard flow as it is laid before the large model: its record, and its first packets. Pure. */
#ifndef TLML_CASE_H
#define TLML_CASE_H

#include <stddef.h>

#include "../uapi/tlml_flow.h"

enum tlml_direction { TLML_DIR_NONE, TLML_DIR_FORWARD, TLML_DIR_BACK };

struct tlml_case_packet {
	__u8 size;		/* tlml_size_code(), 0..62 */
	__u8 gap;		/* tlml_log2q() of the gap before it in ticks, 0..127 */
	__u8 dir;		/* enum tlml_direction; NONE: not there, or not seen */
};

struct tlml_case {
	struct tlml_record record;
	struct tlml_case_packet packet[TLML_CASE_PACKETS];
	__u32 packets;		/* known ones: the highest set, plus 1 */
};

/* From what came out of the ring, size bytes; -EINVAL if it cannot be such a record. */
int tlml_case_begin(struct tlml_case *c, const void *data, size_t size);

/* Adds a later packet: 1 if it is the case's, 0 if of another flow or no longer of interest. */
int tlml_case_more(struct tlml_case *c, const struct tlml_more *m);

/*
 * The inputs that a large model may have; it takes those it names, as uint8 or float32 (the same
 * numbers). Per flow:
 *   features  [32]     what the tiny model saw (uapi/tlml_feature.h)
 *   packets   [32, 3]  size code, gap code, direction of each first packet; 0, 0, 0 where none
 *   flow      [8]      protocol, responder's port, packets, bytes forward, bytes back, duration in
 *                      us, anomaly score, whether it is IPv6; float32 only
 */
enum tlml_input { TLML_INPUT_FEATURES, TLML_INPUT_PACKETS, TLML_INPUT_FLOW, TLML_INPUTS };

#define TLML_FLOW_NUMBERS	8

struct tlml_input_info {
	const char *name;
	unsigned int dims, shape[2];	/* per flow */
	unsigned int values;		/* their product */
};

extern const struct tlml_input_info tlml_inputs[TLML_INPUTS];

/* The same as they are kept, for who learns from them; columns are the three in a row. */
#define TLML_CASE_COLUMNS	(TLML_FEATURES_MAX + TLML_CASE_PACKETS * 3 + TLML_FLOW_NUMBERS)

struct tlml_case_inputs {
	__u8 features[TLML_FEATURES_MAX];
	__u8 packets[TLML_CASE_PACKETS * 3];
	float flow[TLML_FLOW_NUMBERS];
};

void tlml_case_inputs(const struct tlml_case *c, struct tlml_case_inputs *in);
void tlml_case_row(const struct tlml_case_inputs *in, float row[TLML_CASE_COLUMNS]);

/* Whether they can be a case's: all of them are in their ranges. */
int tlml_case_inputs_valid(const struct tlml_case_inputs *in);

/* One flow's values of an input, tlml_inputs[i].values of them. Bytes: not of FLOW. */
void tlml_case_bytes(const struct tlml_case *c, enum tlml_input i, __u8 *out);
void tlml_case_floats(const struct tlml_case *c, enum tlml_input i, float *out);

#endif
