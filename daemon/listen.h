/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets that clients connect to. */
#ifndef TLML_LISTEN_H
#define TLML_LISTEN_H

#include <sys/types.h>

#include "error.h"

/*
 * A Unix socket of that type (SOCK_STREAM ...) at path, its mode right from the beginning; what a
 * process that is gone left there is replaced. A descriptor, non-blocking, or -errno with a
 * sentence: -EADDRINUSE if somebody listens and goes on for 2 s, which this waits, or it is no
 * socket.
 */
int tlml_listen_unix(const char *path, int type, mode_t mode, struct tlml_error *e);

/*
 * HOST:PORT or [HOST]:PORT; an empty HOST is all addresses. A descriptor, non-blocking, or -errno
 * with a sentence.
 */
int tlml_listen_tcp(const char *where, struct tlml_error *e);

#endif
