/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a large model is: unix:///PATH or http://HOST:PORT. */
#ifndef TLML_URL_H
#define TLML_URL_H

#include <sys/socket.h>

#include "error.h"

#define TLML_URL_TEXT	280

struct tlml_url {
	struct sockaddr_storage addr;
	socklen_t len;			/* 0: HOST is a name, which has to be looked up */
	char text[TLML_URL_TEXT];	/* as it was given */
	char host[TLML_URL_TEXT];	/* for the header line of that name */
};

/*
 * HOST is an address (IPv6 in brackets) or a name. -EINVAL with a sentence that says what such a
 * URL looks like. Pure.
 */
int tlml_url_parse(const char *text, struct tlml_url *u, struct tlml_error *e);

/*
 * Finds the address of a name, the first of several; this may take many seconds. -EHOSTUNREACH
 * with a sentence, and the address stays what it was.
 */
int tlml_url_look_up(struct tlml_url *u, struct tlml_error *e);

#endif
