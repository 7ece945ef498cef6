// SPDX-License-Identifier: BSD-2-Clause
/* HTTP responses: whole, in pieces of every length, and broken in every way. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../daemon/http.h"

static struct tlml_http h;
static struct tlml_error error;
static int points, failed;

static void result(bool ok, const char *what)
{
	printf("%sok %d - %s\n", ok ? "" : "not ", ++points, what);
	failed += !ok;
}

/* Feeds text in pieces, each in memory of its own so that reading past one is seen. */
static int feed(const char *text, size_t piece, bool close)
{
	size_t n, len = strlen(text);
	int err = 0;
	char *copy;

	memset(&error, 0, sizeof(error));
	tlml_http_reset(&h);
	for (; len && !err; text += n, len -= n) {
		n = piece && piece < len ? piece : len;
		copy = malloc(n);
		memcpy(copy, text, n);
		err = tlml_http_feed(&h, copy, n, &error);
		free(copy);
	}
	return !err && close ? tlml_http_feed(&h, "", 0, &error) : err;
}

#define OK	"HTTP/1.1 200 OK\r\n"

static const struct {
	const char *text;
	unsigned int status;
	long json_len, retry_after;
	int keep_alive, close;
	const char *body;
} good[] = {
	{ OK "Content-Length: 5\r\n\r\nhello", 200, -1, -1, 1, 0, "hello" },
	{ OK "content-length: 5\r\nINFERENCE-header-content-length:  3 \r\n\r\nhello", 200, 3, -1, 1, 0,
	  "hello" },
	{ OK "Inference-Header-Content-Length: 3\r\nInference-Header-Content-Length: 3\r\n"
	  "Content-Length: 0\r\n\r\n", 200, 3, -1, 1, 0, "" },
	{ OK "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n", 200, -1, -1, 1, 0,
	  "hello" },
	{ OK "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nInference-Header-Content-Length: 9\r\n"
	  "Retry-After: 1\r\n\r\n", 200, -1, -1, 1, 0, "x" },
	{ OK "Connection: close\r\nContent-Length: 2\r\n\r\nok", 200, -1, -1, 0, 0, "ok" },
	{ OK "\r\nuntil the end", 200, -1, -1, 0, 1, "until the end" },
	{ "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, -1, -1, 0, 0, "ok" },
	{ "HTTP/1.1 204 No Content\r\n\r\n", 204, -1, -1, 1, 0, "" },
	{ "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", 503, -1, 7,
	  1, 0, "" },
	{ "HTTP/1.1 503 \r\nRetry-After: Wed, 21 Oct 2015 07:28:00 GMT\r\nContent-Length: 0\r\n\r\n",
	  503, -1, -1, 1, 0, "" },
	{ "HTTP/1.1 503 x\r\nRetry-After: 99999999\r\nContent-Length: 0\r\n\r\n", 503, -1, -1, 1, 0, "" },
	{ OK "Retry-After:\r\nX-A-Name-That-Is-Longer-Than-Any-That-tlml-Knows: "
	  "and a value that is, too\r\nContent-Length: 0\r\n\r\n", 200, -1, -1, 1, 0, "" },
	{ "HTTP/1.1 100 Continue\r\nRetry-After: 3\r\n\r\n" OK "Content-Length: 1\r\n\r\nx", 200, -1, -1,
	  1, 0, "x" },
	{ OK "Inference-Header-Content-Length: 4194304\r\nContent-Length: 1\r\n\r\nx", 200, 4194304, -1,
	  1, 0, "x" },
};

static bool good_is(unsigned int i, size_t piece)
{
	int err = feed(good[i].text, piece, good[i].close);

	if (!err && h.complete && h.status == good[i].status && h.json_len == good[i].json_len &&
	    h.retry_after == good[i].retry_after && h.keep_alive == good[i].keep_alive &&
	    h.len == strlen(good[i].body) && !memcmp(h.len ? h.body : "", good[i].body, h.len))
		return true;
	printf("# pieces of %zu: %d (%s), status %u, %ld, %ld, keep %d, %zu bytes\n", piece, err,
	       error.text, h.status, h.json_len, h.retry_after, h.keep_alive, h.len);
	return false;
}

static const struct {
	const char *text, *says;
	int close;
} bad[] = {
	{ "", "without a response", 1 },
	{ "hello\r\n\r\n", "not an HTTP response" },
	{ "GET / HTTP/1.1\r\n\r\n", "not an HTTP response" },
	{ "\x16\x03\x01\x02", "not an HTTP response" },
	{ "HTTP/9.9 200 OK\r\nContent-Length: 0\r\n\r\nx", "bytes after the end" },
	{ "HTTP/1.1 20", "half-way", 1 },
	{ OK "Content-Len", "half-way", 1 },
	{ OK "Content-Length: 5\r\n\r\nhell", "half-way", 1 },
	{ OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "half-way", 1 },
	{ OK "Content-Length: 5\r\n\r\nhello!", "1 bytes after the end" },
	{ OK "Content-Length: 0\r\n\r\n" OK "Content-Length: 0\r\n\r\n", "38 bytes after the end" },
	{ OK "Content-Length: -1\r\n\r\n", "not an HTTP response" },
	{ OK "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx", "not an HTTP response" },
	{ OK "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "not an HTTP response" },
	{ OK "Content-Length: 4194305\r\n\r\n", "more than 4194304" },
	{ OK "Content-Length: 99999999999999999999\r\n\r\n", "not an HTTP response" },
	{ OK "Transfer-Encoding: chunked\r\n\r\n400001\r\n", NULL },
	{ OK "Transfer-Encoding: chunked\r\n\r\nx\r\n", "not an HTTP response" },
	{ OK "Inference-Header-Content-Length: -3\r\n\r\n", "no length" },
	{ OK "Inference-Header-Content-Length: 0x10\r\n\r\n", "no length" },
	{ OK "Inference-Header-Content-Length: \r\n\r\n", "no length" },
	{ OK "Inference-Header-Content-Length: 4194305\r\n\r\n", "no length" },
	{ OK "Inference-Header-Content-Length: 000000000000000000000000000001\r\n\r\n", "no length" },
	{ OK "Inference-Header-Content-Length: 1\r\ninference-header-content-length: 2\r\n\r\n",
	  "no length" },
	{ "HTTP/1.1 099 x\r\nContent-Length: 0\r\n\r\n", "status 99" },
	{ "HTTP/1.1 600 x\r\nContent-Length: 0\r\n\r\n", "status 600" },
	{ "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
	  "another protocol" },
};

static bool bad_is(unsigned int i, size_t piece)
{
	int err = feed(bad[i].text, piece, bad[i].close);

	if (!bad[i].says)	/* not bad yet */
		return !err && !h.complete;
	if (err == -71 && (strstr(error.text, bad[i].says) ||
			   (piece == 1 && strstr(error.text, "bytes after the end"))))
		return true;
	printf("# pieces of %zu: %d (%s)\n", piece, err, error.text);
	return false;
}

static void endless(void)
{
	static char chunk[65537];
	int err = 0, i;

	memset(chunk, 'x', sizeof(chunk));
	tlml_http_reset(&h);
	tlml_http_feed(&h, OK "\r\n", strlen(OK "\r\n"), &error);
	for (i = 0; i < 64 && !err; i++)
		err = tlml_http_feed(&h, chunk, 65536, &error);
	result(!err && h.len == TLML_HTTP_BODY_MAX, "a body of 4 MiB");
	result(tlml_http_feed(&h, "x", 1, &error) == -71 && strstr(error.text, "more than 4194304"),
	       "and not a byte more");
	tlml_http_reset(&h);
	tlml_http_feed(&h, OK, strlen(OK), &error);
	for (i = 0, err = 0; i < 100 && !err; i++)
		err = tlml_http_feed(&h, chunk, 1024, &error);
	result(err == -71, "a header without end");
}

int main(void)
{
	const unsigned int goods = sizeof(good) / sizeof(good[0]);
	const unsigned int bads = sizeof(bad) / sizeof(bad[0]);
	unsigned int i;
	size_t piece;
	char what[100];
	bool ok;

	printf("KTAP version 1\n1..%u\n", goods + bads + 3);
	tlml_http_init(&h);
	for (i = 0; i < goods; i++) {
		for (ok = true, piece = 0; ok && piece < strlen(good[i].text); piece++)
			ok = good_is(i, piece);
		snprintf(what, sizeof(what), "response %u, in pieces of any length", i);
		result(ok, what);
	}
	for (i = 0; i < bads; i++) {
		ok = bad_is(i, 0) && bad_is(i, 1);
		snprintf(what, sizeof(what), "bad response %u: %s", i, bad[i].says ?: "so far well");
		result(ok, what);
	}
	endless();
	tlml_http_free(&h);
	return failed != 0;
}
