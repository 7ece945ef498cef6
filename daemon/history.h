/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What became of an interface's models: log.jsonl, replaced as a whole at each change. Its first
 * line is what has to outlive the entries, which are a JSON object a line, the oldest first:
 *
 *   {"last": 7, "next": 12, "pinned": false, "counters": {"KEY": 41}}
 *   {"n": 11, "time": 1790000000, "event": "published", "generation": 7, "why": "..."}
 */
#ifndef TLML_HISTORY_H
#define TLML_HISTORY_H

#include <jansson.h>
#include <stdint.h>

#include "error.h"
#include "keys.h"

#define TLML_HISTORY_FILE	"log.jsonl"
#define TLML_HISTORY_MAX	80	/* entries; a message of the control socket holds them */
#define TLML_HISTORY_WHY	256	/* bytes of a reason, with the final 0 */

struct tlml_history {
	uint32_t last, next;	/* generation that was made live; number of the next entry */
	int pinned;
	json_t *counters;	/* the last number accepted of each key */
	json_t *entries;
};

/* An empty one. -ENOMEM. */
int tlml_history_new(struct tlml_history *h, struct tlml_error *e);
int tlml_history_copy(const struct tlml_history *h, struct tlml_history *to, struct tlml_error *e);
void tlml_history_free(struct tlml_history *h);

/* -ENOENT if there is none, -EINVAL with a sentence if it is damaged; then h is not filled in. */
int tlml_history_read(int dir, struct tlml_history *h, struct tlml_error *e);
int tlml_history_write(int dir, const struct tlml_history *h, struct tlml_error *e);

/*
 * Adds an entry, taking the members of more, which may be NULL, over. Text of why that is no
 * printable ASCII is replaced, and cut.
 */
int tlml_history_add(struct tlml_history *h, const char *event, uint32_t generation,
		     const char *why, json_t *more, struct tlml_error *e);

uint64_t tlml_history_counter(const struct tlml_history *h, const uint8_t key[TLML_KEY_BYTES]);
int tlml_history_set_counter(struct tlml_history *h, const uint8_t key[TLML_KEY_BYTES],
			     uint64_t counter, struct tlml_error *e);

#endif
