// SPDX-License-Identifier: BSD-2-Clause
/* One interface as tlmld looks after it: its maps, the reader of its records, its lease. */
#include "path.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"

#define LEASE_TICKS	TLML_TICKS(10)
#define TRACE_WATCH	2	/* the bit of ctl->trace that who reads the records may set */

static struct tlml_path *path_new(struct tlml_loop *l, const char *ifname, tlml_path_take *take,
				  void *arg)
{
	struct tlml_path *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	strcpy(p->ifname, ifname);
	p->loop = l;
	p->take = take;
	p->arg = arg;
	p->dir_fd = -1;
	p->maps = TLML_MAPS_NONE;
	return p;
}

static void path_free(struct tlml_path *p)
{
	tlml_maps_close(&p->maps);
	if (p->dir_fd >= 0)
		close(p->dir_fd);
	free(p);
}

static int map_info(int fd, const char *name, struct bpf_map_info *info, struct tlml_error *e)
{
	__u32 len = sizeof(*info);

	memset(info, 0, sizeof(*info));
	if (bpf_obj_get_info_by_fd(fd, info, &len))
		return tlml_error_set(e, EPROTO, "what came as %s is no map: %s", name, strerror(errno));
	return 0;
}

/* Those that tlml_maps_map() does not look at, and what it takes for granted. */
static int map_check(int fd, const char *name, __u32 type, __u32 value_size, __u32 entries,
		     struct tlml_error *e)
{
	struct bpf_map_info info;
	int err = map_info(fd, name, &info, e);

	if (err || (info.type == type && info.value_size >= value_size &&
		    info.max_entries >= entries))
		return err;
	return tlml_error_set(e, EPROTO,
			      "map %s is of another tlml: type %u, %u entries of %u bytes, expected %u, %u of %u",
			      name, info.type, info.max_entries, info.value_size, type, entries,
			      value_size);
}

static int path_check(struct tlml_path *p, struct tlml_error *e)
{
	const struct tlml_maps *m = &p->maps;
	struct bpf_map_info ctl;
	int err = map_info(m->fds[0], TLML_MAP_CTL, &ctl, e);

	p->id = ctl.id;
	p->flow_mask = m->ctl->flow_mask;
	if (!err && (m->ctl->abi != TLML_ABI || p->flow_mask == ~0u))
		err = tlml_error_set(e, EPROTO, "%s is not in use", TLML_MAP_CTL);
	if (!err)
		err = map_check(m->fds[1], TLML_MAP_FLOWS, BPF_MAP_TYPE_ARRAY,
				sizeof(struct tlml_flow_bucket), p->flow_mask + 1, e);
	if (!err)
		err = map_check(m->fds[3], TLML_MAP_WEIGHTS, BPF_MAP_TYPE_ARRAY,
				sizeof(struct tlml_weights), TLML_SLOTS, e);
	if (!err)
		err = map_check(m->fds[4], TLML_MAP_WIDE, BPF_MAP_TYPE_ARRAY,
				sizeof(struct tlml_wide), TLML_SLOTS, e);
	if (!err)
		err = map_check(m->stats_fd, TLML_MAP_STATS, BPF_MAP_TYPE_PERCPU_ARRAY,
				sizeof(struct tlml_stats), 1, e);
	if (!err)
		err = map_check(m->allow_fd, TLML_MAP_ALLOW, BPF_MAP_TYPE_LPM_TRIE,
				sizeof(__u32), 1, e);
	if (!err)
		err = map_check(m->ring_fd, TLML_MAP_RING, BPF_MAP_TYPE_RINGBUF, 0, 1, e);
	return err;
}

int tlml_path_open(struct tlml_loop *l, const char *ifname, tlml_path_take *take, void *arg,
		   struct tlml_path **to, struct tlml_error *e)
{
	struct tlml_path *p = path_new(l, ifname, take, arg);
	int err;

