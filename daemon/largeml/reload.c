// SPDX-License-Identifier: BSD-2-Clause
/* Has the tlml-large that serves load a model's file anew. */
#include "reload.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../http.h"
#include "../oip.h"
#include "../whole.h"

#define PATIENCE_S	60	/* it tries a model for half a minute at most */

static int reach(const char *path, struct tlml_error *e)
{
	const struct timeval patience = { PATIENCE_S, 0 };
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd, err;

	if (strlen(path) >= sizeof(addr.sun_path))
		return tlml_error_set(e, ENAMETOOLONG, "%.40s...: no socket has such a long path", path);
	strcpy(addr.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return tlml_error_set(e, errno, "cannot make a socket: %s", strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (!connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return fd;
	err = errno == ECONNREFUSED ? ENOENT : errno;
	close(fd);
	return tlml_error_set(e, err, "nobody serves at %s: %s", path, strerror(err));
}

static int hear(int fd, struct tlml_http *h, struct tlml_error *e)
{
	char text[4096];
	ssize_t n = 1;
	int err = 0;

	while (!err && n && !h->complete) {
		n = read(fd, text, sizeof(text));
		if (n < 0)
			return tlml_error_set(e, errno, "who serves does not answer: %s",
					      strerror(errno));
		err = tlml_http_feed(h, text, n, e);
	}
	return err;
}

/* One request in a connection of its own; the reply is in h, which was initialised. */
static int exchange(const char *socket, const char *what, const char *name, const char *after,
		    struct tlml_http *h, struct tlml_error *e)
{
	char text[256];
	int fd = reach(socket, e), err, len;

	if (fd < 0)
		return fd;
	len = snprintf(text, sizeof(text),
		       "%s/%s%s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
		       what, name, after);
	tlml_http_reset(h);
	err = tlml_whole_put(fd, text, len);
	err = err ? tlml_error_set(e, -err, "cannot ask who serves: %s", strerror(-err)) :
	      hear(fd, h, e);
	close(fd);
	return err;
}

/* Which version of the model is served; "" for none. */
static int version_of(const char *socket, const char *name, struct tlml_http *h, char *version,
		      struct tlml_error *e)
{
	struct tlml_oip_metadata m;
	int err = exchange(socket, "GET /v2/models", name, "", h, e);

	*version = 0;
	if (err || h->status != 200)
		return err;
	err = tlml_oip_metadata_parse(h->body, h->len, &m, e);
	if (!err)
		strcpy(version, m.version);
	return err;
}

int tlml_reload(const char *socket, const char *name, struct tlml_error *e)
{
	char before[TLML_OIP_NAME], after[TLML_OIP_NAME], why[200];
	struct tlml_http h;
	int err;

	tlml_http_init(&h);
	err = version_of(socket, name, &h, before, e);
	if (!err)
		err = exchange(socket, "POST /v2/repository/models", name, "/load", &h, e);
	if (!err && h.status != 200) {
		tlml_oip_failure(h.body, h.len, why, sizeof(why));
		err = tlml_error_set(e, EINVAL, "who serves at %s does not take it: %s", socket, why);
	}
	if (!err)
		err = version_of(socket, name, &h, after, e);
	if (!err && !strcmp(before, after))
		err = tlml_error_set(e, ESTALE, "who serves at %s has no such directory of models: start it with --models",
				     socket);
	tlml_http_free(&h);
	return err;
}
