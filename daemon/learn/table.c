// SPDX-License-Identifier: BSD-2-Clause
/* Flows and sources of a packet sequence, exactly. */
#include "table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local int no_memory;
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) (no_memory = 1)
#include <uthash.h>

#include "../../uapi/tlml_key.h"
#include "tuple.h"

#define SWEEP_FIRST	65536	/* lines before idle ones are looked for */

struct flow_line {
	struct tlml_tuple key;
	struct tlml_flow f __attribute__((aligned(8)));	/* it is cleared by words */
	uint32_t id;
	UT_hash_handle hh;
};

struct source_key {
	uint32_t addr[2];
	uint8_t family, role, pad[2];
};

struct source_line {
	struct source_key key;
	struct tlml_source s;
	UT_hash_handle hh;
};

struct tlml_table {
	struct flow_line *flows;
	struct source_line *sources;
	uint32_t points, next_id, sweep_at;
	uint16_t seg_len;
	uint32_t seg_inverse;
};

struct tlml_table *tlml_table_new(uint32_t points, uint16_t seg_len)
{
	struct tlml_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->points = points;
	t->sweep_at = SWEEP_FIRST;
	t->seg_len = seg_len;
	t->seg_inverse = seg_len ? 65536 / seg_len : 0;
	return t;
}

/*
 * Forgets lines that behave like new ones: flows idle for so long that they are over, sources
 * whose windows have run out. So memory follows what is alive, not how long the capture is.
 */
static void table_sweep(struct tlml_table *t, uint32_t now)
{
	struct source_line *s, *s_next;
	struct flow_line *l, *l_next;
	uint32_t left;

	HASH_ITER(hh, t->flows, l, l_next) {
		if (now - l->f.last <= TLML_IDLE_TICKS || (int32_t)(now - l->f.last) <= 0)
			continue;
		HASH_DEL(t->flows, l);
		free(l);
	}
	HASH_ITER(hh, t->sources, s, s_next) {
		uint32_t age = (now >> TLML_WINDOW_SHIFT) - s->s.window;

		if (age < 17 || age > ~0u >> (TLML_WINDOW_SHIFT + 1))
			continue;
		HASH_DEL(t->sources, s);
		free(s);
	}
	left = HASH_COUNT(t->flows) > HASH_COUNT(t->sources) ? HASH_COUNT(t->flows) :
							       HASH_COUNT(t->sources);
	t->sweep_at = left * 2 > SWEEP_FIRST ? left * 2 : SWEEP_FIRST;
}

static struct flow_line *table_flow(struct tlml_table *t, const struct tlml_packet *p, int from_lo)
{
	struct tlml_tuple key = tlml_tuple_of(p, from_lo);
	struct flow_line *l;

	HASH_FIND(hh, t->flows, &key, sizeof(key), l);
	if (l)
		return l;
	l = calloc(1, sizeof(*l));
	if (!l)
		return NULL;
	l->key = key;
	no_memory = 0;
	HASH_ADD(hh, t->flows, key, sizeof(key), l);
	if (!no_memory)
		return l;
	free(l);
	return NULL;
}

/* The line of the prefix of addr in a role, rolled to now. */
static struct tlml_source *table_source(struct tlml_table *t, const uint32_t *addr, uint8_t family,
					enum tlml_role role, uint32_t now)
{
	struct source_key key = { .addr = { addr[0], family == 6 ? addr[1] : 0 },
				  .family = family, .role = role };
	struct source_line *l;

	HASH_FIND(hh, t->sources, &key, sizeof(key), l);
	if (!l) {
		l = calloc(1, sizeof(*l));
		if (!l)
			return NULL;
		l->key = key;
		tlml_source_begin(&l->s, 1, now);
		no_memory = 0;
		HASH_ADD(hh, t->sources, key, sizeof(key), l);
		if (no_memory) {
			free(l);
			return NULL;
		}
	}
	tlml_source_roll(&l->s, now);
	return &l->s;
}

int tlml_table_packet(struct tlml_table *t, const struct tlml_packet *packet, uint32_t now,
		      struct tlml_seen *seen)
{
	struct tlml_packet p = *packet;
	int from_lo = tlml_key_from_lo(&p), answers;
	const uint32_t *from, *to;
	struct tlml_source *src, *dst;
	struct flow_line *line;
	struct tlml_flow *f;
	uint32_t points, service;
	uint16_t port, other;

	if (HASH_COUNT(t->flows) >= t->sweep_at || HASH_COUNT(t->sources) >= t->sweep_at)
		table_sweep(t, now);
	tlml_packet_segment(&p, t->seg_len, t->seg_inverse);
	line = table_flow(t, &p, from_lo);
	if (!line)
		return -ENOMEM;
	f = &line->f;
	seen->is_new = !f->fp || tlml_flow_is_over(f, now, &p);
	if (seen->is_new) {
		tlml_flow_begin(f, 1, now, from_lo, &p);
		line->id = t->next_id++;
	}
	seen->flow = line->id;
	seen->point = 0;
	seen->back = from_lo != !!(f->state & TLML_FLOW_INIT_LO);
	/* A final flow no longer counts answers, so its first one would be seen again and again. */
	answers = seen->back && !f->answers && !(f->state & TLML_FLOW_FINAL);
	seen->line = f;
	tlml_more_fill(&seen->more, f, &p, now, seen->flow, seen->back);
	points = tlml_flow_update(f, &p, now, seen->back);
	if (!points && !answers)
		return 0;

	from = seen->back ? p.daddr : p.saddr;
	to = seen->back ? p.saddr : p.daddr;
	port = seen->back ? p.sport : p.dport;
	other = seen->back ? p.dport : p.sport;
	src = table_source(t, from, p.family, TLML_ROLE_SOURCE, now);
	dst = table_source(t, to, p.family, TLML_ROLE_DEST, now);
	if (!src || !dst)
		return -ENOMEM;
	if (seen->is_new) {
		tlml_source_flow(src, port, tlml_peer(to, p.family));
		tlml_source_flow(dst, port, tlml_peer(from, p.family));
	} else if (answers) {
		tlml_source_answer(src);
		tlml_source_answer(dst);
	}
	points &= t->points;
	if (!points)
		return 0;
	seen->point = 1u << tlml_log2(points);
	if (!(t->points >> 1 & ~(seen->point - 1)))
		f->state |= TLML_FLOW_FINAL;
	service = tlml_service(other, port);
	memset(seen->x, 0, sizeof(seen->x));
	tlml_feature_first(f, p.proto, service, src, dst, seen->x);
	if (seen->point > 1)
		tlml_feature_rest(f, service, seen->x);
	return 0;
}

uint32_t tlml_table_flows(const struct tlml_table *t)
{
	return t->next_id;
}

void tlml_table_free(struct tlml_table *t)
{
	struct source_line *s, *s_next;
	struct flow_line *l, *l_next;

	if (!t)
		return;
	HASH_ITER(hh, t->flows, l, l_next) {
		HASH_DEL(t->flows, l);
		free(l);
	}
	HASH_ITER(hh, t->sources, s, s_next) {
		HASH_DEL(t->sources, s);
		free(s);
	}
	free(t);
}
