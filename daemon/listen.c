// SPDX-License-Identifier: BSD-2-Clause
/* Sockets that clients connect to. */
#include "listen.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define BACKLOG	64

/* The kernel closes what a killed process had in io_uring only when it gets round to it. */
#define DYING_TRIES	40
#define DYING_NS	50000000

/* By the umask, as chmod() would follow a link put in its place. */
static int unix_bind(int fd, const struct sockaddr_un *addr, mode_t mode)
{
	mode_t was = umask(~mode & 0777);
	int err = bind(fd, (const struct sockaddr *)addr, sizeof(*addr)) ? -errno : 0;

	umask(was);
	return err;
}

/* Whether it is a socket that nobody listens to any more; a file refuses to be connected, too. */
static int is_dead(const struct sockaddr_un *addr, int type)
{
	struct stat st;
	int fd, dead;

	if (lstat(addr->sun_path, &st) || !S_ISSOCK(st.st_mode))
		return 0;
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return 0;
	dead = connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) && errno == ECONNREFUSED;
	close(fd);
	return dead;
}

/* Takes the place of a socket that is dead, or dies within two seconds. */
static int unix_take(int fd, const struct sockaddr_un *addr, int type, mode_t mode)
{
	static const struct timespec pause = { .tv_nsec = DYING_NS };
	int err = unix_bind(fd, addr, mode);

	for (int i = 0; err == -EADDRINUSE && i < DYING_TRIES; i++) {
		if (is_dead(addr, type) && !unlink(addr->sun_path))
			err = unix_bind(fd, addr, mode);
		else
			nanosleep(&pause, NULL);
	}
	return err;
}

int tlml_listen_unix(const char *path, int type, mode_t mode, struct tlml_error *e)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd, err;

	if (!*path || strlen(path) >= sizeof(addr.sun_path))
		return tlml_error_set(e, ENAMETOOLONG, "the path of a socket is of 1 to %zu bytes: '%s'",
				      sizeof(addr.sun_path) - 1, path);
	strcpy(addr.sun_path, path);
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return tlml_error_set(e, errno, "cannot make a socket: %s", strerror(errno));
	err = unix_take(fd, &addr, type, mode);
	if (!err && listen(fd, BACKLOG))
		err = -errno;
	if (!err)
		return fd;
	close(fd);
	if (err == -EADDRINUSE)
		return tlml_error_set(e, EADDRINUSE, "%s is taken: somebody listens there already, or it is no socket",
				      path);
	return tlml_error_set(e, -err, "cannot listen at %s: %s", path, strerror(-err));
}

/* Divides HOST:PORT; a host with colons of its own stands in brackets. */
static int divide(const char *where, char *host, size_t room, const char **port)
{
	const char *colon = strrchr(where, ':');
	size_t len = colon ? (size_t)(colon - where) : 0;

	if (!colon || len >= room)
		return -EINVAL;
	*port = colon + 1;
	if (!**port || strspn(*port, "0123456789") != strlen(*port) || strlen(*port) > 5 ||
	    atoi(*port) > 65535)
		return -EINVAL;
	if (*where == '[') {
		if (len < 2 || where[len - 1] != ']')
			return -EINVAL;
		where++;
		len -= 2;
	} else if (memchr(where, ':', len)) {
		return -EINVAL;
	}
	memcpy(host, where, len);
	host[len] = 0;
	return 0;
}

static int tcp_bind(const struct addrinfo *a)
{
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), one = 1, err;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (!bind(fd, a->ai_addr, a->ai_addrlen) && !listen(fd, BACKLOG))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int tlml_listen_tcp(const char *where, struct tlml_error *e)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE }, *list;
	const char *port;
	char host[256];
	int fd, err;

	if (divide(where, host, sizeof(host), &port))
		return tlml_error_set(e, EINVAL, "'%s' is no HOST:PORT, such as 127.0.0.1:8000 or [::1]:8000",
				      where);
	err = getaddrinfo(*host ? host : NULL, port, &hints, &list);
	if (err)
		return tlml_error_set(e, EINVAL, "cannot listen at %s: %s", where, gai_strerror(err));
	fd = tcp_bind(list);
	freeaddrinfo(list);
	if (fd < 0)
		return tlml_error_set(e, -fd, "cannot listen at %s: %s", where, strerror(-fd));
	return fd;
}
