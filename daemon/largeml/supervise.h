/* SPDX-License-Identifier: BSD-2-Clause */
/* The parent of the worker process: it holds the sockets, and tells systemd. */
#ifndef TLML_LARGEML_SUPERVISE_H
#define TLML_LARGEML_SUPERVISE_H

#include "../error.h"

struct tlml_supervise_options {
	/*
	 * Gives up privileges: in the child at its start, in the parent when the first child is
	 * ready, so that who cannot even begin is cleaned up after. 0, or -errno with a sentence.
	 */
	int (*enter)(void *arg, struct tlml_error *e);
	int (*work)(void *arg, int beat_fd);	/* in the child; returns its exit status */
	void *arg;
	int again;		/* a worker that dies is started anew */
	int follow_fd;		/* at its end of file the worker is told to end; -1: none */
};

/*
 * Runs a worker until SIGTERM, SIGINT or the end of follow_fd, which it is told by SIGTERM; SIGHUP
 * is handed on. Each byte that it writes to beat_fd is a sign of life; the first one says that it
 * is ready. 0, or -errno with a sentence: -ECHILD if the worker ended by itself, for good.
 */
int tlml_supervise(const struct tlml_supervise_options *o, struct tlml_error *e);

#endif
