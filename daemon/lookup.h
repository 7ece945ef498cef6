/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The address of a URL's name, found on a thread: the C library waits for servers of names, and
 * leases run out meanwhile. The thread has the rights that the process has when it begins.
 */
#ifndef TLML_LOOKUP_H
#define TLML_LOOKUP_H

#include "loop.h"
#include "url.h"

struct tlml_lookup {
	/* Set by the caller. */
	struct tlml_loop *loop;
	struct tlml_url *url;	/* gets the address */
	void *arg;
	/* 0, or -errno with a sentence in why; -ECANCELED after a cancel. */
	void (*done)(struct tlml_lookup *k, int err);

	struct tlml_error why;	/* the rest is lookup.c's own */
	struct tlml_op op;
	struct tlml_lookup_work *work;
};

/* One at a time; never calls done(). -errno with a sentence in why if there is no thread. */
int tlml_lookup_begin(struct tlml_lookup *k);
int tlml_lookup_pending(const struct tlml_lookup *k);

/* done() comes soon, whatever the thread still waits for. */
void tlml_lookup_cancel(struct tlml_lookup *k);

#endif
