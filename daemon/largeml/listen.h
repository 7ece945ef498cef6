/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets that clients connect to. */
#ifndef TLML_LARGEML_LISTEN_H
#define TLML_LARGEML_LISTEN_H

#include <sys/types.h>

#include "../error.h"

/*
 * A Unix socket at path, open to uid, gid and root only; what a process that is gone left there is
 * replaced. A descriptor, non-blocking, or -errno with a sentence: -EADDRINUSE if somebody listens.
 */
int tlml_listen_unix(const char *path, uid_t uid, gid_t gid, struct tlml_error *e);

/*
 * HOST:PORT or [HOST]:PORT; an empty HOST is all addresses. A descriptor, non-blocking, or -errno
 * with a sentence.
 */
int tlml_listen_tcp(const char *where, struct tlml_error *e);

#endif
