/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Models change under running packets: four models of which each layer shows in what the judge
 * (swap.bpf.c) sums up, a thread of packets, and ways to change models meanwhile.
 */
#ifndef TLML_TEST_SWAP_H
#define TLML_TEST_SWAP_H

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

#include "../../daemon/pack.h"
#include "rig.h"
#include "swap.skel.h"

#define SWAP_MODELS	4
#define SWAP_REPEAT	100000		/* packets of one test run, a fraction of a second */

struct swap {
	struct rig rig;
	struct swap_bpf *judge;
	struct frame frame;
	struct tlml_model models[SWAP_MODELS];
	struct tlml_weights packed[SWAP_MODELS];
	unsigned int next;		/* generation */
	atomic_int ends;		/* the packets are to */
	int failed;			/* a test run */
	pthread_t packets;
};

/* Weights that are never 0, around biases that keep activations off their bounds. */
static inline void swap_layer(struct tlml_part *d, unsigned int in, unsigned int out,
			      unsigned int shift, int most, int bias, uint32_t *s)
{
	d->inputs = in;
	d->outputs = out;
	d->shift = shift;
	for (unsigned int j = 0; j < out; j++) {
		d->b[j] = bias + (int)(mkmodel_draw(s) % 401) - 200;
		for (unsigned int i = 0; i < in; i++) {
			int w = 1 + mkmodel_draw(s) % most;

			d->w[j * in + i] = mkmodel_draw(s) % 2 ? w : -w;
		}
	}
}

static inline void swap_model(struct tlml_model *m, unsigned int seed)
{
	struct tlml_parts *p = calloc(1, sizeof(*p));
	struct tlml_error e = { "no memory" };
	uint32_t s = seed * 2654435761u + 1;
	size_t size;
	void *blob;

	rig_need(!!p, "model", e.text);
	mkmodel_start(p, TLML_CLASSES_MAX);
	p->header.cost_decay = 8;
	p->header.cost_shift[1] = 5;
	p->header.anomaly_low = p->header.anomaly_high = TLML_ACT_MAX;
	swap_layer(&p->dense[0], TLML_FEATURES_MAX, TLML_HIDDEN1_MAX, 6, 6, 4500, &s);
	swap_layer(&p->dense[1], TLML_HIDDEN1_MAX, TLML_HIDDEN2_MAX, 6, 2, 4500, &s);
	swap_layer(&p->dense[2], TLML_HIDDEN2_MAX, TLML_CLASSES_MAX, 0, 6, 0, &s);
	swap_layer(&p->dense[3], TLML_HIDDEN2_MAX, TLML_FEATURES_MAX, 7, 1, 5000 + 600 * seed,
		   &s);
	/* Only their mean distance from the input is seen: they move together, above it. */
	for (unsigned int i = 0; i < TLML_FEATURES_MAX * TLML_HIDDEN2_MAX; i++)
		p->dense[3].w[i] = seed + 1;
	blob = tlml_blob_build(p, "{\"made\":\"by hand\"}", &size);
	rig_need(blob && !tlml_model_parse(blob, size, "swap", m, &e), "model", e.text);
	free(blob);
	free(p);
}

/* One packet through the judge, with the sum that it came to. */
static inline uint64_t swap_run(struct swap *s)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = s->frame.data,
		    .data_size_in = s->frame.len, .repeat = 1);
	int err = bpf_prog_test_run_opts(bpf_program__fd(s->judge->progs.swap_xdp), &opts);

	rig_need(!err && opts.retval == XDP_PASS, "test run", "the judge saw no inference");
	return s->judge->bss->swap_sum_last;
}

/* The next model becomes the current one as any program makes it so. */
static inline void swap_publish(struct swap *s)
{
	struct tlml_model *m = &s->models[s->next % SWAP_MODELS];
	struct tlml_error e;

	m->header.generation = s->next++;
	rig_need(!tlml_maps_publish(&s->rig.obj.maps, m, &e), "publish", e.text);
}

/* The next model is a canary for all flows. */
static inline void swap_try(struct swap *s)
{
	struct tlml_model *m = &s->models[s->next % SWAP_MODELS];
	struct tlml_error e;

	m->header.generation = s->next++;
	rig_need(!tlml_maps_canary(&s->rig.obj.maps, m, TLML_CANARY_ALL, &e), "canary", e.text);
}

