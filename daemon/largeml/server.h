/* SPDX-License-Identifier: BSD-2-Clause */
/* The process that answers: its event loop, from the first model to the last reply. */
#ifndef TLML_LARGEML_SERVER_H
#define TLML_LARGEML_SERVER_H

#include "load.h"

#define TLML_SOCKETS_MAX	4
#define TLML_FILES_MAX		96	/* of the process; most are for connections */

struct tlml_server_options {
	struct tlml_shelf shelf;
	int fd[TLML_SOCKETS_MAX];	/* listening and non-blocking */
	unsigned int sockets;
	unsigned int queue;		/* requests under way at most */
	int beat_fd;			/* gets a byte when it is ready and ... */
	uint64_t beat_us;		/* ... that often, at least every second: a sign of life */
};

/*
 * Serves until SIGTERM or SIGINT, then lets requests under way end. SIGHUP has it look for changed
 * models. 0, or -errno with a sentence if it could not start.
 */
int tlml_server_run(const struct tlml_server_options *o, struct tlml_error *e);

#endif
