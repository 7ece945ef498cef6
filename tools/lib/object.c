// SPDX-License-Identifier: BSD-2-Clause
/* The BPF object, embedded in the program: sized, seeded, loaded; not attached to anything. */
#include "object.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "tlml.skel.h"

#define FLOWS_DEFAULT	65536
#define FLOWS_MAX	(1u << 26)	/* 4 GiB */

/*
 * Questions a second, and as many at once: what a large model on this machine can answer beside
 * other work, of which no class can take more than half, nor a prefix more than a tenth.
 */
static const struct tlml_rate asks[TLML_BUDGETS] = {
	[TLML_BUDGET_ALL] = { 2000, 2000 },
	[TLML_BUDGET_CLASS] = { 1000, 1000 },
	[TLML_BUDGET_PREFIX] = { 200, 200 },
};

static unsigned int buckets(unsigned int lines)
{
	unsigned int n = 1;

	while (n * TLML_WAYS < lines)
		n *= 2;
	return n;
}

static int seed(struct tlml_seed *s, struct tlml_error *e)
{
	if (getrandom(s, sizeof(*s), 0) != sizeof(*s))
		return tlml_error_set(e, errno, "no random seed for the flow hash: %s", strerror(errno));
	s->mul |= 1;
	return 0;
}

/* Why the kernel took neither maps nor programs, as far as the errno tells. */
static int load_error(int err, unsigned int flows, struct tlml_error *e)
{
	switch (-err) {
	case EPERM: case EACCES:
		return tlml_error_set(e, -err,
				      "the kernel refuses to load BPF programs: run as root, or with CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON");
	case ENOMEM:
		return tlml_error_set(e, -err,
				      "no memory for %u flows (%u MiB) and their sources: ask for fewer with --flows",
				      flows, flows / 16384);
	case EINVAL: case E2BIG: case EOPNOTSUPP:
		return tlml_error_set(e, -err,
				      "this kernel does not take the programs (%s): tlml needs Linux 6.1 or newer with BTF; -v shows the verifier's log",
				      strerror(-err));
	}
	return tlml_error_set(e, -err, "cannot load the BPF object: %s", strerror(-err));
}

static void take_maps(struct tlml_object *obj)
{
	struct tlml_bpf *s = obj->skel;
	struct tlml_maps *m = &obj->maps;

	/* The skeleton closes its own descriptors; these live as long as the maps are mapped. */
	m->fds[0] = dup(bpf_map__fd(s->maps.tlml_ctl_v1));
	m->fds[1] = dup(bpf_map__fd(s->maps.tlml_flows_v1));
	m->fds[2] = dup(bpf_map__fd(s->maps.tlml_sources_v1));
	m->fds[3] = dup(bpf_map__fd(s->maps.tlml_weights_v1));
	m->fds[4] = dup(bpf_map__fd(s->maps.tlml_wide_v1));
	m->stats_fd = dup(bpf_map__fd(s->maps.tlml_stats_v1));
	m->allow_fd = dup(bpf_map__fd(s->maps.tlml_allow_v1));
	m->ring_fd = dup(bpf_map__fd(s->maps.tlml_ring_v1));
	obj->xdp_fd = bpf_program__fd(s->progs.tlml_xdp);
	obj->ingress_fd = bpf_program__fd(s->progs.tlml_tc_ingress);
	obj->egress_fd = bpf_program__fd(s->progs.tlml_tc_egress);
}

static int fill_ctl(const struct tlml_object_options *o, struct tlml_object *obj,
		    struct tlml_error *e)
{
	struct tlml_ctl *ctl = obj->maps.ctl;