	if (!p)
		return tlml_error_set(e, ENOMEM, "no memory for interface %s", ifname);
	tlml_maps_dir(ifname, p->dir, sizeof(p->dir));
	err = tlml_maps_open(ifname, &p->maps, e);
	if (!err)
		err = path_check(p, e);
	if (!err) {
		p->dir_fd = open(p->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (p->dir_fd < 0)
			err = tlml_error_set(e, errno, "cannot open %s: %s", p->dir, strerror(errno));
	}
	if (err)
		path_free(p);
	else
		*to = p;
	return err;
}

/* Where the descriptor of a map goes, or NULL for one that tlmld has no use for. */
static int *map_place(struct tlml_maps *m, enum tlml_request_map which)
{
	int *const places[TLML_HANDED] = {
		[TLML_HANDED_CTL] = &m->fds[0], [TLML_HANDED_FLOWS] = &m->fds[1],
		[TLML_HANDED_SOURCES] = &m->fds[2], [TLML_HANDED_WEIGHTS] = &m->fds[3],
		[TLML_HANDED_WIDE] = &m->fds[4],
		[TLML_HANDED_STATS] = &m->stats_fd, [TLML_HANDED_ALLOW] = &m->allow_fd,
		[TLML_HANDED_RING] = &m->ring_fd,
	};

	return places[which];
}

int tlml_path_adopt(struct tlml_loop *l, const struct tlml_request *r, const int *fds,
		    tlml_path_take *take, void *arg, struct tlml_path **to, struct tlml_error *e)
{
	struct tlml_path *p = path_new(l, r->ifname, take, arg);
	struct stat st;
	int err;

	for (unsigned int i = 0; i < r->maps; i++) {
		int *place = p ? map_place(&p->maps, r->map[i]) : NULL;

		if (place)
			*place = fds[i];
		else
			close(fds[i]);
	}
	if (!p) {
		close(fds[r->maps]);
		return tlml_error_set(e, ENOMEM, "no memory for interface %s", r->ifname);
	}
	p->dir_fd = fds[r->maps];
	strcpy(p->dir, r->dir);
	if (fstat(p->dir_fd, &st) || !S_ISDIR(st.st_mode))
		err = tlml_error_set(e, EPROTO, "the last descriptor is not that of a directory");
	else
		err = tlml_maps_map(&p->maps, e);
	if (!err)
		err = path_check(p, e);
	if (err)
		path_free(p);
	else
		*to = p;
	return err;
}

static void set_lease(struct tlml_path *p, __u64 until)
{
	__atomic_store_n(&p->maps.ctl->lease_until, until, __ATOMIC_RELAXED);
}

static void apply_trace(struct tlml_path *p)
{
	if (p->trace)
		__atomic_fetch_or(&p->maps.ctl->trace, TRACE_WATCH, __ATOMIC_RELAXED);
	else
		__atomic_fetch_and(&p->maps.ctl->trace, ~TRACE_WATCH, __ATOMIC_RELAXED);
}

static void take_record(void *arg, const void *data, size_t size)
{
	struct tlml_path *p = arg;

	p->take(p->arg, p, data, size);
}

/* Two readers of one ring would each see a part; the lock goes with who holds it. */
static void read_ring(struct tlml_path *p)
{
	struct tlml_error e;

	if (flock(p->dir_fd, LOCK_EX | LOCK_NB)) {
		if (++p->refused == 2)		/* once may be ourselves, on our way out */
			tlml_log(TLML_LOG_WARNING, "%s: somebody else reads its records, and they go to one reader: end 'tlmlctl flow watch', or the other tlmld",
				 p->ifname);
		return;
	}
	p->refused = 0;
	if (tlml_ring_open(p->loop, p->maps.ring_fd, &p->maps.ctl->ring_idle, take_record, p,
			   &p->ring, &e)) {
		tlml_log(TLML_LOG_WARNING, "%s: %s", p->ifname, e.text);
		flock(p->dir_fd, LOCK_UN);
		return;
	}
	apply_trace(p);		/* whoever had the ring before may have been killed */
}

int tlml_path_tick(struct tlml_path *p, struct tlml_error *e)
{
	char name[IF_NAMESIZE];
	struct stat st;

	/* Else we could not ask, for want of a descriptor perhaps: that says nothing of it. */
	if (!if_indextoname(p->maps.ctl->ifindex, name) && errno == ENXIO)
		return tlml_error_set(e, ENODEV, "interface %s is gone", p->ifname);
	if (!fstat(p->dir_fd, &st) && !st.st_nlink)
		return tlml_error_set(e, ENODEV, "tlml was taken off %s", p->ifname);
	set_lease(p, tlml_maps_now() + LEASE_TICKS);
	if (!p->ring)
		read_ring(p);
	return 0;
}

void tlml_path_trace(struct tlml_path *p, int on)
{
	p->trace = on;
	if (p->ring)
		apply_trace(p);
}

static void ring_closed(void *arg)
{
	struct tlml_path *p = arg;
	void (*closed)(void *arg) = p->closed;

	arg = p->closed_arg;
	path_free(p);
	closed(arg);
}

void tlml_path_close(struct tlml_path *p, void (*done)(void *arg), void *arg)
{
	p->closed = done;
	p->closed_arg = arg;
	tlml_path_trace(p, 0);
	set_lease(p, TLML_FOREVER);
	if (p->ring)
		tlml_ring_close(p->ring, ring_closed, p);
	else
		ring_closed(p);
}
