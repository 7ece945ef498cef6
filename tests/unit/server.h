/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A server of the Open Inference Protocol that does what tests want, on a Unix socket or a port of
 * the loopback, in a thread of its own. Its model takes `features` and says x[0] / 255 for the
 * first class, the rest for the second.
 */
#ifndef TLML_TEST_SERVER_H
#define TLML_TEST_SERVER_H

#include <jansson.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum server_mode {
	SERVER_WELL,
	SERVER_SLOW,		/* answers after delay_us */
	SERVER_HANG,		/* never answers */
	SERVER_DRIP,		/* answers a few bytes at a time */
	SERVER_JSON,		/* answers without binary tensors */
	SERVER_LAST,		/* answers, and closes */
	SERVER_CLOSE,		/* closes instead of answering */
	SERVER_HALF,		/* closes half-way */
	SERVER_GARBAGE,
	SERVER_CHATTY,		/* says more than was asked */
	SERVER_ROWS,		/* a row too many */
	SERVER_NAN,
	SERVER_ERROR,		/* 500 */
	SERVER_REFUSE,		/* 400 */
	SERVER_FAULTS,		/* any of those above, at random, every fourth time */
	SERVER_BUSY,		/* 503, Retry-After: 1 */
	SERVER_UNREADY,		/* not ready, and 503 */
	SERVER_MUTE,		/* never answers to anything */
	SERVER_EARLY,		/* 500 before it has read all, and reads no more */
};

#define SERVER_CONNS	64
#define SERVER_BYTES	65536

struct server_conn {
	int fd, drip;
	size_t in, out, sent;		/* bytes of */
	uint64_t due;			/* when to send */
	int close, deaf;		/* afterwards */
	char request[SERVER_BYTES], reply[SERVER_BYTES];
};

struct server {
	char path[64];
	unsigned short port;		/* instead, if not 0; server_start() says which */
	pthread_t thread;
	int listener, running;
	atomic_int stop;
	atomic_int mode, delay_us, classes, strange, plain;
	atomic_int version;		/* told in replies, if not 0 */
	atomic_uint requests, rows, largest;	/* of infer requests that came in whole */
	uint64_t seed;
	struct server_conn *conn[SERVER_CONNS];
};

static inline uint64_t server_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000ull + ts.tv_nsec / 1000;
}

static inline void server_reply(struct server_conn *c, const char *status, const char *fields,
				const char *body, size_t len)
{
	int n = snprintf(c->reply, sizeof(c->reply), "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n",
			 status, fields, len);

	memcpy(c->reply + n, body, len);
	c->out = n + len;
}

static inline void server_text(struct server_conn *c, const char *status, const char *text)
{
	server_reply(c, status, "", text, strlen(text));
}

static inline void server_metadata(const struct server *s, struct server_conn *c)
{
	char text[1024];

	snprintf(text, sizeof(text), "{\"name\":\"tlml\",\"versions\":[\"1\",\"7\"],\"inputs\":[{"
		 "\"name\":\"%s\",\"datatype\":\"UINT8\",\"shape\":[-1,32]}],\"outputs\":[{\"name\":"
		 "\"probabilities\",\"datatype\":\"FP32\",\"shape\":[-1,%d],\"parameters\":"
		 "{\"classes\":[\"good\",\"bad\"%s]}}]}", s->strange ? "pixels" : "features",
		 s->classes, s->classes == 3 ? ",\"ugly\"" : "");
	server_text(c, "200 OK", text);
}

/* The probabilities of n rows; x: where their features are, 32 bytes each. */
static inline void server_infer(const struct server *s, struct server_conn *c, int mode,
				const unsigned char *x, unsigned int n)
{
	unsigned int classes = s->classes, rows = n + (mode == SERVER_ROWS), i;
	float p[300 * 3] = { 0 };
	char body[SERVER_BYTES - 512], fields[64] = "", version[32] = "";
	int len, json = mode == SERVER_JSON || s->plain;

	for (i = 0; i < rows; i++) {
		p[i * classes] = (i < n ? x[i * 32] : 0) / 255.0f;
		p[i * classes + 1] = 1 - p[i * classes];
	}
	if (mode == SERVER_NAN)
		p[n * classes - 1] = 0.0f / 0.0f;
	if (s->version)
		snprintf(version, sizeof(version), "\"model_version\":\"%d\",", s->version);
	len = snprintf(body, sizeof(body), "{\"model_name\":\"tlml\",%s\"outputs\":[{\"name\":"
		       "\"probabilities\",\"datatype\":\"FP32\",\"shape\":[%u,%u],", version, rows,
		       classes);
	if (json) {
		for (i = 0; i < rows * classes; i++)
			len += snprintf(body + len, sizeof(body) - len, "%s%.7f",
					i ? "," : "\"data\":[", p[i]);
		len += snprintf(body + len, sizeof(body) - len, "]}]}");
	} else {
		len += snprintf(body + len, sizeof(body) - len,
				"\"parameters\":{\"binary_data_size\":%u}}]}", rows * classes * 4);
		snprintf(fields, sizeof(fields), "Inference-Header-Content-Length: %d\r\n", len);
		memcpy(body + len, p, rows * classes * 4);
		len += rows * classes * 4;
	}
	server_reply(c, "200 OK", fields, body, len);
}

