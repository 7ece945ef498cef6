/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The reader of an interface's records: looks every millisecond while they come, and sleeps after
 * a while of silence, until the data path wakes it with the next one (tlml_ctl.ring_idle).
 */
#ifndef TLML_RING_H
#define TLML_RING_H

#include <linux/types.h>
#include <stddef.h>

#include "loop.h"

struct tlml_ring;

/* A record, gone when this returns. Only 256 bytes are sure to be there, whatever size says. */
typedef void tlml_ring_take(void *arg, const void *data, size_t size);

/* idle: ctl->ring_idle. -errno with a sentence. Records that wait in the ring come first. */
int tlml_ring_open(struct tlml_loop *l, int map_fd, __u32 *idle, tlml_ring_take *take, void *arg,
		   struct tlml_ring **r, struct tlml_error *e);

/* Takes no more, and calls done(arg) when nothing of it is left; not from within take(). */
void tlml_ring_close(struct tlml_ring *r, void (*done)(void *arg), void *arg);

#endif
