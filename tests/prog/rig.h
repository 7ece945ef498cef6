/* SPDX-License-Identifier: BSD-2-Clause */
/* The data path on a bench: loaded, not attached, run frame by frame, and looked into. */
#ifndef TLML_TEST_RIG_H
#define TLML_TEST_RIG_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>

#include "../../daemon/model.h"
#include "../../tools/lib/object.h"
#include "../../uapi/tlml_key.h"
#include "../golden/mkmodel.h"
#include "packets.h"
#include "tap.h"
#include "tlml.skel.h"

struct rig {
	struct tlml_object obj;
	struct ring_buffer *ring;
	struct tlml_model model;
	struct tlml_record record;	/* the last one of each kind that the ring gave */
	struct tlml_more more;
	struct tlml_payload payload;
	unsigned int records, mores, payloads;	/* how many it gave since the last rig_mark() */
	struct tlml_stats mark;		/* counters then */
	unsigned int action;		/* XDP_ code of the last frame */
};

static inline int rig_on_record(void *ctx, void *data, size_t size)
{
	struct rig *r = ctx;

	if (size == sizeof(r->record)) {
		memcpy(&r->record, data, size);
		r->records++;
	} else if (size == sizeof(r->more)) {
		memcpy(&r->more, data, size);
		r->mores++;
	} else {
		CHECK_EQ(size, sizeof(r->payload));
		memcpy(&r->payload, data, sizeof(r->payload));
		r->payloads++;
	}
	return 0;
}

static inline int rig_quiet(enum libbpf_print_level level, const char *fmt, va_list args)
{
	return 0;
}

static inline void rig_need(int held, const char *what, const char *why)
{
	if (held)
		return;
	printf("Bail out! %s: %s\n", what, why);
	exit(1);
}

/* Makes the blob (freed here) with this generation the current model, also in r->model. */
static inline void rig_publish(struct rig *r, void *blob, size_t size, uint32_t generation)
{
	struct tlml_error e = { "no memory" };

	rig_need(!!blob, "no model", "no memory");
	((struct tlml_model_header *)blob)->generation = generation;
	tlml_model_seal(blob, size);
	tlml_model_free(&r->model);
	rig_need(!tlml_model_parse(blob, size, "made by hand", &r->model, &e), "model", e.text);
	rig_need(!tlml_maps_publish(&r->obj.maps, &r->model, &e), "publish", e.text);
	free(blob);
}

static inline void rig_publish_constant(struct rig *r, unsigned int klass, uint32_t generation)
{
	size_t size;
	void *blob = tlml_mkmodel_constant(klass, &size);

	rig_publish(r, blob, size, generation);
}

/* One that always says klass, with margin 63 at each of these points: no evidence is kept. */
static inline void rig_publish_steady(struct rig *r, unsigned int klass, uint32_t points)
{
	struct tlml_model_header *h;
	size_t size;
	void *blob = tlml_mkmodel_constant(klass, &size);

	rig_need(!!blob, "no model", "no memory");
	h = blob;
	h->points = points;
	h->cost_decay = 8;
	rig_publish(r, blob, size, 1);
}

/* Counters from now on. */
static inline void rig_mark(struct rig *r)
{
	struct tlml_error e;

	rig_need(!tlml_maps_stats(&r->obj.maps, &r->mark, &e), "counters", e.text);
	ring_buffer__consume(r->ring);
	r->records = r->mores = r->payloads = 0;
}

/* What a counter gained since rig_mark(). */
static inline uint64_t rig_gain(struct rig *r, enum tlml_stat id)
{
	struct tlml_stats s;
	struct tlml_error e;

	rig_need(!tlml_maps_stats(&r->obj.maps, &s, &e), "counters", e.text);
	return s.count[id] - r->mark.count[id];
}

#define GAIN(r, id)	rig_gain(r, TLML_STAT_##id)

/* Empties the tables and the buckets of the budgets, as after a load. */
static inline void rig_clear(struct rig *r)
{
	const struct bpf_map *budget = r->obj.skel->maps.tlml_budget_v1;
	void *empty = calloc(1, bpf_map__value_size(budget));
	struct tlml_maps *m = &r->obj.maps;
	uint32_t zero = 0;

	memset(m->flows, 0, (m->ctl->flow_mask + 1) * sizeof(*m->flows));
	memset(m->sources, 0, (m->ctl->source_mask + 1) * sizeof(*m->sources));
	rig_need(empty && !bpf_map_update_elem(bpf_map__fd(budget), &zero, empty, BPF_ANY), "budget",
		 strerror(errno));
	free(empty);
}

