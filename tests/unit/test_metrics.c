// SPDX-License-Identifier: BSD-2-Clause
/* GET /metrics: what is well asked is answered, and whoever asks badly or slowly hurts nobody. */
#include <netinet/in.h>
#include <stdio.h>
#include <sys/un.h>

#include "../../daemon/metrics.h"
#include "loops.h"

#define BIG	(1u << 20)
#define GOOD	"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"

static struct tlml_metrics *metrics;
static struct sockaddr_un addr;
static char response[2 * BIG];
static size_t size;		/* of the body that is told */
static unsigned int scrapes;

static void tell(void *arg, FILE *f)
{
	CHECK(arg == &size, "%p", arg);
	scrapes++;
	for (size_t i = 0; i < size; i++)
		fputc('a' + i % 26, f);
}

static void begin(const char *listen)
{
	addr = (struct sockaddr_un){ .sun_family = AF_UNIX };
	sprintf(addr.sun_path, "/tmp/tlml-test-metrics-%d.sock", getpid());
	size = 100;
	scrapes = 0;
	CHECK(!tlml_metrics_open(loop, addr.sun_path, listen, tell, &size, &metrics, &error),
	      "%s", error.text);
}

static void closed(void *arg)
{
	*(int *)arg = 1;
	tlml_loop_stop(loop);
}

static void end(void)
{
	int done = 0;

	tlml_metrics_close(metrics, closed, &done);
	CHECK(!done, "done within the closing call");
	CHECK(!tlml_loop_run(loop, &error) && done, "%s", error.text);
	CHECK(access(addr.sun_path, F_OK) && errno == ENOENT, "the socket is still there");
}

static int scraper(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	CHECK(!connect(fd, (void *)&addr, sizeof(addr)), "%s", strerror(errno));
	return fd;
}

/* All that comes until the end, into response; its length. */
static size_t listen_to(int fd, size_t piece)
{
	struct step s = {};
	size_t len = 0;

	do {
		tlml_loop_recv(loop, step(&s), fd, response + len, piece);
		await(&s);
		len += s.res > 0 ? s.res : 0;
	} while (s.res > 0 && len + piece < sizeof(response));
	response[len] = 0;
	close(fd);
	return len;
}

static void say(int fd, const void *text, size_t len)
{
	struct step s = {};
	struct iovec iov = { (void *)text, len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	tlml_loop_sendmsg(loop, step(&s), fd, &msg);
	await(&s);
}

/* The status of the response to these bytes, -1 if there is none. */
static int ask_bytes(const void *text, size_t len, size_t piece)
{
	int fd = scraper(), status = -1;

	for (size_t at = 0; at < len; at += piece)
		say(fd, (const char *)text + at, piece < len - at ? piece : len - at);
	listen_to(fd, 4096);
	sscanf(response, "HTTP/1.1 %d ", &status);
	return status;
}

static int ask(const char *text)
{
	return ask_bytes(text, strlen(text), strlen(text));
}

/* The body follows its length, and is what was told. */
static void check_body(size_t len)
{
	const char *body = strstr(response, "\r\n\r\n"), *field = strstr(response, "Content-Length: ");

	if (!CHECK(body && field, "%.200s", response))
		return;
	body += 4;
	CHECK_EQ(strtoul(field + 16, NULL, 10), len);
	CHECK_EQ(strlen(body), len);
	for (size_t i = 0; i < len && body[i]; i++)
		if (!CHECK(body[i] == (char)('a' + i % 26), "at %zu", i))
			break;
}

static void tells(void)
{
	begin(NULL);
	CHECK_EQ(ask(GOOD), 200);
	CHECK(strstr(response, "text/plain; version=0.0.4"), "%.200s", response);
	check_body(100);
	CHECK_EQ(ask("GET /metrics?name[]=a&x HTTP/1.0\r\n\r\n"), 200);
	CHECK_EQ(ask_bytes(GOOD, strlen(GOOD), 1), 200);
	size = BIG;
	CHECK_EQ(ask(GOOD), 200);
	check_body(BIG);
	size = 0;
	CHECK_EQ(ask(GOOD), 200);
	check_body(0);
	CHECK_EQ(scrapes, 5);
	end();
}

static void refuses(void)
{
	static char endless[20000];

	begin(NULL);
	CHECK_EQ(ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), 404);
	CHECK_EQ(ask("GET /metrics/ HTTP/1.1\r\nHost: x\r\n\r\n"), 404);
	CHECK_EQ(ask("GET /metric HTTP/1.1\r\nHost: x\r\n\r\n"), 404);
	CHECK_EQ(ask("POST /metrics HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"), 405);
	CHECK(strstr(response, "\r\nAllow: GET\r\n"), "%s", response);
	CHECK_EQ(ask("\r\n\r\nwhat is this\r\n\r\n"), 400);
	CHECK_EQ(ask_bytes("\0\1\2\3\xff", 5, 5), 400);
	CHECK_EQ(ask("HTTP/1.1 200 OK\r\n\r\n"), 400);
	memset(endless, 'x', sizeof(endless));
	memcpy(endless, "GET /metrics HTTP/1.1\r\nA: ", 26);
	CHECK_EQ(ask_bytes(endless, sizeof(endless), 1000), 431);
	memset(endless, 'x', sizeof(endless));
	memcpy(endless, "GET /", 5);
	CHECK_EQ(ask_bytes(endless, sizeof(endless), sizeof(endless)), 431);
	CHECK_EQ(scrapes, 0);
	CHECK_EQ(ask(GOOD), 200);
	end();
}

