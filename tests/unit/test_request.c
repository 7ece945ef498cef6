// SPDX-License-Identifier: BSD-2-Clause
/* Requests of the control socket: each good form is understood, each bad one named. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../daemon/request.h"

#define MAPS	"\"tlml_ctl_v1\",\"tlml_flows_v1\",\"tlml_sources_v1\",\"tlml_weights_v1\","	\
		"\"tlml_wide_v1\",\"tlml_stats_v1\",\"tlml_allow_v1\""
#define LABEL	"{\"do\":\"label\",\"interface\":\"eth0\",\"src\":\"192.0.2.2\"," \
		"\"dst\":\"192.0.2.1\",\"proto\":17,\"class\":\"web\""
#define ADD	"{\"do\":\"add\",\"interface\":\"eth0\",\"dir\":\"/sys/fs/bpf/tlml/eth0\",\"maps\":"

static struct tlml_request r;
static struct tlml_error error;
static int points, failed;

static void result(bool ok, const char *what)
{
	printf("%sok %d - %s\n", ok ? "" : "not ", ++points, what);
	failed += !ok;
}

/* From memory of its very length, so that a read beyond it is seen. */
static int parse(const char *text, size_t len)
{
	char *copy = malloc(len + !len);
	int err;

	memcpy(copy, text, len);
	error.text[0] = 0;
	err = tlml_request_parse(copy, len, &r, &error);
	free(copy);
	return err;
}

static int good(const char *text)
{
	int err = parse(text, strlen(text));

	if (err)
		printf("# %s\n", error.text);
	return !err;
}

static void refuse(const char *text, const char *sentence)
{
	int err = parse(text, strlen(text));

	if (err != -EINVAL || !strstr(error.text, sentence)) {
		printf("# %s: %d, '%s', wanted '%s'\n", text, err, error.text, sentence);
		failed++;
	}
}

static void test_good(void)
{
	result(good("{\"do\":\"status\"}") && r.verb == TLML_DO_STATUS && !r.from, "status");
	result(good("{\"do\":\"status\",\"from\":70}") && r.from == 70, "status, the rest of it");
	result(good("{\"interface\":\"br-lan.5\",\"do\":\"remove\"}") && r.verb == TLML_DO_REMOVE &&
	       !strcmp(r.ifname, "br-lan.5"), "remove");
	result(good("{\"interface\":\"eth0\",\"do\":\"learn\"}") && r.verb == TLML_DO_LEARN &&
	       !strcmp(r.ifname, "eth0"), "learn");
	result(good(LABEL "}") && r.verb == TLML_DO_LABEL && r.label.ends.family == 4 &&
	       r.label.ends.addr[0][0] == htonl(0xc0000202) && r.label.ends.proto == 17 &&
	       !r.label.ends.port[0] && !strcmp(r.label.klass, "web") && !r.label.time &&
	       !strcmp(r.label.by, "operator") && r.label.within_s == TLML_LABEL_WITHIN, "label");
	result(good(LABEL ",\"sport\":65535,\"dport\":1,\"by\":\"ids\",\"time_us\":5,\"within_s\":86400}") &&
	       r.label.ends.port[0] == 65535 && r.label.ends.port[1] == 1 && r.label.time == 5 &&
	       !strcmp(r.label.by, "ids") && r.label.within_s == 86400 &&
	       good("{\"do\":\"teach\"}") && r.verb == TLML_DO_TEACH, "label in full, and teach");
	result(good("{\"do\":\"watch\"}") && r.verb == TLML_DO_WATCH && !*r.ifname && !r.trace,
	       "watch of all interfaces");
	result(good(" {\"do\":\"watch\",\"trace\":true,\"interface\":\"abcdefghijklmno\"}\n") &&
	       r.trace && strlen(r.ifname) == 15, "watch of one, with every decision");
	result(good("{\"do\":\"models\",\"interface\":\"eth0\"}") && r.verb == TLML_DO_MODELS &&
	       tlml_request_of_models(&r), "models");
	result(good("{\"do\":\"rollback\",\"interface\":\"eth0\",\"generation\":4294967295}") &&
	       r.verb == TLML_DO_ROLLBACK && r.generation == UINT32_MAX &&
	       good("{\"do\":\"rollback\",\"interface\":\"eth0\"}") && !r.generation,
	       "rollback to a generation, or to the one before");
	result(good("{\"do\":\"pin\",\"interface\":\"eth0\",\"on\":true}") && r.on &&
	       good("{\"do\":\"pin\",\"interface\":\"eth0\",\"on\":false}") && !r.on, "pin and unpin");
	result(good("{\"do\":\"push\",\"interface\":\"eth0\"}") && !r.unsigned_too &&
	       good("{\"do\":\"push\",\"interface\":\"eth0\",\"unsigned\":true}") &&
	       r.unsigned_too && tlml_request_of_models(&r), "push");
	result(good(ADD "[" MAPS ",\"tlml_ring_v1\"]}") && r.verb == TLML_DO_ADD && r.maps == 8 &&
	       r.map[0] == TLML_HANDED_CTL && r.map[7] == TLML_HANDED_RING &&
	       !strcmp(r.dir, "/sys/fs/bpf/tlml/eth0"), "add with the maps that it needs");
	result(good(ADD "[\"tlml_ring_v1\",\"tlml_budget_v1\"," MAPS ",\"tlml_clock_v1\"]}") &&
	       r.maps == 10 && r.map[0] == TLML_HANDED_RING && r.map[1] == TLML_HANDED_BUDGET &&
	       r.map[9] == TLML_HANDED_CLOCK, "add with all maps, in another order");
}

