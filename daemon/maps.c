// SPDX-License-Identifier: BSD-2-Clause
/* The data path as user space sees it: maps, found by descriptor or by pin, and mapped. */
#include "maps.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* The memory-mapped ones, in the order of tlml_maps.fds. */
static const struct {
	const char *name;
	unsigned int value_size;
} mapped[] = {
	{ TLML_MAP_CTL, sizeof(struct tlml_ctl) },
	{ TLML_MAP_FLOWS, sizeof(struct tlml_flow_bucket) },
	{ TLML_MAP_SOURCES, sizeof(struct tlml_source_bucket) },
	{ TLML_MAP_WEIGHTS, sizeof(struct tlml_weights) },
	{ TLML_MAP_WIDE, sizeof(struct tlml_wide) },
};

#define MAPPED	(sizeof(mapped) / sizeof(mapped[0]))

__u64 tlml_maps_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return ((__u64)t.tv_sec * 1000000000ull + t.tv_nsec) >> TLML_TICK_SHIFT;
}

static int pin_open(const char *dir, const char *name, int *fd, struct tlml_error *e)
{
	char path[TLML_PATH_MAX + 32], ifname[IF_NAMESIZE] = "IFACE";

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	*fd = bpf_obj_get(path);
	if (*fd >= 0)
		return 0;
	tlml_maps_ifname(strrchr(dir, '/') + 1, ifname);
	if (errno == ENOENT)
		return tlml_error_set(e, ENOENT,
				      "tlml is not on this interface: there is no %s; attach it with 'tlml-load %s'",
				      path, ifname);
	if (errno == EPERM || errno == EACCES)
		return tlml_error_set(e, EPERM, "may not open %s: run as root, or with CAP_BPF", path);
	return tlml_error_set(e, errno, "cannot open %s: %s", path, strerror(errno));
}

/* Where the pointers to the mapped ones are, in their order. */
static void mapped_places(struct tlml_maps *m, void **places[MAPPED])
{
	places[0] = (void **)&m->ctl;
	places[1] = (void **)&m->flows;
	places[2] = (void **)&m->sources;
	places[3] = (void **)&m->weights;
	places[4] = (void **)&m->wide;
}

int tlml_maps_map(struct tlml_maps *m, struct tlml_error *e)
{
	size_t page = sysconf(_SC_PAGESIZE);
	void **where[MAPPED];

	mapped_places(m, where);
	for (unsigned int i = 0; i < MAPPED; i++) {
		struct bpf_map_info info = {};
		__u32 len = sizeof(info);
		size_t size;
		void *p;

		if (bpf_obj_get_info_by_fd(m->fds[i], &info, &len))
			return tlml_error_set(e, errno, "cannot ask about map %s: %s",
					      mapped[i].name, strerror(errno));
		if (info.type != BPF_MAP_TYPE_ARRAY || info.value_size != mapped[i].value_size)
			return tlml_error_set(e, EPROTO,
					      "map %s is of another tlml: type %u, %u bytes a value, expected %u, %u; detach with that version's tlml-load, or 'tlml-load --clean'",
					      mapped[i].name, info.type, info.value_size,
					      BPF_MAP_TYPE_ARRAY, mapped[i].value_size);
		/* The kernel maps pages. */
		size = ((size_t)info.max_entries * info.value_size + page - 1) / page * page;
		p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, m->fds[i], 0);
		if (p == MAP_FAILED)
			return tlml_error_set(e, errno, "cannot map %s into memory: %s",
					      mapped[i].name, strerror(errno));
		*where[i] = p;
		m->lengths[i] = size;
	}
	/* 0: just made, tlml_object_load() is about to fill it in. */
	if (m->ctl->abi && m->ctl->abi != TLML_ABI)
		return tlml_error_set(e, EPROTO,
				      "the data path speaks ABI %u, this program %u: use the tlml version that attached it",
				      m->ctl->abi, TLML_ABI);
	return 0;
}

int tlml_maps_open(const char *ifname, struct tlml_maps *m, struct tlml_error *e)
{
	char dir[TLML_PATH_MAX];
	int err = 0;

	*m = TLML_MAPS_NONE;
	tlml_maps_dir(ifname, dir, sizeof(dir));
	for (unsigned int i = 0; i < MAPPED && !err; i++)
		err = pin_open(dir, mapped[i].name, &m->fds[i], e);
	if (!err)
		err = pin_open(dir, TLML_MAP_STATS, &m->stats_fd, e);
	if (!err)
		err = pin_open(dir, TLML_MAP_ALLOW, &m->allow_fd, e);
	if (!err)
		err = pin_open(dir, TLML_MAP_RING, &m->ring_fd, e);
	if (!err)
		err = tlml_maps_map(m, e);
	if (err)
		tlml_maps_close(m);
	return err;
}

void tlml_maps_close(struct tlml_maps *m)
{
	int *fds[] = { &m->stats_fd, &m->allow_fd, &m->ring_fd };
	void **where[MAPPED];

	mapped_places(m, where);
	for (unsigned int i = 0; i < MAPPED; i++) {
		if (*where[i])
			munmap(*where[i], m->lengths[i]);
		*where[i] = NULL;
		if (m->fds[i] >= 0)
			close(m->fds[i]);
		m->fds[i] = -1;
	}
	for (unsigned int i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}

int tlml_maps_stats(const struct tlml_maps *m, struct tlml_stats *sum, struct tlml_error *e)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info), zero = 0;
	int cpus = libbpf_num_possible_cpus(), err = 0;
	size_t stride;
	char *values;

	memset(sum, 0, sizeof(*sum));
	if (cpus < 0 || bpf_obj_get_info_by_fd(m->stats_fd, &info, &len))
		return tlml_error_set(e, errno, "cannot ask about the counters: %s", strerror(errno));
	/* A CPU's value begins with the counters; what follows is the data path's own. */
	stride = (info.value_size + 7) / 8 * 8;
	if (stride < sizeof(*sum))
		return tlml_error_set(e, EPROTO, "the counters are of another tlml version");
	values = malloc(stride * cpus);
	if (!values)
		return tlml_error_set(e, ENOMEM, "no memory for the counters of %d CPUs", cpus);
	if (bpf_map_lookup_elem(m->stats_fd, &zero, values))
		err = tlml_error_set(e, errno, "cannot read the counters: %s", strerror(errno));
	for (int cpu = 0; !err && cpu < cpus; cpu++) {
		const __u64 *from = (const __u64 *)(values + stride * cpu);

		for (size_t i = 0; i < sizeof(*sum) / sizeof(__u64); i++)
			((__u64 *)sum)[i] += from[i];
	}
	free(values);
	return err;
}
