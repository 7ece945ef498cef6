/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a large model is: unix:///PATH or http://HOST:PORT. */
#ifndef TLML_URL_H
#define TLML_URL_H

#include <sys/socket.h>

#include "error.h"

#define TLML_URL_TEXT	280

struct tlml_url {
	struct sockaddr_storage addr;
	socklen_t len;
	char text[TLML_URL_TEXT];	/* as it was given */
	char host[TLML_URL_TEXT];	/* for the header line of that name */
};

/*
 * HOST is an address (IPv6 in brackets), or a name, which is resolved now and once: this may take
 * seconds. -EINVAL with a sentence that says what such a URL looks like, -EHOSTUNREACH for a name
 * that nobody knows.
 */
int tlml_url_parse(const char *text, struct tlml_url *u, struct tlml_error *e);

#endif
