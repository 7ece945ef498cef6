/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whose the models of this machine are: tlmld's, which is nobody, though root may have begun the
 * directory, and has the tools write into it. Who may lay links there is not followed as root.
 */
#ifndef TLML_OWNER_H
#define TLML_OWNER_H

#include <sys/types.h>

#include "error.h"

/*
 * Gives a directory of models to a user, and with it what there is that was its owner's until now;
 * what others put there stays theirs. -errno with a sentence.
 */
int tlml_owner_give(const char *dir, uid_t uid, gid_t gid, struct tlml_error *e);

/*
 * Until tlml_owner_leave() root is the owner of the directory to all files that are opened; other
 * users stay who they are. For one thread. -errno with a sentence.
 */
int tlml_owner_become(const char *dir, struct tlml_error *e);
void tlml_owner_leave(void);

#endif