static void test_bad(void)
{
	char deep[5000], longest[TLML_REQUEST_MAX + 2];
	int before = failed;

	refuse("", "not JSON");
	refuse("{\"do\":\"status\"", "not JSON");
	refuse("{\"do\":\"status\"}{", "not JSON");
	refuse("{\"do\":\"status\",\"do\":\"status\"}", "not JSON");
	refuse("{\"do\":\"stat\\u0000us\"}", "not JSON");
	refuse("{\"do\":\"\xff\"}", "not JSON");
	refuse("[]", "one JSON object");
	refuse("{}", "\"do\" is");
	refuse("{\"do\":1}", "\"do\" is");
	refuse("{\"do\":\"stop\"}", "not 'stop'");
	refuse("{\"do\":\"status\",\"interface\":\"eth0\"}", "has no \"interface\"");
	refuse("{\"do\":\"watch\",\"speed\":1}", "has no \"speed\"");
	refuse("{\"do\":\"watch\",\"trace\":1}", "neither true nor false");
	refuse("{\"do\":\"watch\",\"payload\":\"all\"}", "\"payload\" is neither true nor false");
	refuse("{\"do\":\"status\",\"from\":-1}", "\"from\" is not a number");
	refuse("{\"do\":\"models\"}", "needs \"interface\"");
	refuse("{\"do\":\"pin\",\"interface\":\"eth0\"}", "needs \"on\"");
	refuse("{\"do\":\"pin\",\"interface\":\"eth0\",\"on\":1}", "neither true nor false");
	refuse("{\"do\":\"push\",\"interface\":\"eth0\",\"unsigned\":0}", "neither true nor false");
	refuse("{\"do\":\"push\",\"interface\":\"eth0\",\"on\":true}", "has no \"on\"");
	refuse("{\"do\":\"rollback\",\"interface\":\"eth0\",\"generation\":-1}", "not a number");
	refuse("{\"do\":\"rollback\",\"interface\":\"eth0\",\"generation\":4294967296}",
	       "not a number");
	refuse("{\"do\":\"remove\"}", "needs \"interface\"");
	refuse("{\"do\":\"learn\"}", "needs \"interface\"");
	refuse("{\"do\":\"remove\",\"interface\":\"\"}", "not the name");
	refuse("{\"do\":\"remove\",\"interface\":\"abcdefghijklmnop\"}", "not the name");
	refuse("{\"do\":\"remove\",\"interface\":\"../x\"}", "not the name");
	refuse("{\"do\":\"remove\",\"interface\":\"..\"}", "not the name");
	refuse("{\"do\":\"remove\",\"interface\":7}", "not the name");
	refuse("{\"do\":\"add\",\"interface\":\"eth0\"}", "needs \"dir\"");
	refuse("{\"do\":\"add\",\"interface\":\"eth0\",\"dir\":\"x\"}", "absolute path");
	refuse("{\"do\":\"add\",\"interface\":\"eth0\",\"dir\":\"/x\"}", "needs \"maps\"");
	refuse(ADD "7}", "not a list");
	refuse(ADD "[7]}", "not a name");
	refuse(ADD "[]}", "lacks tlml_ctl_v1");
	refuse(ADD "[" MAPS "]}", "lacks tlml_ring_v1");
	refuse(ADD "[\"tlml_ctl_v2\"]}", "no map 'tlml_ctl_v2'");
	refuse(ADD "[\"tlml_ctl_v1\",\"tlml_ctl_v1\"]}", "tlml_ctl_v1 twice");
	refuse("{\"do\":\"label\",\"interface\":\"eth0\"}", "needs \"src\"");
	refuse(LABEL ",\"sport\":65536}", "\"sport\" is not a number from 0 to 65535");
	refuse(LABEL ",\"dport\":-1}", "\"dport\" is not a number");
	refuse(LABEL ",\"by\":\"two words\"}", "\"by\" is not a word");
	refuse(LABEL ",\"time_us\":\"now\"}", "\"time_us\" is not a number");
	refuse(LABEL ",\"within_s\":0}", "\"within_s\" is not a number from 1");
	refuse(LABEL ",\"within_s\":86401}", "\"within_s\" is not a number from 1");
	refuse("{\"do\":\"label\",\"interface\":\"eth0\",\"src\":\"192.0.2.2\",\"dst\":\"2001:db8::1\"}",
	       "not of one family");
	refuse("{\"do\":\"label\",\"interface\":\"eth0\",\"src\":\"gw\"}", "not an address");
	refuse("{\"do\":\"teach\",\"interface\":\"eth0\"}", "has no \"interface\"");
	memset(deep, '[', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = 0;
	refuse(deep, "not JSON");
	memset(longest, ' ', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = 0;
	refuse(longest, "at most");
	result(failed == before, "what is wrong is named");
}

int main(void)
{
	printf("KTAP version 1\n1..15\n");
	test_good();
	test_bad();
	return !!failed;
}
