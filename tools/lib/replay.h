/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Captures through the very program that tlml-load attaches, on the captures' own clock. The
 * program decides; what it did is read back from its flow table, packet by packet.
 */
#ifndef TLML_REPLAY_H
#define TLML_REPLAY_H

#include <stdint.h>

#include "../../daemon/learn/tuple.h"
#include "../../daemon/model.h"
#include "object.h"

#define TLML_ACTIONS		(TLML_ACTION_DROP + 1)
#define TLML_REPLAY_FRAME	3072	/* bytes that a page has room for beside XDP's own */

/* A flow of the capture at hand. One that ends and starts again under its key is two. */
struct tlml_replay_flow {
	struct tlml_replay_flow *next;	/* in order of first packets */
	struct tlml_tuple key;
	struct tlml_slot slot;		/* its place in the table of the data path */
	uint64_t first_us;		/* since 1970 */
	uint64_t bytes;			/* IP bytes, both directions */
	uint32_t packets;		/* frames, both directions */
	uint32_t decided_at;		/* which of them brought the last decision; 0 none */
	uint32_t acted[TLML_ACTIONS];	/* packets by what was, or would be, done to them */
	int begun_by_lo;		/* the initiator is key.lo */
	/* As it was last seen in the table, verdict included; written by words, as there. */
	struct tlml_flow line __attribute__((aligned(8)));
};

/* Of one class, over all captures; packets by the verdict of their moment. */
struct tlml_replay_class {
	uint64_t flows, packets, bytes, acted[TLML_ACTIONS];
};

struct tlml_replay_entry;

struct tlml_replay {
	struct tlml_object obj;
	struct ring_buffer *ring;	/* of questions, which nobody answers */
	const struct tlml_model *model;
	struct tlml_replay_flow *flows, **tail;	/* of the capture at hand */
	struct tlml_replay_entry *table;	/* those of them that may go on */
	struct tlml_replay_class classes[TLML_CLASSES_MAX + 1];	/* the last: no verdict */
	uint64_t frames, runts;		/* run, and too short for an Ethernet header */
	uint8_t frame[TLML_REPLAY_FRAME];	/* a frame that had to be changed */
};

/*
 * Loads the data path with room for lines flows (0: tlml-load's default), the model, which must
 * outlive r, and a policy file or NULL. Enforces unless the policy names another mode; lease and
 * confirmation hold for ever. -errno with a sentence.
 */
int tlml_replay_open(struct tlml_replay *r, unsigned int lines, const struct tlml_model *model,
		     const char *policy, struct tlml_error *e);

/*
 * Forgets the flows of the capture before and runs this one. -errno with a sentence if it cannot
 * be read to its end; r->flows then is of the frames before.
 */
int tlml_replay_capture(struct tlml_replay *r, const char *path, struct tlml_error *e);

/* The severest action on a packet of the flow. */
enum tlml_action tlml_replay_action(const struct tlml_replay_flow *f);

/* Who began it: addresses and ports of initiator and responder. */
struct tlml_replay_ends {
	const uint32_t *src, *dst;
	uint16_t sport, dport;
};

struct tlml_replay_ends tlml_replay_ends(const struct tlml_replay_flow *f);

void tlml_replay_close(struct tlml_replay *r);

#endif