/* The features of a request with such a body: copies them to x, says how many rows. */
static inline unsigned int server_parse(const char *body, size_t len, long json_len,
					unsigned char *x)
{
	size_t part = json_len < 0 ? len : (size_t)json_len, i;
	json_t *o = json_loadb(body, part, 0, NULL), *in, *data;
	unsigned int n;

	in = json_array_get(json_object_get(o, "inputs"), 0);
	n = json_integer_value(json_array_get(json_object_get(in, "shape"), 0));
	if (n > 256)
		n = 0;
	data = json_object_get(in, "data");
	if (json_len >= 0 && len - part >= n * 32)
		memcpy(x, body + part, n * 32);
	else
		for (i = 0; i < n * 32; i++)
			x[i] = json_integer_value(json_array_get(data, i));
	json_decref(o);
	return n;
}

static inline void server_post(struct server *s, struct server_conn *c, const char *body,
			       size_t len, long json_len)
{
	unsigned char x[256 * 32];
	unsigned int n = server_parse(body, len, json_len, x);
	int mode = s->mode;

	s->requests++;
	s->rows += n;
	if (n > s->largest)
		s->largest = n;
	c->close = c->drip = 0;
	c->due = 0;
	if (mode == SERVER_FAULTS) {
		s->seed = s->seed * 6364136223846793005ull + 1442695040888963407ull;
		mode = s->seed >> 33 & 3 ? SERVER_WELL : (s->seed >> 35) % SERVER_FAULTS;
	}
	server_infer(s, c, mode, x, n);
	switch (mode) {
	case SERVER_SLOW:
		c->due = server_now() + s->delay_us;
		break;
	case SERVER_HANG:
	case SERVER_MUTE:
		c->out = 0;
		break;
	case SERVER_DRIP:
		c->drip = 1;
		break;
	case SERVER_CLOSE:
		c->out = 0;
		c->close = 1;
		break;
	case SERVER_HALF:
		c->out -= 5;
		c->close = 1;
		break;
	case SERVER_LAST:
		c->close = 1;
		break;
	case SERVER_GARBAGE:
		memset(c->reply, 0xee, 300);
		break;
	case SERVER_CHATTY:
		memcpy(c->reply + c->out, "HTTP/1.1 200 OK\r\n\r\n", 19);
		c->out += 19;
		break;
	case SERVER_ERROR:
		server_text(c, "500 Internal Server Error", "{\"error\":\"out of order\"}");
		break;
	case SERVER_REFUSE:
		server_text(c, "400 Bad Request", "{\"error\":\"unknown input\"}");
		break;
	case SERVER_BUSY:
	case SERVER_UNREADY:
		server_reply(c, "503 Service Unavailable", "Retry-After: 1\r\n",
			     "{\"error\":\"queue full\"}", 22);
		break;
	}
}

