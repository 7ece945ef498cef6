// SPDX-License-Identifier: BSD-2-Clause
/*
 * wide_watch IFACE MODEL COUNT: looks at COUNT decisions of the net on a live interface, and says
 * of how many user space makes something else by the same features. For models that keep no
 * evidence. Exit status 0: of none.
 */
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../daemon/learn/infer.h"
#include "../../daemon/maps.h"
#include "../../daemon/model.h"
#include "../../uapi/tlml_verdict.h"

#define PATIENCE	20	/* seconds */

struct watch {
	struct tlml_model model;
	struct tlml_maps maps;
	unsigned int seen, differ, classes;	/* classes: bit k, some verdict was it */
};

static int look(void *arg, void *data, size_t size)
{
	uint8_t cost[TLML_CLASSES_MAX] = { 0 }, anomaly;
	const struct tlml_record *r = data;
	struct watch *w = arg;
	int32_t logit[TLML_CLASSES_MAX];
	struct tlml_verdict v;

	/* The additive head decides at a flow's first packet. */
	if (size != sizeof(*r) || r->flow.pkts < 2)
		return 0;
	anomaly = tlml_infer_net(&w->model, r->x, logit);
	v = tlml_cost_add(cost, logit, w->model.header.classes, w->model.header.cost_shift[1],
			  w->model.header.cost_decay);
	w->seen++;
	w->classes |= 1u << r->flow.klass;
	if (r->flow.klass == v.klass && r->flow.margin == v.margin && r->flow.anomaly == anomaly &&
	    r->generation == w->model.header.generation && r->runner_up == v.runner_up)
		return 0;
	w->differ++;
	printf("class %u, margin %u, anomaly %u of generation %u, not %u, %u, %u\n", r->flow.klass,
	       r->flow.margin, r->flow.anomaly, r->generation, v.klass, v.margin, anomaly);
	return 0;
}

int main(int argc, char **argv)
{
	time_t end = time(NULL) + PATIENCE;
	struct ring_buffer *ring;
	static struct watch w;
	struct tlml_error e;
	unsigned int count;

	if (argc != 4)
		return 2;
	count = atoi(argv[3]);
	if (tlml_model_read(argv[2], &w.model, &e) || tlml_maps_open(argv[1], &w.maps, &e))
		return fprintf(stderr, "wide_watch: %s\n", e.text), 1;
	w.maps.ctl->trace |= 1;
	ring = ring_buffer__new(w.maps.ring_fd, look, &w, NULL);
	while (ring && w.seen < count && time(NULL) < end)
		if (ring_buffer__consume(ring) <= 0)
			nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
	w.maps.ctl->trace &= ~1u;
	ring_buffer__free(ring);
	printf("%u decisions, classes %#x, %u of them not what user space says\n", w.seen, w.classes,
	       w.differ);
	tlml_maps_close(&w.maps);
	tlml_model_free(&w.model);
	return w.differ || w.seen < count;
}