static inline void swap_open(struct swap *s)
{
	struct bpf_object_skeleton *skel;
	struct tlml_maps *maps = &s->rig.obj.maps;
	static struct tlml_wide none;

	memset(s, 0, sizeof(*s));
	rig_open(&s->rig, 1, 1);
	maps->ctl->trace = 0;
	s->judge = swap_bpf__open();
	rig_need(!!s->judge, "judge", strerror(errno));
	s->judge->rodata->tlml_decide_always = 1;
	skel = s->rig.obj.skel->skeleton;
	for (int i = 0; i < skel->map_cnt; i++) {
		struct bpf_map *map = *skel->maps[i].map, *own;

		own = bpf_object__find_map_by_name(s->judge->obj, bpf_map__name(map));
		if (own && !bpf_map__is_internal(map))
			rig_need(!bpf_map__reuse_fd(own, bpf_map__fd(map)), "judge", strerror(errno));
	}
	rig_need(!swap_bpf__load(s->judge), "judge", "the kernel refuses it");
	/* A flow that has seen all kinds of packets: few features are 0. */
	for (unsigned int i = 0; i < 40; i++) {
		maps->ctl->clock += 1 + i * 97;
		if (i % 3)
			FRAME(&s->frame, IP4(1, 2), TCP(40000, 8080, 0xff), DATA(i * 35));
		else
			FRAME(&s->frame, IP4(2, 1), TCP(8080, 40000, 0xff), DATA(1400 - i * 30));
		rig_run(&s->rig, &s->frame);
	}
	FRAME(&s->frame, IP4(1, 2), TCP(40000, 8080, 0xff), DATA(100));
	s->judge->bss->swap_flow = maps->flows[0];
	s->judge->bss->swap_source = maps->sources[0];
	s->next = SWAP_MODELS;
	for (unsigned int k = 0; k < SWAP_MODELS; k++) {
		swap_model(&s->models[k], k);
		swap_publish(s);
		tlml_pack(&s->models[k], &s->packed[k], &none);
		s->judge->bss->swap_expected[k] = swap_run(s);
	}
}

static inline void swap_close(struct swap *s)
{
	for (unsigned int k = 0; k < SWAP_MODELS; k++)
		tlml_model_free(&s->models[k]);
	swap_bpf__destroy(s->judge);
	rig_close(&s->rig);
}

static inline void swap_pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static inline void *swap_drive(void *arg)
{
	struct swap *s = arg;
	int fd = bpf_program__fd(s->judge->progs.swap_xdp);

	swap_pin(sysconf(_SC_NPROCESSORS_ONLN) - 1);
	while (!atomic_load(&s->ends) && !s->failed) {
		LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = s->frame.data,
			    .data_size_in = s->frame.len, .repeat = SWAP_REPEAT);

		s->failed = bpf_prog_test_run_opts(fd, &opts) || opts.retval != XDP_PASS;
	}
	return NULL;
}

/* Packets, as fast as the last CPU goes; the caller stays on the first. */
static inline void swap_begin(struct swap *s)
{
	s->judge->bss->swap_inferences = s->judge->bss->swap_mixed = 0;
	atomic_store(&s->ends, 0);
	swap_pin(0);
	rig_need(!pthread_create(&s->packets, NULL, swap_drive, s), "thread", "cannot start it");
}

static inline void swap_end(struct swap *s)
{
	atomic_store(&s->ends, 1);
	pthread_join(s->packets, NULL);
	rig_need(!s->failed, "test run", "it ended early, or without inference");
}

static inline uint64_t swap_inferences(const struct swap *s)
{
	return __atomic_load_n(&s->judge->bss->swap_inferences, __ATOMIC_RELAXED);
}

static inline uint64_t swap_mixed(const struct swap *s)
{
	return __atomic_load_n(&s->judge->bss->swap_mixed, __ATOMIC_RELAXED);
}

/* What the grace is for: fills the slot that was current until now. */
static inline void swap_without_grace(struct swap *s)
{
	struct tlml_maps *m = &s->rig.obj.maps;
	unsigned int was = m->ctl->slot, now = (was + 1) % TLML_SLOTS;
	unsigned int next = (m->weights[was].generation + 1) % SWAP_MODELS;

	__atomic_store_n(&m->ctl->slot, now, __ATOMIC_RELEASE);
	memcpy(&m->weights[was], &s->packed[next], sizeof(s->packed[next]));
}

#endif
