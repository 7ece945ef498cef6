/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control socket: requests and their replies, and events for who watches (request.h says what
 * a message is). Clients, what is kept for them and what they may send are bounded.
 */
#ifndef TLML_CONTROL_H
#define TLML_CONTROL_H

#include "request.h"
#include "watch.h"

#define TLML_CLIENTS_MAX	16
#define TLML_CLIENTS_TOLD	4	/* that there are too many; further ones are just closed */

struct tlml_control;

/* What requests come to; 0, or -errno with a sentence for the client. */
struct tlml_control_calls {
	json_t *(*status)(void *arg, unsigned int from);	/* a new reference, or NULL */
	int (*add)(void *arg, const struct tlml_request *r, const int *fds, struct tlml_error *e);
					/* takes the r->maps + 1 descriptors over */
	int (*remove)(void *arg, const char *ifname, struct tlml_error *e);
	json_t *(*models)(void *arg, const struct tlml_request *r, int fd, struct tlml_error *e);
					/* a new reference, or NULL with a sentence; fd -1: none */
	int (*learn)(void *arg, const char *ifname, struct tlml_error *e);
	json_t *(*label)(void *arg, const struct tlml_request *r, struct tlml_error *e);
	json_t *(*teach)(void *arg, struct tlml_error *e);	/* both as models */
	void (*watched)(void *arg);	/* somebody began to watch, or left */
};

/*
 * Listens at path, for root alone. -errno with a sentence.
 */
int tlml_control_open(struct tlml_loop *l, const char *path, struct tlml_watchers *watchers,
		      const struct tlml_control_calls *calls, void *arg, struct tlml_control **c,
		      struct tlml_error *e);

/* Ends all connections, removes the socket, frees; then done(arg). */
void tlml_control_close(struct tlml_control *c, void (*done)(void *arg), void *arg);

#endif
