/* SPDX-License-Identifier: BSD-2-Clause */
/* One connection of a scraper. Between metrics.c and metrics_client.c. */
#ifndef TLML_METRICS_CLIENT_H
#define TLML_METRICS_CLIENT_H

#include <sys/queue.h>

#include "metrics.h"

struct tlml_metrics_client;

TAILQ_HEAD(tlml_metrics_clients, tlml_metrics_client);

struct tlml_metrics_listener {
	struct tlml_metrics *metrics;
	struct tlml_op op;	/* accepts, or pauses after it could not */
	int fd, pausing;
};

struct tlml_metrics {
	struct tlml_loop *loop;
	struct tlml_metrics_listener listener[2];
	unsigned int listeners;
	struct tlml_metrics_clients clients;
	unsigned int count;
	char *path;
	tlml_metrics_write *write;
	void *arg;
	void (*closed)(void *arg);
	void *closed_arg;
};

/* Takes fd over. -ENOMEM. */
int tlml_metrics_client_new(struct tlml_metrics *m, int fd);

/* Ends all connections; each leaves m->clients later, and then calls tlml_metrics_left(). */
void tlml_metrics_client_end_all(struct tlml_metrics *m);

void tlml_metrics_left(struct tlml_metrics *m);

#endif
