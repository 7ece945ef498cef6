// SPDX-License-Identifier: BSD-2-Clause
/* Cases that were asked about are found again by their flow; labels are kept, within quotas. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../daemon/learn/case_labels.h"
#include "../../daemon/learn/reservoir.h"
#include "../../daemon/recent.h"
#include "../prog/tap.h"

#define S	1000000ull

static struct tlml_error error;
static struct tlml_recent *recent;
static struct tlml_case_labels labels;
static char path[] = "/tmp/tlml-test-label-XXXXXX", file[64], bad[80];

static struct tlml_case case_of(unsigned int sport, uint64_t tick)
{
	struct tlml_case c = { .record = { .family = 4, .proto = 17, .sport = sport, .dport = 53,
					   .tick = tick, .bucket = sport, .reason = 1 } };

	c.record.saddr[0] = 0x020200c0;
	c.record.daddr[0] = 0x010200c0;
	c.record.flow.fp = 7;
	c.record.x[0] = sport % 100;
	return c;
}

static struct tlml_ends ends_of(unsigned int sport, int turned)
{
	struct tlml_ends ends = { .family = 4, .proto = 17 };

	ends.addr[turned][0] = 0x020200c0;
	ends.addr[!turned][0] = 0x010200c0;
	ends.port[turned] = sport;
	ends.port[!turned] = 53;
	return ends;
}

static const struct tlml_recent_case *find(const char *ifname, unsigned int sport, int turned,
					   uint64_t time, uint64_t within)
{
	struct tlml_ends ends = ends_of(sport, turned);

	return tlml_recent_find(recent, ifname, &ends, time, within);
}

static void note(const char *ifname, unsigned int sport, uint64_t tick, uint64_t time)
{
	struct tlml_case c = case_of(sport, tick);

	tlml_recent_note(recent, ifname, &c, time, 0);
}

static void test_find(void)
{
	const struct tlml_recent_case *c;
	struct tlml_ends ends;
	struct tlml_case again;

	note("eth0", 1000, 1, 100 * S);
	note("eth0", 1001, 2, 100 * S);
	note("eth0", 1000, 3, 200 * S);
	c = find("eth0", 1000, 0, 110 * S, 60 * S);
	CHECK(c && c->asked == 100 * S && c == find("eth0", 1000, 1, 90 * S, 60 * S),
	      "not found by its flow, in both directions");
	c = find("eth0", 1000, 0, 160 * S, 60 * S);
	CHECK(c && c->asked == 200 * S, "not the nearest one");
	CHECK(!find("eth0", 1000, 0, 40 * S, 59 * S) && !find("eth0", 1000, 0, 300 * S, 99 * S) &&
	      !find("eth1", 1000, 0, 100 * S, 60 * S) && !find("eth0", 1002, 0, 100 * S, 60 * S),
	      "found what is not there");
	ends = ends_of(1000, 0);
	ends.proto = 6;
	CHECK(!tlml_recent_find(recent, "eth0", &ends, 100 * S, 60 * S), "another protocol");
	ends = ends_of(1000, 0);
	ends.family = 6;
	CHECK(!tlml_recent_find(recent, "eth0", &ends, 100 * S, 60 * S), "another family");
	/* Asked about again with more packets, it is the same case. */
	again = case_of(1000, 3);
	again.packet[9] = (struct tlml_case_packet){ 5, 6, 1 };
	tlml_recent_note(recent, "eth0", &again, 205 * S, 1);
	c = find("eth0", 1000, 0, 205 * S, 60 * S);
	CHECK(c && c->asked == 200 * S && c->inputs.packets[27] == 5 && c->inputs.features[0] == 0,
	      "asked about again it is another case");
}

static void test_ring(void)
{
	for (unsigned int i = 0; i < TLML_RECENT_MAX; i++)
		note("eth0", 2000 + i, 10 + i, (300 + i) * S);
	CHECK(!find("eth0", 1000, 0, 200 * S, 86400 * S) &&
	      find("eth0", 2000, 0, 300 * S, S) &&
	      find("eth0", 2000 + TLML_RECENT_MAX - 1, 0, (300 + TLML_RECENT_MAX - 1) * S, S),
	      "the oldest do not give way");
	note("eth0", 1, 9999999, S);
	CHECK(!find("eth0", 2000, 0, 300 * S, 86400 * S) && find("eth0", 2001, 0, 301 * S, S),
	      "not one gives way to one");
}

static void test_hash(void)
{
	struct tlml_ends a = ends_of(1000, 0), b = ends_of(1000, 1), c = ends_of(1001, 0);

	CHECK(tlml_ends_hash("eth0", &a) == tlml_ends_hash("eth0", &b) &&
	      tlml_ends_hash("eth0", &a) != tlml_ends_hash("eth0", &c) &&
	      tlml_ends_hash("eth0", &a) != tlml_ends_hash("eth1", &a), "a flow has no number");
}

static int add(uint64_t flow, const char *klass, const char *by)
{
	struct tlml_case_label label = { .time = 50, .flow = flow, .asked = flow };

	strcpy(label.klass, klass);
	strcpy(label.by, by);
	error.text[0] = 0;
	return tlml_case_labels_add(&labels, &label, &error);
}

static unsigned int count(const char *by, const char *klass)
{
	unsigned int n = 0;

	for (__u32 i = 0; i < labels.n; i++)
		n += !strcmp(labels.item[i].by, by) && !strcmp(labels.item[i].klass, klass);
	return n;
}

