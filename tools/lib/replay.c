// SPDX-License-Identifier: BSD-2-Clause
/* Captures through the very program that tlml-load attaches. */
#include "replay.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local int no_memory;
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) (no_memory = 1)
#include <uthash.h>

#include "../../daemon/policy.h"
#include "../../uapi/tlml_feature.h"
#include "capture.h"

#define FRAME_MIN	14	/* what BPF_PROG_TEST_RUN takes at least */
#define FRAME_HEAD	256	/* headers are hardly ever longer, and copying costs */

/* The flow is first, so that it is also a pointer to its entry. */
struct tlml_replay_entry {
	struct tlml_replay_flow f;
	UT_hash_handle hh;
};

/* A frame on its way. */
struct step {
	const uint8_t *data;
	uint32_t len;
	uint32_t now;
	uint64_t us;
	struct tlml_packet p;
};

/*
 * The hash of the data path is secret so that nobody picks colliding flows. A replay has nobody
 * to hide from, and the same capture must collide, and so be decided, the same way each time.
 */
static void set_seed(struct tlml_seed *s)
{
	uint64_t v = 0x746c6d6c;

	s->mul = 0x9e3779b97f4a7c15;
	for (unsigned int i = 0; i < sizeof(s->k) / sizeof(s->k[0]); i++) {
		v = v * 6364136223846793005 + 1442695040888963407;
		s->k[i] = v >> 32;
	}
}

/* A question is in the ring, so its flow was asked about: nobody has to read it. */
static int drop_record(void *arg, void *data, size_t size)
{
	return 0;
}

int tlml_replay_open(struct tlml_replay *r, unsigned int lines, const struct tlml_model *model,
		     const char *policy, struct tlml_error *e)
{
	struct tlml_object_options o = { .flows = lines, .loops = model->header.wide };
	struct tlml_ctl *ctl;
	int err;

	memset(r, 0, sizeof(*r));
	r->model = model;
	r->tail = &r->flows;
	err = tlml_object_load(&o, &r->obj, e);
	if (err)
		return err;
	ctl = r->obj.maps.ctl;
	set_seed(&ctl->seed);
	ctl->mode = TLML_MODE_ENFORCE;
	err = tlml_maps_publish(&r->obj.maps, model, e);
	if (!err && policy)
		err = tlml_policy_file(&r->obj.maps, policy, e);
	if (!err) {
		r->ring = ring_buffer__new(r->obj.maps.ring_fd, drop_record, NULL, NULL);
		if (!r->ring)
			err = tlml_error_set(e, errno, "cannot read the ring of questions: %s",
					     strerror(errno));
	}
	if (err) {
		tlml_object_close(&r->obj);
		return err;
	}
	/* Times of the machine's clock, which has nothing to do with the capture's. */
	ctl->confirm_until = 0;
	ctl->lease_until = TLML_FOREVER;
	return 0;
}

static struct tlml_flow *line_of(const struct tlml_replay *r, struct tlml_slot slot)
{
	struct tlml_flow_bucket *b = &r->obj.maps.flows[slot.bucket & r->obj.maps.ctl->flow_mask];

	for (int i = 0; i < TLML_WAYS; i++)
		if (b->way[i].fp == slot.fp)
			return &b->way[i];
	return NULL;
}

static struct tlml_replay_flow *flow_begin(struct tlml_replay *r, const struct step *s,
					   const struct tlml_tuple *key, struct tlml_slot slot,
					   int from_lo)
{
	struct tlml_replay_entry *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->f.key = *key;
	n->f.slot = slot;
	n->f.first_us = s->us;
	tlml_flow_begin(&n->f.line, slot.fp, s->now, from_lo, &s->p);
	n->f.begun_by_lo = n->f.line.state & TLML_FLOW_INIT_LO;
	no_memory = 0;
	HASH_ADD_BYHASHVALUE(hh, r->table, f.key, sizeof(n->f.key), slot.fp, n);
	if (no_memory) {
		free(n);
		return NULL;
	}
	*r->tail = &n->f;
	r->tail = &n->f.next;
	return &n->f;
}

