/* SPDX-License-Identifier: BSD-2-Clause */
/* The data path as user space sees it: maps, found by descriptor or by pin, and mapped. */
#ifndef TLML_MAPS_H
#define TLML_MAPS_H

#include <net/if.h>
#include <stddef.h>

#include "../uapi/tlml_ctl.h"
#include "../uapi/tlml_flow.h"
#include "../uapi/tlml_stats.h"
#include "../uapi/tlml_weights.h"
#include "../uapi/tlml_wide.h"
#include "error.h"

struct tlml_model;

struct tlml_maps {
	struct tlml_ctl *ctl;			/* memory-mapped, as are the next four */
	struct tlml_flow_bucket *flows;		/* [ctl->flow_mask + 1] */
	struct tlml_source_bucket *sources;	/* [ctl->source_mask + 1] */
	struct tlml_weights *weights;		/* [TLML_SLOTS] */
	struct tlml_wide *wide;			/* [TLML_SLOTS] */
	int stats_fd, allow_fd, ring_fd;
	int fds[5];				/* of the mapped ones, in that order */
	size_t lengths[5];			/* of the mappings, in bytes */
};

/* No map yet: every descriptor is -1. */
#define TLML_MAPS_NONE	((struct tlml_maps){ .stats_fd = -1, .allow_fd = -1, .ring_fd = -1, \
					     .fds = { -1, -1, -1, -1, -1 } })

/*
 * Where the pins are, into path (of size bytes; TLML_PATH_MAX is enough): the bpffs, -1 if this
 * process sees none; the directory with one entry for each interface of this network namespace
 * that tlml is on; that of one interface.
 */
#define TLML_PATH_MAX	192
int tlml_maps_bpffs(char *path, unsigned int size);
void tlml_maps_root(char *path, unsigned int size);
void tlml_maps_dir(const char *ifname, char *path, unsigned int size);

/* 1 and the interface (IF_NAMESIZE bytes) if an entry of tlml_maps_root() is one, else 0. */
int tlml_maps_ifname(const char *entry, char *ifname);

/*
 * The interfaces of this network namespace that tlml is on, sorted; to be freed. How many there
 * are, or -errno with a sentence.
 */
int tlml_maps_list(char (**names)[IF_NAMESIZE], struct tlml_error *e);

/*
 * Opens the pinned maps of an interface. -ENOENT with a sentence if tlml is not on it, -EPROTO
 * if the pins are of another ABI, naming each property that differs, -EPERM.
 */
int tlml_maps_open(const char *ifname, struct tlml_maps *m, struct tlml_error *e);

/* Maps those of descriptors that m holds already (fds, stats_fd ...); takes them over. */
int tlml_maps_map(struct tlml_maps *m, struct tlml_error *e);

void tlml_maps_close(struct tlml_maps *m);

/* Sum over all CPUs, of the histogram for drift too. */
int tlml_maps_stats(const struct tlml_maps *m, struct tlml_stats *sum, struct tlml_error *e);

/* Now, in ticks of the data path's clock (CLOCK_MONOTONIC). */
__u64 tlml_maps_now(void);

/* The weights that the data path uses now, but for flows of a canary. */
const struct tlml_weights *tlml_maps_current(const struct tlml_maps *m);

/* Those for flows that a generation decided about: the canary's if it is that, else the current. */
const struct tlml_weights *tlml_maps_deciding(const struct tlml_maps *m, unsigned int generation);

/*
 * Which model of a file the slot with the weights w holds: found, to be freed. -ESTALE with a
 * sentence if it is none of them.
 */
int tlml_maps_identify(const struct tlml_maps *m, const struct tlml_weights *w,
		       const struct tlml_model *file, struct tlml_model *found,
		       struct tlml_error *e);

/*
 * Makes a model current, or if programs without the module run there, the biggest one of its file
 * that needs none: packs it into a slot that is neither current, nor the canary's, nor was
 * current before, waits until nobody can still read it, fills it, reads it back, flips the index
 * once. Policies of classes that keep their name and place stay; those of others are reset to pass
 * with the model's margins. A canary is withdrawn. -EINVAL with a sentence if none of the file
 * fits.
 */
int tlml_maps_publish(struct tlml_maps *m, const struct tlml_model *model, struct tlml_error *e);

/*
 * Has a model decide about share of 256 flows (1..256), in place of any other canary: flows are
 * told apart by tlml_canary_has(), decisions by their generation. -EINVAL with a sentence if it
 * has not the classes of the current model in their places, or needs the module.
 */
int tlml_maps_canary(struct tlml_maps *m, const struct tlml_model *model, unsigned int share,
		     struct tlml_error *e);

/* Makes the canary current. -ENOENT with a sentence if there is none. */
int tlml_maps_promote(struct tlml_maps *m, struct tlml_error *e);

/* Ends the canary, if there is one: its flows are the current model's from their next decision. */
void tlml_maps_withdraw(struct tlml_maps *m);

#endif
