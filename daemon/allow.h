/* SPDX-License-Identifier: BSD-2-Clause */
/* The allow-list: prefixes that nothing is ever done to, in an LPM trie of the data path. */
#ifndef TLML_ALLOW_H
#define TLML_ALLOW_H

#include <stddef.h>

#include "maps.h"

#define TLML_ALLOW_TEXT	52	/* bytes of a prefix as text, with the final 0 */

enum tlml_allow_verb { TLML_ALLOW_ADD, TLML_ALLOW_DEL, TLML_ALLOW_CLEAR };

struct tlml_allow_change {
	enum tlml_allow_verb verb;
	struct tlml_allow_key key;	/* not of CLEAR */
};

/* ADDRESS or ADDRESS/LENGTH. -EINVAL with a sentence, also if bits beyond the length are set. */
int tlml_allow_parse(const char *text, struct tlml_allow_key *key, struct tlml_error *e);

/* The prefix as people write it, into text[TLML_ALLOW_TEXT]. */
void tlml_allow_print(const struct tlml_allow_key *key, char *text);

/*
 * Makes n changes in their order, all or none of them, and has the data path look again. Adding
 * what is there is no error. -ENOENT for DEL of what is not there, -ENOSPC, -EPERM, -ENOMEM.
 */
int tlml_allow_apply(struct tlml_maps *m, const struct tlml_allow_change *changes, size_t n,
		     struct tlml_error *e);

/* All prefixes, to be freed by the caller. -errno with a sentence. */
int tlml_allow_list(const struct tlml_maps *m, struct tlml_allow_key **keys, size_t *n,
		    struct tlml_error *e);

#endif
