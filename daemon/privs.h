/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a long-lived process gives up once it has what it needs. Not to be undone; before it makes
 * its first thread, as capabilities are a thread's.
 */
#ifndef TLML_PRIVS_H
#define TLML_PRIVS_H

#include "error.h"

enum tlml_seccomp { TLML_SECCOMP_DAEMON, TLML_SECCOMP_LARGE, TLML_SECCOMP_TEACHER };

/*
 * Becomes user (its groups too; NULL stays), gives up every capability, and sets no_new_privs. As
 * nobody but root only the latter two. -ENOENT with a sentence for an unknown user, -errno.
 */
int tlml_privs_drop(const char *user, struct tlml_error *e);

/*
 * Names are those of /etc/hosts, or of servers of names: other sources are modules of the C
 * library, which this process cannot load any more when it needs them. -errno with a sentence.
 */
int tlml_privs_names(struct tlml_error *e);

/*
 * Leaves the system calls that such a process needs; another one fails with EPERM. After dropping,
 * as only no_new_privs permits it. -errno with a sentence.
 */
int tlml_privs_seccomp(enum tlml_seccomp kind, struct tlml_error *e);

#endif
