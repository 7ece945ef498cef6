// SPDX-License-Identifier: BSD-2-Clause
/* The tlmld of this network namespace, asked over its control socket. */
#include "daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../daemon/run.h"
#include "pin.h"

#define MESSAGE_MAX	(64 << 10)
#define PATIENCE_MS	5000		/* with a tlmld that says nothing */

/* What tlmld wants of an interface. */
static const char *const maps[] = {
	TLML_MAP_CTL, TLML_MAP_FLOWS, TLML_MAP_SOURCES, TLML_MAP_WEIGHTS, TLML_MAP_WIDE,
	TLML_MAP_STATS, TLML_MAP_ALLOW, TLML_MAP_RING,
};

#define MAPS	(sizeof(maps) / sizeof(maps[0]))

/*
 * It began to listen as root, or as who we are. The directory is another user's, who might listen
 * there, too, and is not to have our maps.
 */
static bool is_trusted(int fd)
{
	struct ucred c;
	socklen_t len = sizeof(c);

	return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &c, &len) && (!c.uid || c.uid == geteuid());
}

int tlml_daemon_connect(struct tlml_error *e)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char dir[sizeof(addr.sun_path) - sizeof("/" TLML_SOCKET_DAEMON)];
	int fd, err;

	tlml_run_dir(dir, sizeof(dir));
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/" TLML_SOCKET_DAEMON, dir);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return tlml_error_set(e, errno, "cannot make a socket: %s", strerror(errno));
	err = connect(fd, (struct sockaddr *)&addr, sizeof(addr)) ? errno : 0;
	if (!err && is_trusted(fd))
		return fd;
	close(fd);
	if (!err)
		return tlml_error_set(e, EPERM, "who listens at %s is not root: end that process, and remove the socket",
				      addr.sun_path);
	if (err == ENOENT || err == ECONNREFUSED)
		return tlml_error_set(e, ENOENT, "no tlmld runs here: 'tlml-load' starts it when it attaches, or 'systemctl start tlmld'");
	return tlml_error_set(e, err, "cannot ask tlmld at %s: %s%s", addr.sun_path, strerror(err),
			      err == EACCES ? "; run as root" : "");
}

static int send_message(int fd, const char *text, const int *fds, unsigned int n,
			struct tlml_error *e)
{
	union { struct cmsghdr head; char room[CMSG_SPACE((MAPS + 1) * sizeof(int))]; } c = {};
	struct iovec iov = { (void *)text, strlen(text) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (n) {
		c.head = (struct cmsghdr){ .cmsg_len = CMSG_LEN(n * sizeof(int)),
					   .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
		memcpy(CMSG_DATA(&c.head), fds, n * sizeof(int));
		msg.msg_control = &c;
		msg.msg_controllen = CMSG_SPACE(n * sizeof(int));
	}
	if (sendmsg(fd, &msg, MSG_NOSIGNAL) < 0)
		return tlml_error_set(e, errno, "cannot ask tlmld: %s", strerror(errno));
	return 0;
}

int tlml_daemon_event(int fd, json_t **event, struct tlml_error *e)
{
	static char text[MESSAGE_MAX + 1];
	ssize_t len = recv(fd, text, sizeof(text), 0);

	if (len < 0)
		return tlml_error_set(e, errno, "cannot hear tlmld: %s", strerror(errno));
	if (!len)
		return tlml_error_set(e, EPIPE, "tlmld has ended the connection");
	*event = json_loadb(text, len, 0, NULL);
	if (!json_is_object(*event)) {
		json_decref(*event);
		return tlml_error_set(e, EPROTO, "what tlmld says is not understood: it is of another version");
	}
	return 0;
}

int tlml_daemon_ask(int fd, json_t *request, const int *fds, unsigned int n, json_t **reply,
		    struct tlml_error *e)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char *text = request ? json_dumps(request, JSON_COMPACT) : NULL;
	const char *why;
	int err;

