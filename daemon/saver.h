/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Has answers written to disk on a thread of its own, from copies: a disk may keep whoever writes
 * waiting for as long as it likes, and the event loop has records to read and leases to renew.
 */
#ifndef TLML_SAVER_H
#define TLML_SAVER_H

#include <pthread.h>

#include "learn/reservoir.h"

#define TLML_SAVER_FILES	2

/* Begins as all zeros. */
struct tlml_saver {
	struct tlml_reservoir copy[TLML_SAVER_FILES];
	char path[TLML_SAVER_FILES][192];
	pthread_t thread;
	int busy, over;		/* over is set by the thread */
	int err;
	struct tlml_error why;
};

/* -EBUSY while it writes, -ENOMEM, -ENAMETOOLONG, -EAGAIN, all with a sentence. */
int tlml_saver_begin(struct tlml_saver *s, const struct tlml_reservoir *const *from,
		     const char *const *path, struct tlml_error *e);

/*
 * Of what was begun: -EINPROGRESS while it writes, unless wait has it waited for; 0 if all is on
 * disk, or nothing was begun; -errno with a sentence.
 */
int tlml_saver_end(struct tlml_saver *s, int wait, struct tlml_error *e);

#endif
