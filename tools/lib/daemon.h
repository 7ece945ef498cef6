/* SPDX-License-Identifier: BSD-2-Clause */
/* The tlmld of this network namespace, asked over its control socket (daemon/request.h). */
#ifndef TLML_DAEMON_H
#define TLML_DAEMON_H

#include <jansson.h>
#include <stdbool.h>

#include "../../daemon/error.h"

/* A connection, to be closed. -ENOENT with a sentence if none runs, -errno. */
int tlml_daemon_connect(struct tlml_error *e);

/*
 * Sends the request, which it takes over, with n descriptors, and waits for the reply, a new
 * reference. -EREMOTEIO with tlmld's own sentence, -ETIMEDOUT, -errno.
 */
int tlml_daemon_ask(int fd, json_t *request, const int *fds, unsigned int n, json_t **reply,
		    struct tlml_error *e);

/* Waits for the next event, a new reference. -EPIPE with a sentence when tlmld ended; -EINTR. */
int tlml_daemon_event(int fd, json_t **event, struct tlml_error *e);

/* {"do": "status"}, with all interfaces however many messages these take. */
int tlml_daemon_overview(int fd, json_t **status, struct tlml_error *e);

/* The same of the one that runs. -ENOENT as above. */
int tlml_daemon_status(json_t **status, struct tlml_error *e);

/* Whether it looks after an interface. */
bool tlml_daemon_has(int fd, const char *ifname);

/* Hands the pins of an interface over, or takes it away. */
int tlml_daemon_add(int fd, const char *ifname, struct tlml_error *e);
int tlml_daemon_remove(int fd, const char *ifname, struct tlml_error *e);

#endif