/* They go in the midst of a request, and of a response. */
static void bears_departures(void)
{
	struct step t = {};
	int fd;

	begin(NULL);
	size = BIG;
	for (int i = 0; i < 50; i++) {
		fd = scraper();
		say(fd, GOOD, i % 2 ? 10 : strlen(GOOD));
		tlml_loop_timer(loop, step(&t), tlml_loop_now() + MS / 10);
		run(1);
		close(fd);
	}
	CHECK_EQ(ask(GOOD), 200);
	check_body(BIG);
	end();
}

/* Those that say nothing keep others out for a while only. */
static void bears_silence(void)
{
	struct step gone[8] = {};
	int fd[8];
	char byte;

	begin(NULL);
	for (int i = 0; i < 7; i++) {
		fd[i] = scraper();
		say(fd[i], "GET /met", i);
	}
	CHECK_EQ(ask(GOOD), 200);
	fd[7] = scraper();
	for (int i = 0; i < 8; i++)
		tlml_loop_recv(loop, step(&gone[i]), fd[i], &byte, 1);
	CHECK_EQ(ask(GOOD), 200);
	check_body(100);
	for (int i = 0; i < 8; i++) {
		await(&gone[i]);
		CHECK_STEP(gone[i], 0);
		close(fd[i]);
	}
	end();
}

static void closes_upon_all(void)
{
	int fd[12];

	begin(NULL);
	for (int i = 0; i < 12; i++)
		fd[i] = scraper();
	CHECK(write(fd[3], GOOD, strlen(GOOD)) > 0, "%m");
	end();
	for (int i = 0; i < 12; i++)
		close(fd[i]);
}

static void tells_by_tcp(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t len = sizeof(in);
	struct step s = {};
	char where[32];

	CHECK(!bind(fd, (void *)&in, len) && !getsockname(fd, (void *)&in, &len), "%m");
	snprintf(where, sizeof(where), "127.0.0.1:%u", ntohs(in.sin_port));
	CHECK_EQ(tlml_metrics_open(loop, "/nowhere/x", where, tell, &size, &metrics, &error),
		 -EADDRINUSE);
	CHECK(strstr(error.text, where), "%s", error.text);
	close(fd);
	begin(where);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	tlml_loop_connect(loop, step(&s), fd, (void *)&in, sizeof(in));
	run(1);
	CHECK_STEP(s, 0);
	say(fd, GOOD, strlen(GOOD));
	listen_to(fd, 4096);
	check_body(100);
	end();
	CHECK_EQ(tlml_metrics_open(loop, addr.sun_path, "127.0.0.1", tell, &size, &metrics, &error),
		 -EINVAL);
	CHECK(strstr(error.text, "HOST:PORT"), "%s", error.text);
	CHECK_EQ(tlml_metrics_open(loop, "/nowhere/x", NULL, tell, &size, &metrics, &error),
		 -ENOENT);
	CHECK(strstr(error.text, "/nowhere/x"), "%s", error.text);
}

static const struct tap_test tests[] = {
	{ "tells, in whatever pieces it is asked", tells },
	{ "refuses what is no GET /metrics", refuses },
	{ "bears scrapers that leave", bears_departures },
	{ "bears scrapers that are silent", bears_silence },
	{ "closes upon scrapers", closes_upon_all },
	{ "tells by TCP, and says what is wrong with an address", tells_by_tcp },
};

int main(void)
{
	return loops_main(tests, sizeof(tests) / sizeof(tests[0]));
}
