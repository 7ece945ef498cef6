// SPDX-License-Identifier: BSD-2-Clause
/* URLs of large models: what is taken, and a sentence for what is not. */
#include <arpa/inet.h>
#include <string.h>
#include <sys/un.h>

#include "../../daemon/url.h"
#include "../prog/tap.h"

static struct tlml_url u;
static struct tlml_error error;

static int parse(const char *text)
{
	error.text[0] = 0;
	return tlml_url_parse(text, &u, &error);
}

static void test_unix(void)
{
	const struct sockaddr_un *un = (const struct sockaddr_un *)&u.addr;

	CHECK_EQ(parse("unix:///run/tlml/large.sock"), 0);
	CHECK_EQ(un->sun_family, AF_UNIX);
	CHECK(!strcmp(un->sun_path, "/run/tlml/large.sock"), "%s", un->sun_path);
	CHECK(!strcmp(u.host, "localhost"), "%s", u.host);
	CHECK(!strcmp(u.text, "unix:///run/tlml/large.sock"), "%s", u.text);
}

static void test_address(void)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)&u.addr;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&u.addr;

	CHECK_EQ(parse("http://192.0.2.7:8000"), 0);
	CHECK_EQ(in->sin_family, AF_INET);
	CHECK_EQ(ntohl(in->sin_addr.s_addr), 0xc0000207);
	CHECK_EQ(ntohs(in->sin_port), 8000);
	CHECK(!strcmp(u.host, "192.0.2.7:8000"), "%s", u.host);
	CHECK_EQ(parse("HTTP://[2001:db8::1]:65535/"), 0);
	CHECK_EQ(in6->sin6_family, AF_INET6);
	CHECK_EQ(in6->sin6_addr.s6_addr[15], 1);
	CHECK_EQ(ntohs(in6->sin6_port), 65535);
	CHECK(!strcmp(u.host, "[2001:db8::1]:65535"), "%s", u.host);
	CHECK_EQ(parse("http://localhost:1"), 0);
	CHECK_EQ(u.len, 0);
	CHECK_EQ(tlml_url_look_up(&u, &error), 0);
	CHECK(u.len && !strcmp(u.host, "localhost:1"), "%s", u.host);
	CHECK(u.addr.ss_family == AF_INET || u.addr.ss_family == AF_INET6, "localhost");
}

static void test_bad(void)
{
	static const struct { const char *text, *says; } bad[] = {
		{ "", "unix:///PATH" },
		{ "large.sock", "unix:///PATH" },
		{ "/run/large.sock", "unix:///PATH" },
		{ "ftp://192.0.2.7:8000", "unix:///PATH" },
		{ "unix://run/large.sock", "absolute" },
		{ "unix:///", "absolute" },
		{ "unix:///0123456789012345678901234567890123456789012345678901234567890123456789"
		  "01234567890123456789012345678901234567", "at most 107" },
		{ "https://192.0.2.7:8000", "TLS proxy or WireGuard" },
		{ "http://", "HOST:PORT" },
		{ "http://192.0.2.7", "HOST:PORT" },
		{ "http://192.0.2.7:", "HOST:PORT" },
		{ "http://192.0.2.7:0", "HOST:PORT" },
		{ "http://192.0.2.7:65536", "HOST:PORT" },
		{ "http://192.0.2.7:8000x", "HOST:PORT" },
		{ "http://192.0.2.7:8000/v2", "HOST:PORT" },
		{ "http://192.0.2.7:8000?a", "HOST:PORT" },
		{ "http://example:secret@192.0.2.7:8000", "HOST:PORT" },
		{ "http://:8000", "HOST:PORT" },
		{ "http://2001:db8::1:8000", "brackets" },
		{ "http://[2001:db8::1]", "brackets" },
		{ "http://[2001:db8::1:8000", "brackets" },
		{ "http://[]:8000", "HOST:PORT" },
		{ "http://192.0.2.7:80 00", "character" },
		{ "http://192.0.2.7:80\r\nX: y", "character" },
	};

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK(parse(bad[i].text) == -22, "'%s' is taken", bad[i].text);
		CHECK(strstr(error.text, bad[i].says), "'%s': %s", bad[i].text, error.text);
	}
}

static void test_long(void)
{
	char text[600] = "http://";

	memset(text + 7, 'a', sizeof(text) - 8);
	CHECK_EQ(parse(text), -22);
	CHECK(strstr(error.text, "too long"), "%s", error.text);
	memcpy(text + 7 + 70, ".invalid:8000", 14);	/* a label too long to be asked for */
	CHECK_EQ(parse(text), 0);
	CHECK_EQ(tlml_url_look_up(&u, &error), -113);
	CHECK(strstr(error.text, "aaaa.invalid:8000': "), "%s", error.text);
	CHECK_EQ(u.len, 0);
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "a Unix socket", test_unix },
		{ "IPv4, IPv6 and a name", test_address },
		{ "what is no URL of ours gets a sentence", test_bad },
		{ "too long, and a host that nobody knows", test_long },
	};

	return tap_main(tests, 4);
}