/*
 * Loads as o says, in monitor mode without a model, with a seed that is always the same, every
 * decision reported, none asked about.
 */
static inline void rig_open_as(struct rig *r, const struct tlml_object_options *o)
{
	struct tlml_error e = { "no memory" };
	struct tlml_seed *seed;
	uint64_t v = 1;

	memset(r, 0, sizeof(*r));
	libbpf_set_print(rig_quiet);
	rig_need(!tlml_object_load(o, &r->obj, &e), "load", e.text);
	r->obj.maps.ctl->audit = 0;
	r->ring = ring_buffer__new(r->obj.maps.ring_fd, rig_on_record, r, NULL);
	rig_need(!!r->ring, "ring", "cannot map it");
	seed = &r->obj.maps.ctl->seed;
	seed->mul = 0x9e3779b97f4a7c15;
	for (unsigned int i = 0; i < sizeof(seed->k) / sizeof(seed->k[0]); i++) {
		v = v * 6364136223846793005 + 1442695040888963407;
		seed->k[i] = v >> 32;
	}
	r->obj.maps.ctl->trace = 1;
	r->obj.maps.ctl->ask_points = 0;
	r->obj.maps.ctl->report_rate = 1000000000;
	r->obj.maps.ctl->report_burst = (1 << 24) - 1;
	r->obj.maps.ctl->clock = 1 << 20;
	rig_mark(r);
}

/* The same with room for so many flow and source lines (0: defaults). */
static inline void rig_open(struct rig *r, unsigned int flows, unsigned int sources)
{
	const struct tlml_object_options o = { .flows = flows, .sources = sources };

	rig_open_as(r, &o);
}

static inline void rig_close(struct rig *r)
{
	ring_buffer__free(r->ring);
	tlml_model_free(&r->model);
	tlml_object_close(&r->obj);
}

/* Runs a frame through XDP; r->action is what became of it. */
static inline void rig_run(struct rig *r, const struct frame *f)
{
	int err = tlml_object_run(&r->obj, f->data, f->len, &r->action);

	rig_need(!err, "test run", strerror(-err));
}

/* The same, and reads what is left of metadata and frame into out; its size. */
static inline unsigned int rig_run_out(struct rig *r, const struct frame *f, void *out,
				       unsigned int size)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = f->data, .data_size_in = f->len,
		    .data_out = out, .data_size_out = size, .repeat = 1);

	rig_need(!bpf_prog_test_run_opts(r->obj.xdp_fd, &opts), "test run", strerror(errno));
	r->action = opts.retval;
	return opts.data_size_out;
}

/* The bucket of p's flow. */
static inline struct tlml_flow_bucket *rig_bucket(const struct rig *r, const struct tlml_packet *p,
						  uint32_t *fp)
{
	const struct tlml_ctl *ctl = r->obj.maps.ctl;
	struct tlml_slot slot = tlml_key_flow(p, tlml_key_from_lo(p), &ctl->seed);

	*fp = slot.fp;
	return &r->obj.maps.flows[slot.bucket & ctl->flow_mask];
}

/* The line of a frame's flow, NULL if it has none. */
static inline struct tlml_flow *rig_line(const struct rig *r, const struct frame *f)
{
	struct tlml_flow_bucket *b;
	struct tlml_packet p;
	uint32_t fp;

	if (tlml_packet_parse((void *)f->data, (void *)(f->data + f->len), f->len, &p))
		return NULL;
	b = rig_bucket(r, &p, &fp);
	return b->way[0].fp == fp ? &b->way[0] : b->way[1].fp == fp ? &b->way[1] : NULL;
}

/* The line of a prefix in a role, NULL if it has none. */
static inline struct tlml_source *rig_source(const struct rig *r, const uint32_t *addr,
					     uint8_t family, enum tlml_role role)
{
	const struct tlml_ctl *ctl = r->obj.maps.ctl;
	struct tlml_slot slot = tlml_key_prefix(addr, family, role, &ctl->seed);
	struct tlml_source_bucket *b = &r->obj.maps.sources[slot.bucket & ctl->source_mask];

	return b->way[0].fp == slot.fp ? &b->way[0] : b->way[1].fp == slot.fp ? &b->way[1] : NULL;
}

static inline struct tlml_source *rig_source4(const struct rig *r, unsigned int host,
					      enum tlml_role role)
{
	uint32_t addr[4] = { packet_ip4(host) };

	return rig_source(r, addr, 4, role);
}

#endif