	json_decref(request);
	if (!text)
		return tlml_error_set(e, ENOMEM, "no memory to ask tlmld");
	err = send_message(fd, text, fds, n, e);
	free(text);
	if (err)
		return err;
	if (!poll(&p, 1, PATIENCE_MS))
		return tlml_error_set(e, ETIMEDOUT, "tlmld does not answer");
	err = tlml_daemon_event(fd, reply, e);
	if (err)
		return err;
	why = json_string_value(json_object_get(*reply, "error"));
	if (!why)
		return 0;
	tlml_error_set(e, EREMOTEIO, "tlmld: %s", why);
	json_decref(*reply);
	return -EREMOTEIO;
}

int tlml_daemon_overview(int fd, json_t **status, struct tlml_error *e)
{
	json_int_t from = 0, more;
	json_t *all = NULL, *part;
	int err;

	do {
		err = tlml_daemon_ask(fd, json_pack("{s:s, s:I}", "do", "status", "from", from), NULL,
				      0, &part, e);
		if (err)
			break;
		more = json_integer_value(json_object_get(part, "more"));
		if (more && more <= from)
			err = tlml_error_set(e, EPROTO, "what tlmld says is not understood: it is of another version");
		from = more;
		if (all) {
			json_array_extend(json_object_get(all, "interfaces"),
					  json_object_get(part, "interfaces"));
			json_decref(part);
		} else {
			all = part;
			json_object_del(all, "more");
		}
	} while (!err && from);
	if (err)
		json_decref(all);
	else
		*status = all;
	return err;
}

int tlml_daemon_status(json_t **status, struct tlml_error *e)
{
	int fd = tlml_daemon_connect(e), err;

	if (fd < 0)
		return fd;
	err = tlml_daemon_overview(fd, status, e);
	close(fd);
	return err;
}

bool tlml_daemon_has(int fd, const char *ifname)
{
	struct tlml_error ignored;
	json_t *status, *i;
	bool found = false;
	size_t at;

	if (tlml_daemon_overview(fd, &status, &ignored))
		return false;
	json_array_foreach(json_object_get(status, "interfaces"), at, i)
		if (!strcmp(json_string_value(json_object_get(i, "interface")) ?: "", ifname))
			found = true;
	json_decref(status);
	return found;
}

/* Those of the maps, then that of the directory; how many there are, or -errno. */
static int open_pins(const char *dir, int *fds, struct tlml_error *e)
{
	unsigned int n;

	for (n = 0; n < MAPS; n++) {
		fds[n] = tlml_pin_get(dir, maps[n]);
		if (fds[n] < 0)
			break;
	}
	if (n == MAPS) {
		fds[n] = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fds[n] >= 0)
			return n + 1;
		fds[n] = -errno;
	}
	tlml_error_set(e, -fds[n], "cannot open %s%s%s: %s", dir, n < MAPS ? "/" : "",
		       n < MAPS ? maps[n] : "", strerror(-fds[n]));
	for (unsigned int i = 0; i < n; i++)
		close(fds[i]);
	return fds[n];
}

int tlml_daemon_add(int fd, const char *ifname, struct tlml_error *e)
{
	json_t *names = json_array(), *reply;
	char dir[TLML_PATH_MAX];
	int fds[MAPS + 1], n, err;

	tlml_maps_dir(ifname, dir, sizeof(dir));
	n = open_pins(dir, fds, e);
	if (n < 0) {
		json_decref(names);
		return n;
	}
	for (unsigned int i = 0; i < MAPS; i++)
		json_array_append_new(names, json_string(maps[i]));
	err = tlml_daemon_ask(fd, json_pack("{s:s, s:s, s:s, s:o}", "do", "add",
					    "interface", ifname, "dir", dir, "maps", names),
			      fds, n, &reply, e);
	for (int i = 0; i < n; i++)
		close(fds[i]);
	if (!err)
		json_decref(reply);
	return err;
}

int tlml_daemon_remove(int fd, const char *ifname, struct tlml_error *e)
{
	json_t *reply;
	int err = tlml_daemon_ask(fd, json_pack("{s:s, s:s}", "do", "remove",
						"interface", ifname), NULL, 0, &reply, e);

	if (!err)
		json_decref(reply);
	return err;
}
