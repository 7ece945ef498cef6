/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GET /metrics over HTTP/1.1, for Prometheus and curl. Whoever can connect may ask: connections,
 * what they send and how long they take are bounded.
 */
#ifndef TLML_METRICS_H
#define TLML_METRICS_H

#include <stdio.h>

#include "loop.h"

struct tlml_metrics;

/* Writes the text exposition format, version 0.0.4; called for each scrape. */
typedef void tlml_metrics_write(void *arg, FILE *f);

/*
 * Listens at the Unix socket path, and if listen is not NULL at HOST:PORT, too. -errno with a
 * sentence (listen.h).
 */
int tlml_metrics_open(struct tlml_loop *l, const char *path, const char *listen,
		      tlml_metrics_write *write, void *arg, struct tlml_metrics **m,
		      struct tlml_error *e);

/* Ends all connections, removes the socket, frees; then done(arg), from the loop. */
void tlml_metrics_close(struct tlml_metrics *m, void (*done)(void *arg), void *arg);

#endif
