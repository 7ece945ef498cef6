// SPDX-License-Identifier: BSD-2-Clause
/* Where a large model is. */
#include "url.h"

#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>

static int parse_unix(const char *path, struct tlml_url *u, struct tlml_error *e)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&u->addr;

	if (path[0] != '/' || !path[1])
		return tlml_error_set(e, EINVAL, "'%s': the path of the socket must be absolute: write unix:///run/large.sock",
				      u->text);
	if (strlen(path) >= sizeof(un->sun_path))
		return tlml_error_set(e, EINVAL, "'%s': the path of a socket has at most %zu characters",
				      u->text, sizeof(un->sun_path) - 1);
	un->sun_family = AF_UNIX;
	strcpy(un->sun_path, path);
	u->len = sizeof(*un);
	strcpy(u->host, "localhost");
	return 0;
}

/* Splits [HOST]:PORT or HOST:PORT in place. */
static int split(char *at, char **host, char **port)
{
	char *end;

	if (*at == '[') {
		*host = at + 1;
		end = strchr(at, ']');
		if (!end || end[1] != ':')
			return -1;
		*port = end + 2;
	} else {
		*host = at;
		end = strchr(at, ':');
		if (!end || strchr(end + 1, ':'))
			return -1;
		*port = end + 1;
	}
	*end = 0;
	return **host ? 0 : -1;
}

static int is_port(const char *text)
{
	unsigned long n = 0;

	if (!*text || strlen(text) > 5)
		return 0;
	for (; isdigit((unsigned char)*text); text++)
		n = n * 10 + (*text - '0');
	return !*text && n >= 1 && n <= 65535;
}

/* HOST and PORT of u->host into copy; -1 if it is no such thing. */
static int parts(const struct tlml_url *u, char copy[TLML_URL_TEXT], char **host, char **port)
{
	strcpy(copy, u->host);
	return strpbrk(copy, "@/?#%") || split(copy, host, port) || !is_port(*port) ? -1 : 0;
}

static void take_address(struct tlml_url *u, struct addrinfo *found)
{
	memcpy(&u->addr, found->ai_addr, found->ai_addrlen);
	u->len = found->ai_addrlen;
	freeaddrinfo(found);
}

static int parse_http(const char *rest, struct tlml_url *u, struct tlml_error *e)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST }, *found;
	char copy[TLML_URL_TEXT], *host, *port;
	size_t len = strlen(rest);

	if (len && rest[len - 1] == '/')
		len--;
	snprintf(u->host, sizeof(u->host), "%.*s", (int)len, rest);
	if (parts(u, copy, &host, &port))
		return tlml_error_set(e, EINVAL, "'%s' is not understood: write http://HOST:PORT, an IPv6 address in brackets, and nothing after it",
				      u->text);
	if (!getaddrinfo(host, port, &hints, &found))
		take_address(u, found);
	return 0;
}

int tlml_url_look_up(struct tlml_url *u, struct tlml_error *e)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found;
	char copy[TLML_URL_TEXT], *host, *port;
	int err = parts(u, copy, &host, &port) ? EAI_NONAME :
		  getaddrinfo(host, port, &hints, &found);

	if (err)
		return tlml_error_set(e, EHOSTUNREACH, "cannot find the host of '%s': %s", u->text,
				      err == EAI_SYSTEM ? strerror(errno) : gai_strerror(err));
	take_address(u, found);
	return 0;
}

int tlml_url_parse(const char *text, struct tlml_url *u, struct tlml_error *e)
{
	const char *c;

	*u = (struct tlml_url){ 0 };
	if (strlen(text) >= sizeof(u->text))
		return tlml_error_set(e, EINVAL, "a URL of %zu characters is too long, at most %zu are taken",
				      strlen(text), sizeof(u->text) - 1);
	for (c = text; *c; c++)
		if (!isgraph((unsigned char)*c))
			return tlml_error_set(e, EINVAL, "the URL '%.*s...' has a character in it that no URL has",
					      (int)(c - text), text);
	strcpy(u->text, text);
	if (!strncasecmp(text, "unix://", 7))
		return parse_unix(text + 7, u, e);
	if (!strncasecmp(text, "http://", 7))
		return parse_http(text + 7, u, e);
	if (!strncasecmp(text, "https://", 8))
		return tlml_error_set(e, EINVAL, "'%s': TLS is not spoken here: put a TLS proxy or WireGuard in between, and name its near end as http://HOST:PORT",
				      text);
	return tlml_error_set(e, EINVAL, "'%s' is not the URL of a large model: write unix:///PATH or http://HOST:PORT",
			      text);
}
