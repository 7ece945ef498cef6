// SPDX-License-Identifier: BSD-2-Clause
/* The configuration of tlmld: each key takes effect, each mistake is named with file and line. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../daemon/conf.h"

static char path[] = "/tmp/tlml-conf.XXXXXX";
static struct tlml_conf conf;
static struct tlml_error error;
static int points, failed;

static void result(bool ok, const char *what)
{
	printf("%sok %d - %s\n", ok ? "" : "not ", ++points, what);
	failed += !ok;
}

static int read_text(const char *text)
{
	FILE *f = fopen(path, "w");

	fputs(text, f);
	fclose(f);
	error.text[0] = 0;
	return tlml_conf_read(path, &conf, &error);
}

static bool good(const char *text)
{
	int err = read_text(text);

	if (err)
		printf("# %s\n", error.text);
	return !err;
}

/* It must be refused with a sentence that begins with file and line and says that. */
static void refuse(const char *text, unsigned int line, const char *sentence)
{
	char where[64];
	int err = read_text(text);

	snprintf(where, sizeof(where), "%s:%u: ", path, line);
	if (err == -EINVAL && !strncmp(error.text, where, strlen(where)) &&
	    strstr(error.text, sentence))
		return;
	printf("# %d, '%s', wanted '%s%s'\n", err, error.text, where, sentence);
	failed++;
}

static void test_good(void)
{
	struct tlml_large_options o;

	result(good("") && conf.batch == 64 && !strcmp(conf.model, "tlml") && !conf.urls &&
	       conf.sure == 0.8f && !*conf.user, "an empty file leaves the defaults");
	tlml_conf_large(&conf, "unix:///run/x", &o);
	result(o.urls == 1 && !strcmp(o.url[0], "unix:///run/x") && !o.classes,
	       "of which one is the local endpoint");
	result(good("# a comment\n"
		    "large = unix:///a, http://192.0.2.1:8000	http://[2001:db8::1]:9\n"
		    "large: http://host.example:1 ; and one more\n"
		    "model = flow-v2\nclasses = web, scan dns\n\n"
		    "batch = 256\ndeadline_us = 0\nwindow=16\nqueue = 65536\nexpire_ms = 600000\n"
		    "timeout_ms = 1\nsure = .5\nanswer_ttl_s = 86400\nuser = nobody\n"
		    "metrics_listen = 127.0.0.1:9100\nlearn = shadow\nask_share = 0.05\n"
		    "anchor = /a\nlearn_answers = 32\nlearn_room = 64\nlearn_quota = 100\n"
		    "learn_cpu = 1\nlearn_stale_s = 1\nshadow_flows = 0\nshadow_s = 2\n"
		    "canary = 100\ncanary_s = 3\ndrift_flows = 100") &&
	       !conf.shadow_flows && conf.shadow_s == 2 && conf.canary == 100 &&
	       conf.canary_s == 3 && conf.drift_flows == 100 &&
	       conf.learn == TLML_LEARN_SHADOW && conf.ask_share == 0.05f &&
	       !strcmp(conf.anchor, "/a") && conf.learn_answers == 32 && conf.learn_cpu == 1 &&
	       conf.urls == 4 && conf.classes == 3 && !strcmp(conf.klass[2], "dns") &&
	       !conf.deadline_us && conf.window == 16 && conf.queue == 65536 &&
	       conf.expire_ms == 600000 && conf.timeout_ms == 1 && conf.sure == 0.5f &&
	       conf.answer_ttl_s == 86400 && !strcmp(conf.user, "nobody") &&
	       !strcmp(conf.metrics_listen, "127.0.0.1:9100"), "every key");
	tlml_conf_large(&conf, "unix:///run/x", &o);
	result(o.urls == 4 && !strcmp(o.url[1], "http://192.0.2.1:8000") &&
	       !strcmp(o.url[3], "http://host.example:1") && !strcmp(o.model, "flow-v2") &&
	       o.classes == 3 && !strcmp(o.klass[1], "scan") && o.batch == 256,
	       "reaches the large model's options");
}

static void test_bad(void)
{
	char longest[400];
	int before = failed;

	refuse("batch = 64\nspeed = 9\n", 2, "speed: there is no such key");
	refuse("[large]\nmodel = x\n", 2, "no sections");
	refuse("batch = 1\n\nbatch\nspeed = 1\n", 3, "KEY = VALUE");
	refuse("batch = 0\n", 1, "batch: give a whole number from 1 to 256");
	refuse("batch = 257\n", 1, "from 1 to 256");
	refuse("batch = -1\n", 1, "from 1 to 256");
	refuse("batch = 4x\n", 1, "from 1 to 256");
	refuse("batch =\n", 1, "from 1 to 256");
	refuse("batch = 99999999999999999999\n", 1, "from 1 to 256");
	refuse("canary = 101\n", 1, "canary: give a whole number from 0 to 100");
	refuse("sure = 1.1\n", 1, "sure: give a probability");
	refuse("sure = nan\n", 1, "probability");
	refuse("sure =\n", 1, "sure: give a value");
	refuse("large =\n", 1, "large: give a value");
	refuse("large = ,\n", 1, "large: give the URLs");
	refuse("large = 1 2 3 4 5 6 7 8\nlarge = 9\n", 2, "'9' is one too many");
	refuse("classes = one\n", 1, "two classes or more");
	refuse("classes = a b a\n", 1, "'a' is there twice");
	refuse("classes = a abcdefghijklmnop\n", 1, "1 to 15 bytes");
	refuse("classes = 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n", 1, "one too many");
	refuse("model =\n", 1, "model: give a value");
	refuse("user = 0123456789012345678901234567890123\n", 1, "the name of a user");
	memset(longest, 'x', sizeof(longest));
	memcpy(longest, "model = ", 8);
	longest[sizeof(longest) - 1] = 0;
	refuse(longest, 1, "bytes: shorten it");
	result(failed == before, "mistakes are named with file, line and key");
	result(tlml_conf_read("/nonexistent/x", &conf, &error) == -ENOENT &&
	       strstr(error.text, "/nonexistent/x: cannot open"), "a missing file");
	result(tlml_conf_read("/tmp", &conf, &error) < 0, "a directory");
}

int main(void)
{
	int fd = mkstemp(path);

	if (fd < 0)
		return 1;
	close(fd);
	printf("KTAP version 1\n1..7\n");
	test_good();
	test_bad();
	unlink(path);
	return !!failed;
}