/* Answers the request at the front of c->request, if it is whole. */
static inline void server_serve(struct server *s, struct server_conn *c)
{
	char *end = memmem(c->request, c->in, "\r\n\r\n", 4), *line;
	size_t head = end ? end + 4 - c->request : 0, len = 0;
	long json_len = -1;

	if (!end)
		return;
	*end = 0;
	for (line = c->request; (line = strstr(line, "\r\n")); line += 2) {
		sscanf(line, "\r\nContent-Length: %zu", &len);
		sscanf(line, "\r\nInference-Header-Content-Length: %ld", &json_len);
	}
	if (c->in < head + len) {
		*end = '\r';
		c->deaf = s->mode == SERVER_EARLY;
		if (!c->deaf)
			return;
		c->sent = c->close = c->drip = c->due = 0;
		server_text(c, "500 Internal Server Error", "{\"error\":\"too much\"}");
		return;
	}
	c->sent = c->out = c->close = c->drip = c->due = 0;
	if (!strncmp(c->request, "POST /v2/models/tlml/infer ", 27))
		server_post(s, c, c->request + head, len, json_len);
	else if (s->mode == SERVER_MUTE)
		;
	else if (!strncmp(c->request, "GET /v2/health/ready ", 21))
		server_text(c, s->mode == SERVER_UNREADY ? "503 Service Unavailable" : "200 OK", "");
	else if (!strncmp(c->request, "GET /v2/models/tlml ", 20))
		server_metadata(s, c);
	else if (!strncmp(c->request, "GET /v2 ", 8))
		server_text(c, "200 OK", s->plain ? "{\"name\":\"t\",\"extensions\":[]}" :
			    "{\"name\":\"t\",\"extensions\":[\"binary_tensor_data\"]}");
	else
		server_text(c, "404 Not Found", "{\"error\":\"no such thing\"}");
	memmove(c->request, c->request + head + len, c->in - head - len);
	c->in -= head + len;
}

static inline void server_drop(struct server *s, unsigned int i)
{
	close(s->conn[i]->fd);
	free(s->conn[i]);
	s->conn[i] = NULL;
}

/* Sends what is due; 0, or -1 if the connection is over. */
static inline int server_send(struct server_conn *c)
{
	size_t n = c->out - c->sent;
	ssize_t sent;

	if (c->drip && n > 7)
		n = 7;
	sent = send(c->fd, c->reply + c->sent, n, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent < 0)
		return -1;
	c->sent += sent;
	return c->close && c->sent == c->out ? -1 : 0;
}

static inline void server_step(struct server *s, unsigned int i, int readable)
{
	struct server_conn *c = s->conn[i];
	ssize_t n;

	if (readable) {
		n = recv(c->fd, c->request + c->in, sizeof(c->request) - c->in, MSG_DONTWAIT);
		if (n <= 0) {
			server_drop(s, i);
			return;
		}
		c->in += n;
		server_serve(s, c);
	}
	if ((c->sent < c->out || c->close) && c->due <= server_now() && server_send(c))
		server_drop(s, i);
}

static inline void *server_main(void *arg)
{
	struct server *s = arg;
	struct pollfd fds[SERVER_CONNS + 1];
	unsigned int i;

	while (!s->stop) {
		for (i = 0; i < SERVER_CONNS; i++)
			fds[i] = (struct pollfd){ s->conn[i] ? s->conn[i]->fd : -1,
						  s->conn[i] && !s->conn[i]->deaf ? POLLIN : 0 };
		fds[i] = (struct pollfd){ s->listener, POLLIN };
		poll(fds, SERVER_CONNS + 1, 1);
		for (i = 0; i < SERVER_CONNS; i++)
			if (s->conn[i])
				server_step(s, i, fds[i].revents);
		for (i = 0; fds[SERVER_CONNS].revents && i < SERVER_CONNS; i++) {
			if (s->conn[i])
				continue;
			s->conn[i] = calloc(1, sizeof(*s->conn[i]));
			s->conn[i]->fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
			break;
		}
	}
	for (i = 0; i < SERVER_CONNS; i++)
		if (s->conn[i])
			server_drop(s, i);
	return NULL;
}

/* Starts at s->path, or at some port. */
static inline void server_start(struct server *s)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	socklen_t len = sizeof(in6);

	strcpy(un.sun_path, s->path);
	unlink(s->path);
	s->listener = socket(s->port ? AF_INET6 : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(s->listener, s->port ? (struct sockaddr *)&in6 : (struct sockaddr *)&un,
		 s->port ? sizeof(in6) : sizeof(un)) || listen(s->listener, 64))
		abort();
	if (s->port) {
		getsockname(s->listener, (struct sockaddr *)&in6, &len);
		s->port = ntohs(in6.sin6_port);
	}
	s->stop = 0;
	s->running = !pthread_create(&s->thread, NULL, server_main, s);
}

static inline void server_stop(struct server *s)
{
	if (!s->running)
		return;
	s->stop = 1;
	pthread_join(s->thread, NULL);
	close(s->listener);
	unlink(s->path);
	s->running = 0;
}

#endif
