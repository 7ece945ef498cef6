/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The XDP program as one of several, by libxdp's dispatcher: it replaces the hook's program by a
 * dispatcher that calls ours and the others one after another. Which one is ours is told by the
 * control map that it uses.
 */
#ifndef TLML_SHARE_H
#define TLML_SHARE_H

#include <stdbool.h>

#include "netdev.h"

/*
 * Loads the program over the maps pinned in dir and adds it. native as the caller prefers; an
 * existing dispatcher's mode stays. *unmarked: this kernel and dispatcher take only the program
 * that cannot tell TC a mark. module: the one that calls it. -errno with a sentence.
 */
int tlml_share_attach(const struct tlml_netdev *dev, const char *dir, bool module, bool native,
		      bool *unmarked, struct tlml_error *e);

/* Id of our program at the interface, 0 if it is not there. *generic may be NULL. */
unsigned int tlml_share_find(int ifindex, const char *dir, bool *generic);

/* Takes the program with that id out of the dispatcher; others stay. -errno with a sentence. */
int tlml_share_detach(int ifindex, unsigned int id, struct tlml_error *e);

/*
 * Removes what libxdp keeps of dispatchers with our program: of one that is gone with its
 * interface, or never came to it. libxdp's own clean-up takes other network namespaces' away, too.
 */
void tlml_share_forget(const char *dir);

#endif