/* The flow of a frame before it is run, begun if need be; NULL without memory. */
static struct tlml_replay_flow *flow_of(struct tlml_replay *r, const struct step *s)
{
	const struct tlml_packet *p = &s->p;
	int from_lo = tlml_key_from_lo(p);
	struct tlml_slot slot = tlml_key_flow(p, from_lo, &r->obj.maps.ctl->seed);
	struct tlml_tuple key = tlml_tuple_of(p, from_lo);
	struct tlml_replay_entry *n;

	HASH_FIND_BYHASHVALUE(hh, r->table, &key, sizeof(key), slot.fp, n);
	if (n && !tlml_flow_is_over(&n->f.line, s->now, p))
		return &n->f;
	if (n)
		HASH_DEL(r->table, n);
	return flow_begin(r, s, &key, slot, from_lo);
}

/* What the program did, or in monitor mode would have done, to a packet of a flow. */
static enum tlml_action action_on(const struct tlml_ctl *ctl, const struct tlml_flow *line,
				  unsigned int xdp)
{
	const struct tlml_policy *policy = &ctl->policy[line->klass];

	if (!(line->state & TLML_FLOW_DECIDED) || line->margin < policy->margin_act ||
	    (ctl->allow_any && (line->allow & 1)))
		return TLML_ACTION_PASS;
	if (policy->action == TLML_ACTION_LIMIT && ctl->mode == TLML_MODE_ENFORCE &&
	    xdp != XDP_DROP)
		return TLML_ACTION_PASS;
	return policy->action;
}

/* Whether going from so many packets to so many passes a decision point of the model. */
static bool decides(uint32_t points, uint32_t before, uint32_t after)
{
	uint32_t upto = (2u << tlml_log2(after)) - 1;

	return points & upto & ~(before ? (2u << tlml_log2(before)) - 1 : 0);
}

/* Counts a packet that was run; before: its line's packets then, or UINT32_MAX if it was final. */
static void flow_count(struct tlml_replay *r, struct tlml_replay_flow *f, const struct step *s,
		       uint32_t before, unsigned int xdp)
{
	const struct tlml_flow *line = line_of(r, f->slot);
	enum tlml_action action = TLML_ACTION_PASS;
	struct tlml_replay_class *c = &r->classes[TLML_CLASSES_MAX];

	f->packets++;
	f->bytes += s->p.len;
	/* If another flow took its line, it has no verdict now, and keeps the one it had. */
	if (line && (line->state & TLML_FLOW_DECIDED || !f->decided_at)) {
		f->line = *line;
		action = action_on(r->obj.maps.ctl, line, xdp);
		if (line->state & TLML_FLOW_DECIDED) {
			c = &r->classes[line->klass];
			if (decides(r->model->header.points, before, line->pkts))
				f->decided_at = f->packets;
		}
	} else {
		f->line.last = s->now;
		f->line.tcp_flags |= s->p.tcp_flags;
	}
	f->acted[action]++;
	c->packets++;
	c->bytes += s->p.len;
	c->acted[action]++;
}

/*
 * A length of 0 in the IP header means the frame's, which the program is not shown: it is
 * written down before the frame is cut.
 */
static void step_set_length(struct step *s, uint32_t wire, uint8_t *copy)
{
	uint32_t at = s->p.l3 + (s->p.outer_family == 4 ? 2 : 4);
	uint32_t base = s->p.outer_family == 4 ? 0 : sizeof(struct tlml_ip6hdr);
	uint32_t len = wire - s->p.l3 > 0xffff ? 0xffff : wire - s->p.l3;

	if (s->data[at] || s->data[at + 1])
		return;
	memcpy(copy, s->data, s->len);
	copy[at] = (len - base) >> 8;
	copy[at + 1] = len - base;
	s->data = copy;
}