static void test_quota(void)
{
	CHECK(!tlml_case_labels_init(&labels, 1, &error), "%s", error.text);
	for (unsigned int i = 0; i < 10; i++)
		CHECK(!add(i, "web", TLML_LABEL_OPERATOR), "%s", error.text);
	CHECK(!add(3, "dns", TLML_LABEL_OPERATOR) && labels.n == 10 &&
	      count(TLML_LABEL_OPERATOR, "dns") == 1, "a second word does not replace the first");
	CHECK(add(3, "scan", "ids") == -EPERM && strstr(error.text, "dns") && !count("ids", "scan"),
	      "a tool changes the operator's word: %s", error.text);
	for (unsigned int i = 100; i < 100 + 3 * TLML_LABELS_MAX; i++)
		CHECK(!add(i, "scan", "ids"), "%s", error.text);
	CHECK(labels.n == 10 + TLML_LABELS_QUOTA && count("ids", "scan") == TLML_LABELS_QUOTA &&
	      count(TLML_LABEL_OPERATOR, "web") == 9, "%u labels, %u by a tool", labels.n,
	      count("ids", "scan"));
	CHECK(!add(100 + 3 * TLML_LABELS_MAX - 1, "web", "other") && count("other", "web") == 1 &&
	      count("ids", "scan") == TLML_LABELS_QUOTA - 1, "one tool does not correct another");
	for (unsigned int i = 50000; i < 50000 + TLML_LABELS_MAX; i++)
		add(i, "web", "other");
	CHECK(labels.n == TLML_LABELS_MAX && count("other", "web") == TLML_LABELS_QUOTA, "%u, %u",
	      labels.n, count("other", "web"));
}

static void test_words(void)
{
	CHECK(tlml_label_by_valid("suricata@gw") && tlml_label_class_valid("web"), "good words");
	CHECK(!tlml_label_by_valid("") && !tlml_label_by_valid("two words") &&
	      !tlml_label_by_valid("\x1b[31m") &&
	      !tlml_label_by_valid("abcdefghijklmnopabcdefghijklmnop") &&
	      !tlml_label_class_valid("abcdefghijklmnop") && !tlml_label_class_valid("\xc3\xa9"),
	      "bad words");
}

static void put(const char *name, long at, int byte)
{
	FILE *f = fopen(name, "r+");

	fseek(f, at, SEEK_SET);
	fputc(byte, f);
	fclose(f);
}

static void test_file(void)
{
	struct tlml_case_labels back;

	labels.taught = 49;
	CHECK(tlml_case_labels_fresh(&labels) == labels.n, "fresh");
	CHECK(!tlml_case_labels_write(&labels, file, &error) &&
	      !tlml_case_labels_init(&back, 2, &error) &&
	      !tlml_case_labels_read(&back, file, &error), "%s", error.text);
	CHECK(back.n == labels.n && back.taught == 49 && back.seed == labels.seed &&
	      !memcmp(back.item, labels.item, labels.n * sizeof(*labels.item)),
	      "what is read is something else");
	put(file, 5000, 'x');
	back.n = 0;
	CHECK(tlml_case_labels_read(&back, file, &error) == -EINVAL && !back.n &&
	      strstr(error.text, "set aside") && access(file, F_OK) && !access(bad, F_OK), "%s",
	      error.text);
	CHECK(!tlml_case_labels_read(&back, file, &error) && !back.n, "none there: %s", error.text);
	/* Well kept, but nothing that could have been. */
	labels.item[5].inputs.packets[2] = 3;
	CHECK(!tlml_case_labels_write(&labels, file, &error) &&
	      tlml_case_labels_read(&back, file, &error) == -EINVAL && !back.n, "%s", error.text);
	tlml_case_labels_free(&back);
	tlml_case_labels_free(&labels);
}

static void test_reservoir(void)
{
	struct tlml_class_info classes[2] = { { .name = "a" }, { .name = "b" } };
	struct tlml_answered a = { .time = 100, .label = TLML_UNLABELLED, .x = { 5 },
				   .root = { 255 } };
	struct tlml_reservoir r;
	uint8_t x[TLML_FEATURES_MAX] = { 5 };

	CHECK(!tlml_reservoir_init(&r, classes, 2, 64, 100, 1, &error), "%s", error.text);
	tlml_reservoir_add(&r, &a);
	a.time = 300;
	tlml_reservoir_add(&r, &a);
	CHECK(tlml_reservoir_label(&r, x, 50, 150, 1) == 1 &&
	      tlml_answered_class(&r.item[0], 2) == 1 && tlml_answered_class(&r.item[1], 2) == 0,
	      "another one is labelled");
	x[1] = 1;
	CHECK(!tlml_reservoir_label(&r, x, 0, 500, 1), "another flow is labelled");
	tlml_reservoir_free(&r);
}

static const struct tap_test tests[] = {
	{ "a case is found by its flow and time", test_find },
	{ "the oldest give way", test_ring },
	{ "a flow's number does not depend on the direction", test_hash },
	{ "quotas, and whose word stands", test_quota },
	{ "names of who labels, and of classes", test_words },
	{ "labels on disk; damage is noticed", test_file },
	{ "what the tiny model learns from is labelled, too", test_reservoir },
};

int main(void)
{
	int failed;

	if (!mkdtemp(path) || tlml_recent_new(&recent))
		return 1;
	snprintf(file, sizeof(file), "%s/labels", path);
	snprintf(bad, sizeof(bad), "%s.bad", file);
	failed = tap_main(tests, sizeof(tests) / sizeof(tests[0]));
	tlml_recent_free(recent);
	unlink(file);
	unlink(bad);
	rmdir(path);
	return failed;
}
