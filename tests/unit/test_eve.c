// SPDX-License-Identifier: BSD-2-Clause
/* Events of an IDS: what Suricata writes is understood, what nobody writes is refused by name. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../tools/lib/eve.h"
#include "../prog/tap.h"

#define ENDS	"\"src_ip\":\"192.0.2.2\",\"src_port\":1024,\"dest_ip\":\"192.0.2.1\",\"dest_port\":80,"
#define ALERT	"\"event_type\":\"alert\",\"alert\":{\"signature\":\"s\"}"
#define TIME	"\"timestamp\":\"2026-11-22T10:20:30.000000+0000\","
#define TCP	"\"proto\":\"TCP\","

static struct tlml_eve_alert a;
static struct tlml_error error;

/* From memory of its very length, so that a read beyond it is seen. */
static int parse(const char *text, size_t len)
{
	char *copy = malloc(len + !len);
	int is;

	memcpy(copy, text, len);
	error.text[0] = 0;
	is = tlml_eve_parse(copy, len, &a, &error);
	free(copy);
	return is;
}

static int parse_text(const char *text)
{
	return parse(text, strlen(text));
}

static void refuse(const char *text, const char *sentence)
{
	int is = parse_text(text);

	CHECK(is == -EINVAL && strstr(error.text, sentence), "%s: %d, %s", text, is, error.text);
}

/* What tests/net/eve/recorded.json holds, Suricata's own words. */
static void test_recorded(void)
{
	unsigned int alerts = 0, others = 0, bad = 0;
	char line[4096];
	FILE *f = fopen("tests/net/eve/recorded.json", "r");
	int is;

	while (CHECK(f, "%m") && fgets(line, sizeof(line), f)) {
		is = parse(line, strcspn(line, "\n"));
		bad += is < 0;
		others += !is;
		alerts += is > 0 && a.sport >= 20000 && a.sport < 20120 && a.dport == 7000 &&
			  a.proto == 17 && a.id == 1000001 && !strcmp(a.src, "192.0.2.2") &&
			  !strcmp(a.signature, "LOCAL voice on port 7000");
	}
	if (f)
		fclose(f);
	CHECK(alerts == 120 && others == 120 && !bad, "%u alerts, %u others, %u bad", alerts, others,
	      bad);
}

static void test_good(void)
{
	CHECK(parse_text("{" TIME ENDS TCP ALERT "}") == 1 && a.proto == 6 && a.sport == 1024 &&
	      a.time_us == 1795342830000000ull, "%s, %llu", error.text,
	      (unsigned long long)a.time_us);
	CHECK(parse_text("{\"timestamp\":\"2026-11-22T10:20:30.5+0530\",\"src_ip\":\"2001:db8::1\",\"dest_ip\":\"2001:db8::2\",\"proto\":\"ipv6-icmp\"," ALERT "}") == 1 &&
	      a.proto == 58 && !a.sport && a.time_us == 1795342830500000ull - 19800000000ull, "%s",
	      error.text);
	CHECK(parse_text("{\"timestamp\":\"2026-11-22T10:20:30-0100\"," ENDS TCP ALERT "}") == 1 &&
	      a.time_us == 1795346430000000ull, "%s", error.text);
	CHECK(!parse_text("{\"event_type\":\"stats\"}") && !parse_text("{\"event_type\":\"dns\",\"proto\":7}"),
	      "%s", error.text);
}

