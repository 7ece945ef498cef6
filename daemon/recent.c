// SPDX-License-Identifier: BSD-2-Clause
/* The cases that the large model was asked about lately. */
#include "recent.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AGAIN	1024	/* how far back one is looked for that is asked about again */
#define FNV	0x100000001b3ull

struct tlml_recent {
	unsigned int n, next;
	struct tlml_recent_case item[TLML_RECENT_MAX];
};

int tlml_recent_new(struct tlml_recent **r)
{
	*r = calloc(1, sizeof(**r));
	return *r ? 0 : -ENOMEM;
}

void tlml_recent_free(struct tlml_recent *r)
{
	free(r);
}

/* Where the case of a record lies that was noted not long ago, or NULL. */
static struct tlml_recent_case *earlier(struct tlml_recent *r, const char *ifname,
					const struct tlml_record *record)
{
	unsigned int i, at;

	for (i = 1; i <= r->n && i <= AGAIN; i++) {
		struct tlml_recent_case *c;

		at = (r->next + TLML_RECENT_MAX - i) % TLML_RECENT_MAX;
		c = &r->item[at];
		if (c->tick == record->tick && c->fp == record->flow.fp &&
		    c->bucket == record->bucket && !strcmp(c->ifname, ifname))
			return c;
	}
	return NULL;
}

static struct tlml_recent_case *oldest(struct tlml_recent *r)
{
	struct tlml_recent_case *c = &r->item[r->next];

	r->next = (r->next + 1) % TLML_RECENT_MAX;
	if (r->n < TLML_RECENT_MAX)
		r->n++;
	return c;
}

static struct tlml_ends ends_of(const struct tlml_record *r)
{
	struct tlml_ends ends = { .port = { r->sport, r->dport }, .family = r->family,
				  .proto = r->proto };
	size_t size = r->family == 4 ? 4 : 16;

	memcpy(ends.addr[0], r->saddr, size);
	memcpy(ends.addr[1], r->daddr, size);
	return ends;
}

void tlml_recent_note(struct tlml_recent *r, const char *ifname, const struct tlml_case *c,
		      __u64 time, int again)
{
	const struct tlml_record *record = &c->record;
	struct tlml_recent_case *to = again ? earlier(r, ifname, record) : NULL;

	if (!to) {
		to = oldest(r);
		snprintf(to->ifname, sizeof(to->ifname), "%s", ifname);
		to->ends = ends_of(record);
		to->asked = time;
		to->tick = record->tick;
		to->bucket = record->bucket;
		to->fp = record->flow.fp;
	}
	tlml_case_inputs(c, &to->inputs);
}

static int same_end(const struct tlml_ends *a, int i, const struct tlml_ends *b, int k)
{
	return a->port[i] == b->port[k] && !memcmp(a->addr[i], b->addr[k], sizeof(a->addr[i]));
}

static int same_ends(const struct tlml_ends *a, const struct tlml_ends *b)
{
	return a->family == b->family && a->proto == b->proto &&
	       ((same_end(a, 0, b, 0) && same_end(a, 1, b, 1)) ||
		(same_end(a, 0, b, 1) && same_end(a, 1, b, 0)));
}

const struct tlml_recent_case *tlml_recent_find(const struct tlml_recent *r, const char *ifname,
						const struct tlml_ends *ends, __u64 time,
						__u64 within)
{
	const struct tlml_recent_case *best = NULL, *c;
	__u64 away;

	for (c = r->item; c < r->item + r->n; c++) {
		away = c->asked > time ? c->asked - time : time - c->asked;
		if (away > within || strcmp(c->ifname, ifname) || !same_ends(&c->ends, ends))
			continue;
		best = c;
		within = away;
	}
	return best;
}

static __u64 hash(__u64 h, const void *data, size_t size)
{
	const unsigned char *p = data;

	while (size--)
		h = (h ^ *p++) * FNV;
	return h;
}

__u64 tlml_ends_hash(const char *ifname, const struct tlml_ends *ends)
{
	__u64 h = hash(0xcbf29ce484222325ull, ifname, strlen(ifname)), end[2];
	int i;

	h = hash(h, &ends->family, 1);
	h = hash(h, &ends->proto, 1);
	for (i = 0; i < 2; i++) {
		end[i] = hash(h, ends->addr[i], sizeof(ends->addr[i]));
		end[i] = hash(end[i], &ends->port[i], sizeof(ends->port[i]));
	}
	return end[0] + end[1];
}