/* Cuts the frame to what its headers need, and reads them. */
static int step_parse(struct step *s, const struct tlml_frame *frame)
{
	uint32_t most = frame->caplen < TLML_REPLAY_FRAME ? frame->caplen : TLML_REPLAY_FRAME;
	int parse;

	s->data = frame->data;
	s->len = most < FRAME_HEAD ? most : FRAME_HEAD;
	parse = tlml_packet_parse((void *)s->data, (void *)(s->data + s->len), frame->len, &s->p);
	if (parse != TLML_PARSE_SHORT || s->len == most)
		return parse;
	s->len = most;
	return tlml_packet_parse((void *)s->data, (void *)(s->data + s->len), frame->len, &s->p);
}

static int replay_frame(struct tlml_replay *r, const struct tlml_frame *frame, struct tlml_error *e)
{
	struct step s = { .now = frame->tick, .us = frame->ns / 1000 };
	struct tlml_replay_flow *f = NULL;
	uint32_t before = 0;
	unsigned int xdp;
	int err;

	if (frame->caplen < FRAME_MIN) {
		r->runts++;
		return 0;
	}
	r->frames++;
	if (step_parse(&s, frame) == TLML_PARSE_OK) {
		const struct tlml_flow *line;

		step_set_length(&s, frame->len, r->frame);
		f = flow_of(r, &s);
		if (!f)
			return tlml_error_set(e, ENOMEM,
					      "no memory for so many flows: cut the capture in two");
		line = line_of(r, f->slot);
		if (line && !tlml_flow_is_over(line, s.now, &s.p))
			before = line->state & TLML_FLOW_FINAL ? UINT32_MAX : line->pkts;
	}
	r->obj.maps.ctl->clock = frame->tick;
	err = tlml_object_run(&r->obj, s.data, s.len, &xdp);
	if (err)
		return tlml_error_set(e, -err,
				      "the kernel does not run the program on frame %llu: %s",
				      (unsigned long long)(r->frames + r->runts), strerror(-err));
	ring_buffer__consume(r->ring);
	if (f)
		flow_count(r, f, &s, before, xdp);
	return 0;
}

/* Back to where a fresh load is. */
static void replay_reset(struct tlml_replay *r)
{
	struct tlml_replay_flow *f, *next;
	struct tlml_maps *m = &r->obj.maps;

	HASH_CLEAR(hh, r->table);
	for (f = r->flows; f; f = next) {
		next = f->next;
		free(f);
	}
	r->flows = NULL;
	r->tail = &r->flows;
	if (!r->frames)
		return;
	memset(m->flows, 0, (m->ctl->flow_mask + 1) * sizeof(*m->flows));
	memset(m->sources, 0, (m->ctl->source_mask + 1) * sizeof(*m->sources));
}

int tlml_replay_capture(struct tlml_replay *r, const char *path, struct tlml_error *e)
{
	const struct tlml_replay_flow *f;
	struct tlml_capture *c;
	struct tlml_frame frame;
	int err;

	replay_reset(r);
	err = tlml_capture_open(path, &c, e);
	if (err)
		return err;
	while ((err = tlml_capture_next(c, &frame, e)) > 0) {
		err = replay_frame(r, &frame, e);
		if (err)
			break;
	}
	tlml_capture_close(c);
	for (f = r->flows; f; f = f->next)
		r->classes[f->decided_at ? f->line.klass : TLML_CLASSES_MAX].flows++;
	return err;
}

enum tlml_action tlml_replay_action(const struct tlml_replay_flow *f)
{
	int action = TLML_ACTION_DROP;

	while (action > TLML_ACTION_PASS && !f->acted[action])
		action--;
	return action;
}

struct tlml_replay_ends tlml_replay_ends(const struct tlml_replay_flow *f)
{
	const struct tlml_tuple *k = &f->key;

	if (f->begun_by_lo)
		return (struct tlml_replay_ends){ k->lo, k->hi, k->lo_port, k->hi_port };
	return (struct tlml_replay_ends){ k->hi, k->lo, k->hi_port, k->lo_port };
}

void tlml_replay_close(struct tlml_replay *r)
{
	if (!r->obj.skel)
		return;
	r->frames = 0;
	replay_reset(r);
	ring_buffer__free(r->ring);
	tlml_object_close(&r->obj);
}
