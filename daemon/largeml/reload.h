/* SPDX-License-Identifier: BSD-2-Clause */
/* Has the tlml-large that serves load a model's file anew, as any client may over its socket. */
#ifndef TLML_LARGEML_RELOAD_H
#define TLML_LARGEML_RELOAD_H

#include "../error.h"

/*
 * 0 when it serves the file; -ENOENT if nobody listens there, -EINVAL if it does not take it and
 * goes on with what it had, -ESTALE if it serves another file under this name, -EPROTO; all with a
 * sentence. May take a minute.
 */
int tlml_reload(const char *socket, const char *name, struct tlml_error *e);

#endif