	ctl->flow_mask = bpf_map__max_entries(obj->skel->maps.tlml_flows_v1) - 1;
	ctl->source_mask = bpf_map__max_entries(obj->skel->maps.tlml_sources_v1) - 1;
	ctl->lease_until = TLML_FOREVER;
	ctl->report_rate = 20000;
	ctl->report_burst = 4000;
	ctl->audit = 7;			/* an unbiased sample of the flows that last */
	ctl->ask_points = ~7u;		/* from packet 8 on: fewer tell a large model little more */
	memcpy(ctl->ask, asks, sizeof(asks));
	ctl->ifindex = o->ifindex;
	ctl->seg_len = o->mtu && o->mtu <= 0xffff ? o->mtu : 1500;
	ctl->seg_inverse = 65536 / ctl->seg_len;
	ctl->anomaly_low = ctl->anomaly_high = TLML_ACT_MAX + 1;
	ctl->allow_epoch = 1;
	ctl->clock = tlml_maps_now();
	/* Without a timer the clock is the caller's, and no packet may touch it. */
	ctl->clock_state = o->clock ? TLML_CLOCK_STOPPED : TLML_CLOCK_USED;
	ctl->mode = TLML_MODE_MONITOR;
	ctl->abi = TLML_ABI;
	return seed(&ctl->seed, e);
}

static int start_clock(struct tlml_object *obj, struct tlml_error *e)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	int err = bpf_prog_test_run_opts(bpf_program__fd(obj->skel->progs.tlml_clock_start), &opts);

	if (err || opts.retval)
		return tlml_error_set(e, err ? errno : EIO,
				      "cannot start the clock of the data path: the kernel lacks BPF timers (needs 5.15 or newer)");
	return 0;
}

static int load(const struct tlml_object_options *o, enum tlml_wide_by by,
		struct tlml_object *obj, struct tlml_error *e)
{
	unsigned int flows = o->flows ? o->flows : FLOWS_DEFAULT;
	unsigned int sources = o->sources ? o->sources : (flows + 3) / 4;
	int err = tlml_module_open(by, &obj->skel, e);

	if (err)
		return err;
	bpf_map__set_max_entries(obj->skel->maps.tlml_flows_v1, buckets(flows));
	bpf_map__set_max_entries(obj->skel->maps.tlml_sources_v1, buckets(sources));
	obj->skel->rodata->tlml_decide_always = o->decide_always;
	err = tlml_bpf__load(obj->skel);
	if (!err)
		return 0;
	tlml_bpf__destroy(obj->skel);
	obj->skel = NULL;
	return load_error(err, flows, e);
}

int tlml_object_load(const struct tlml_object_options *o, struct tlml_object *obj,
		     struct tlml_error *e)
{
	enum tlml_wide_by by;
	bool module;
	int err;

	*obj = (struct tlml_object){ .maps = TLML_MAPS_NONE };
	if (o->flows > FLOWS_MAX || o->sources > FLOWS_MAX)
		return tlml_error_set(e, EINVAL, "at most %u flows or sources, not %u", FLOWS_MAX,
				      o->flows > o->sources ? o->flows : o->sources);
	err = tlml_module_choose(o->module, &module, &obj->unused, e);
	if (err)
		return err;
	by = o->loops ? TLML_WIDE_BY_LOOPS : module ? TLML_WIDE_BY_MODULE : TLML_WIDE_BY_NONE;
	err = load(o, by, obj, e);
	if (err && by == TLML_WIDE_BY_MODULE && o->module == TLML_MODULE_AUTO) {
		obj->unused = *e;
		by = TLML_WIDE_BY_NONE;
		err = load(o, by, obj, e);
	}
	if (err)
		return err;
	take_maps(obj);
	err = tlml_maps_map(&obj->maps, e);
	if (!err)
		err = fill_ctl(o, obj, e);
	if (!err && o->clock)
		err = start_clock(obj, e);
	if (err)
		tlml_object_close(obj);
	else
		obj->maps.ctl->module = by != TLML_WIDE_BY_NONE;
	return err;
}

int tlml_object_run(const struct tlml_object *obj, const void *frame, unsigned int len,
		    unsigned int *action)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = len, .repeat = 1);

	if (bpf_prog_test_run_opts(obj->xdp_fd, &opts))
		return -errno;
	*action = opts.retval;
	return 0;
}

void tlml_object_close(struct tlml_object *obj)
{
	tlml_maps_close(&obj->maps);
	tlml_bpf__destroy(obj->skel);
	obj->skel = NULL;
}
