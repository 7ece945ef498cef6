/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the running programs meet: one directory of sockets per network namespace, as of pins. */
#ifndef TLML_RUN_H
#define TLML_RUN_H

#include <sys/types.h>

#include "error.h"

#define TLML_RUN_ROOT		"/run/tlml"
#define TLML_SOCKET_DAEMON	"tlmld.sock"	/* SOCK_SEQPACKET, a JSON object a message */
#define TLML_SOCKET_LARGE	"large.sock"	/* HTTP/1.1, Open Inference Protocol v2 */
#define TLML_SOCKET_METRICS	"metrics.sock"	/* HTTP/1.1, GET /metrics, Prometheus text */

/* TLML_RUN_ROOT, or TLML_RUN_ROOT/netns:COOKIE outside the first network namespace. */
void tlml_run_dir(char *path, unsigned int size);

/* Makes it and those above it, 0755, if need be; it is no link. -errno with a sentence. */
int tlml_run_dir_make(const char *path, struct tlml_error *e);

/*
 * Gives it to whom a process will be, who may then remove its sockets. It follows no link, which
 * the owner of the directory above may have laid. -errno with a sentence.
 */
int tlml_run_dir_give(const char *path, uid_t uid, gid_t gid, struct tlml_error *e);

#endif