static void test_bad(void)
{
	static char longest[TLML_EVE_LINE + 2], deep[5000];

	refuse("", "not JSON");
	refuse("{", "not JSON");
	refuse("\xff\xfe", "not JSON");
	refuse("[]", "no event of EVE");
	refuse("{}", "no event of EVE");
	refuse("{\"event_type\":7}", "no event of EVE");
	refuse("{\"event_type\":\"alert\"}", "has no \"alert\"");
	refuse("{\"event_type\":\"alert\",\"alert\":[]}", "has no \"alert\"");
	refuse("{" ENDS TCP ALERT "}", "timestamp");
	refuse("{\"timestamp\":7," ENDS TCP ALERT "}", "timestamp");
	refuse("{\"timestamp\":\"2026-11-22T10:20:30.1\"," ENDS TCP ALERT "}", "timestamp");
	refuse("{\"timestamp\":\"2026-13-22T10:20:30+0000\"," ENDS TCP ALERT "}", "timestamp");
	refuse("{\"timestamp\":\"2026-11-22T10:20:30+9900\"," ENDS TCP ALERT "}", "timestamp");
	refuse("{\"timestamp\":\"2026-11-22T10:20:30+0000x\"," ENDS TCP ALERT "}", "timestamp");
	refuse("{\"timestamp\":\"1926-11-22T10:20:30+0000\"," ENDS TCP ALERT "}", "before 1970");
	refuse("{" TIME TCP ALERT "}", "src_ip");
	refuse("{" TIME "\"src_ip\":\"192.0.2.256\"," TCP ALERT "}", "src_ip");
	refuse("{" TIME "\"src_ip\":\"192.0.2.2\",\"dest_ip\":\"\"," TCP ALERT "}", "dest_ip");
	refuse("{" TIME "\"src_ip\":\"192.0.2.2\",\"dest_ip\":\"192.0.2.1\",\"src_port\":65536," TCP ALERT "}",
	       "src_port");
	refuse("{" TIME "\"src_ip\":\"192.0.2.2\",\"dest_ip\":\"192.0.2.1\",\"dest_port\":\"x\"," TCP ALERT "}",
	       "dest_port");
	refuse("{" TIME ENDS ALERT "}", "proto");
	refuse("{" TIME ENDS "\"proto\":6," ALERT "}", "proto");
	memset(longest, ' ', sizeof(longest) - 1);
	refuse(longest, "more than");
	memset(deep, '[', sizeof(deep) - 1);
	refuse(deep, "not JSON");
}

static struct tlml_eve_map map;

static const char *means(const char *signature, const char *category, unsigned int id)
{
	struct tlml_eve_alert alert = { .id = id };

	strcpy(alert.signature, signature);
	strcpy(alert.category, category);
	return tlml_eve_class(&map, &alert) ?: "nothing";
}

static void test_map(void)
{
	char text[TLML_EVE_TEXT + 8];

	map.n = 0;
	CHECK(!tlml_eve_map_add(&map, "ET SCAN *=scan", &error) &&
	      !tlml_eve_map_add(&map, "1000001=voip", &error) &&
	      !tlml_eve_map_add(&map, "Misc activity=other", &error) &&
	      !tlml_eve_map_add(&map, "a=b=web", &error), "%s", error.text);
	CHECK(!strcmp(means("ET SCAN Nmap", "Misc activity", 1), "scan") &&
	      !strcmp(means("LOCAL", "", 1000001), "voip") &&
	      !strcmp(means("LOCAL", "Misc activity", 1), "other") &&
	      !strcmp(means("a=b", "", 1), "web") &&
	      !strcmp(means("ET MALWARE", "", 1), "nothing"), "an alert means something else");
	memset(text, 'x', sizeof(text));
	strcpy(text + TLML_EVE_TEXT, "=web");
	CHECK(tlml_eve_map_add(&map, "noclass=", &error) && tlml_eve_map_add(&map, "=scan", &error) &&
	      tlml_eve_map_add(&map, "scan", &error) && tlml_eve_map_add(&map, text, &error) &&
	      tlml_eve_map_add(&map, "x=abcdefghijklmnop", &error) &&
	      strstr(error.text, "PATTERN=CLASS") && map.n == 4, "%u: %s", map.n, error.text);
	while (map.n < TLML_EVE_RULES)
		CHECK(!tlml_eve_map_add(&map, "x=y", &error), "%s", error.text);
	CHECK(tlml_eve_map_add(&map, "x=y", &error) && strstr(error.text, "more than"), "%s",
	      error.text);
}

static void test_file(void)
{
	char path[] = "/tmp/tlml-test-eve-XXXXXX";
	int fd = mkstemp(path);
	FILE *f = fdopen(fd, "w");

	fputs("# what alerts mean\n\nET SCAN *=scan\n*=other\n", f);
	fflush(f);
	map.n = 0;
	CHECK(!tlml_eve_map_read(&map, path, &error) && map.n == 2 &&
	      !strcmp(means("x", "", 1), "other"), "%s", error.text);
	fputs("scan\n", f);
	fclose(f);
	CHECK(tlml_eve_map_read(&map, path, &error) == -EINVAL && strstr(error.text, ":5: "), "%s",
	      error.text);
	unlink(path);
	CHECK(tlml_eve_map_read(&map, path, &error) == -ENOENT && tlml_eve_map_read(&map, "/", &error),
	      "%s", error.text);
}

static const struct tap_test tests[] = {
	{ "what Suricata wrote", test_recorded },
	{ "alerts, and events that are none", test_good },
	{ "what cannot be is refused, and named", test_bad },
	{ "which class an alert means", test_map },
	{ "rules of a file", test_file },
};

int main(void)
{
	return tap_main(tests, sizeof(tests) / sizeof(tests[0]));
}
