/* SPDX-License-Identifier: BSD-2-Clause */
/* One connection of the control socket. Between control.c and client.c. */
#ifndef TLML_CLIENT_H
#define TLML_CLIENT_H

#include "control.h"

struct tlml_client;

TAILQ_HEAD(tlml_clients, tlml_client);

struct tlml_control {
	struct tlml_loop *loop;
	struct tlml_op op;		/* accepts, or pauses after it could not */
	int fd, pausing;
	char *path;
	struct tlml_clients clients;
	unsigned int count;
	struct tlml_watchers *watchers;
	const struct tlml_control_calls *calls;
	void *arg;
	void (*closed)(void *arg);
	void *closed_arg;
};

/* Takes fd over. -ENOMEM. */
int tlml_client_new(struct tlml_control *c, int fd);

/* Ends a connection; it leaves control->clients later, and then calls tlml_control_left(). */
void tlml_client_end(struct tlml_client *c);

/* The next one, or with NULL the first. */
struct tlml_client *tlml_client_next(struct tlml_control *control, struct tlml_client *c);

void tlml_control_left(struct tlml_control *control);

/* {"error": sentence} as text, to be freed; bytes that are no ASCII become question marks. */
char *tlml_client_error(const char *sentence);

#endif
