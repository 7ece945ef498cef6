// SPDX-License-Identifier: BSD-2-Clause
/* Policy words: every good form does what it says, every bad one is refused and changes nothing. */
#include <bpf/bpf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../daemon/allow.h"
#include "../../daemon/policy.h"

#define TRIE_MAX	8

static struct tlml_ctl ctl;
static struct tlml_weights weights[TLML_SLOTS];
static struct tlml_maps maps = { .ctl = &ctl, .weights = weights, .allow_fd = -1 };
static struct tlml_error error;
static int points, failed;

static void result(bool ok, const char *what)
{
	printf("%sok %d - %s\n", ok ? "" : "not ", ++points, what);
	failed += !ok;
}

/* A loaded model with three classes, and a policy that no good form below happens to set. */
static void reset(void)
{
	static const char *const names[] = { "web", "scan", "a-long-name-123" };

	memset(&ctl, 0, sizeof(ctl));
	memset(weights, 0, sizeof(weights));
	ctl.abi = TLML_ABI;
	ctl.slot = 2;
	ctl.mode = TLML_MODE_MONITOR;
	ctl.lease_until = TLML_FOREVER;
	ctl.allow_epoch = 1;
	weights[2].generation = 7;
	weights[2].classes = 3;
	for (int c = 0; c < 3; c++) {
		strcpy(weights[2].info[c].name, names[c]);
		ctl.policy[c] = (struct tlml_policy){
			.margin_act = 100 + c, .margin_hard = 50 + c, .dscp = 9,
			.mark = 77, .rate = 88, .burst = 99,
		};
	}
}

static int set(const char *line)
{
	char text[256], *words[32], *save = NULL, *w;
	int n = 0;

	snprintf(text, sizeof(text), "%s", line);
	for (w = strtok_r(text, " ", &save); w; w = strtok_r(NULL, " ", &save))
		words[n++] = w;
	memset(&error, 0, sizeof(error));
	return tlml_policy_set(&maps, n, words, &error);
}

/* Seconds until a tick, rounded to the nearest; the test takes less than half of one. */
static long seconds_to(__u64 tick)
{
	return (long)(((__s64)(tick - tlml_maps_now()) * 65536 + 500000000) / 1000000000);
}

static bool same_rates(__u32 all, __u32 all_burst, __u32 klass, __u32 klass_burst, __u32 prefix,
		       __u32 prefix_burst)
{
	const struct tlml_rate want[TLML_BUDGETS] = {
		[TLML_BUDGET_ALL] = { all, all_burst },
		[TLML_BUDGET_CLASS] = { klass, klass_burst },
		[TLML_BUDGET_PREFIX] = { prefix, prefix_burst },
	};

	return !memcmp(ctl.ask, want, sizeof(want));
}

#define GOOD(line, expect)						\
	do {								\
		int err;						\
		reset();						\
		err = set(line);					\
		if (err || !(expect))					\
			printf("# %d: %s\n", err, error.text);		\
		result(!err && (expect), line);				\
	} while (0)

static void good_modes(void)
{
	GOOD("mode off", ctl.mode == TLML_MODE_OFF);
	GOOD("mode monitor", ctl.mode == TLML_MODE_MONITOR);
	GOOD("mode enforce", ctl.mode == TLML_MODE_ENFORCE && !ctl.confirm_until);
	GOOD("mode enforce confirm 60",
	     ctl.mode == TLML_MODE_ENFORCE && seconds_to(ctl.confirm_until) == 60);
	result(!set("confirm") && ctl.mode == TLML_MODE_ENFORCE && !ctl.confirm_until,
	       "confirm within the time");
	result(!set("mode enforce confirm 86400") && seconds_to(ctl.confirm_until) == 86400 &&
	       !set("mode enforce") && !ctl.confirm_until, "plain mode enforce confirms, too");
	ctl.confirm_until = 1;
	result(set("confirm") == -22 && ctl.confirm_until == 1 && strstr(error.text, "too late"),
	       "confirm after the time is refused");
	result(!set("mode monitor") && ctl.mode == TLML_MODE_MONITOR && ctl.confirm_until == 1,
	       "a deadline that passed is not wiped while packets may still see enforce");
	GOOD("lease 30", seconds_to(ctl.lease_until) == 30);
	ctl.lease_until = 1;
	result(!set("lease forever") && ctl.lease_until == TLML_FOREVER, "lease forever");
	GOOD("audit 31", ctl.audit == 31);
	GOOD("ask from 1", ctl.ask_points == ~0u);
	GOOD("ask from 8", ctl.ask_points == ~7u);
	GOOD("ask from 32768", ctl.ask_points == ~32767u);
	GOOD("ask rate 5", same_rates(5, 5, 0, 0, 0, 0));
	GOOD("ask rate 0 9", same_rates(0, 9, 0, 0, 0, 0));
	GOOD("ask class-rate 16777215 1", same_rates(0, 0, 16777215, 1, 0, 0));
	GOOD("ask prefix-rate 7 8", same_rates(0, 0, 0, 0, 7, 8));
	GOOD("payload 64", ctl.payload == 64);
	result(!set("payload 0") && !ctl.payload, "payload 0");
	GOOD("report 500", ctl.report_rate == 500 && ctl.report_burst == 500);
	GOOD("report 0", !ctl.report_rate && !ctl.report_burst);
	GOOD("report 500 16777215", ctl.report_rate == 500 && ctl.report_burst == 16777215);
	GOOD("trace on", ctl.trace == 1);
	result(!set("trace off") && !ctl.trace, "trace off");
	GOOD("anomaly 0 128", ctl.anomaly_low == 0 && ctl.anomaly_high == 128);
	GOOD("anomaly 40 40", ctl.anomaly_low == 40 && ctl.anomaly_high == 40);
}

static void good_classes(void)
{
	const struct tlml_policy *web = &ctl.policy[0], *scan = &ctl.policy[1];
	struct tlml_policy was;

	GOOD("class scan action drop",
	     scan->action == TLML_ACTION_DROP && web->action == TLML_ACTION_PASS);
	GOOD("class a-long-name-123 action drop", ctl.policy[2].action == TLML_ACTION_DROP);
	GOOD("class * action drop", web->action == TLML_ACTION_DROP &&
	     ctl.policy[2].action == TLML_ACTION_DROP && ctl.policy[3].action == TLML_ACTION_PASS);
	GOOD("class web action limit 100 200",
	     web->action == TLML_ACTION_LIMIT && web->rate == 100 && web->burst == 200);
	GOOD("class web action limit 16777215", web->burst == 16777215);
	GOOD("class web action mark 0xffffffff dscp 63",
	     web->action == TLML_ACTION_MARK && web->mark == ~0u && web->dscp == 64);
	GOOD("class web action mark 12", web->mark == 12 && !web->dscp);
	GOOD("class web action mark 0 dscp 0", !web->mark && web->dscp == 1);
	GOOD("class web margin act 0", !web->margin_act && web->margin_hard == 50);
	GOOD("class * margin hard 255", scan->margin_hard == 255 && scan->margin_act == 101);
	reset();
	was = ctl.policy[1];
	result(!set("class web action drop") && !memcmp(&was, scan, sizeof(was)) &&
	       !set("class web action pass") && web->action == TLML_ACTION_PASS &&
	       web->margin_act == 100 && web->rate == 88, "an action leaves everything else alone");
}

static void bad_forms(void)
{
	static const struct { const char *line, *says; } bad[] = {
		{ "", "say what to set" }, { "mod enforce", "'mod'" }, { "mode", "mode missing" },
		{ "mode Enforce", "'Enforce'" }, { "mode enforce confirm", "seconds missing" },
		{ "mode enforce confirm 0", "from 1 to 86400" },
		{ "mode enforce confirm 86401", "'86401'" }, { "mode enforce confirm -1", "'-1'" },
		{ "mode enforce confirm 5 5", "a word too many" }, { "mode enforce now", "'now'" },
		{ "mode monitor confirm 60", "nothing to confirm" }, { "mode off confirm 60", "confirm" },
		{ "mode off off", "'off'" }, { "confirm", "mode is monitor" }, { "confirm now", "'now'" },
		{ "class", "class missing" }, { "class nope action drop", "web, scan, a-long-name-123" },
		{ "class a-long-name-1234 action drop", "no class" }, { "class web", "missing" },
		{ "class web drop", "'drop'" }, { "class web action", "action missing" },
		{ "class web action reject", "pass, mark, limit or drop" },
		{ "class web action drop now", "'now'" }, { "class web action limit", "rate missing" },
		{ "class web action limit 0", "from 1 to 16777215" },
		{ "class web action limit 16777216", "'16777216'" },
		{ "class web action limit 5 0", "'0'" }, { "class web action limit 5 5 5", "too many" },
		{ "class web action limit 1.5", "'1.5'" }, { "class web action mark", "mark missing" },
		{ "class web action mark 0x100000000", "'0x100000000'" },
		{ "class web action mark 0x", "'0x'" }, { "class web action mark ten", "'ten'" },
		{ "class web action mark 1 dscp", "DSCP missing" },
		{ "class web action mark 1 dscp 64", "from 0 to 63" },
		{ "class web action mark 1 tos 4", "'tos'" }, { "class web margin", "missing" },
		{ "class web margin soft 1", "'soft'" }, { "class web margin act 256", "from 0 to 255" },
		{ "class web margin act", "margin missing" }, { "class * margin hard 1 1", "too many" },
		{ "anomaly", "missing" }, { "anomaly 5", "missing" }, { "anomaly 129 129", "to 128" },
		{ "anomaly 9 8", "low mark" }, { "anomaly 1 2 3", "'3'" }, { "lease", "missing" },
		{ "lease 0", "from 1" }, { "lease 31622401", "'31622401'" }, { "lease forever 1", "'1'" },
		{ "lease Forever", "'Forever'" }, { "audit 32", "from 0 to 31" }, { "audit", "missing" },
		{ "ask", "'from' or a rate missing" }, { "ask at 8", "ask from PACKET" },
		{ "ask from", "packet missing" }, { "ask from 0", "from 1 to 32768" },
		{ "ask from 12", "a power of two" }, { "ask from 65536", "'65536'" },
		{ "ask from 8 on", "too many" }, { "ask rate", "rate missing" },
		{ "ask class-rate x", "'x'" }, { "ask prefix-rate 5 6 7", "too many" },
		{ "ask prefix-rate 16777216", "'16777216'" }, { "payload", "bytes missing" },
		{ "payload 65", "from 0 to 64" }, { "payload 1 2", "too many" },
		{ "report", "rate missing" }, { "report 99999999999999999999", "from 0" },
		{ "report 5 x", "'x'" }, { "trace", "missing" }, { "trace yes", "on or off" },
		{ "trace on on", "too many" }, { "allow", "missing" }, { "allow replace ::/0", "'replace'" },
		{ "allow add", "prefix missing" }, { "allow clear all", "'all'" },
		{ "allow add 192.0.2.1/33", "0 to 32" }, { "allow add 192.0.2.1/", "0 to 32" },
		{ "allow add 192.0.2.1/24", "write 192.0.2.0/24" }, { "allow add 192.0.2", "no address" },
		{ "allow add 2001:db8::1/64", "write 2001:db8::/64" }, { "allow add ::/129", "0 to 128" },
		{ "allow add 192.0.2.0/24/24", "'192.0.2.0/24/24'" }, { "allow add ::/-1", "0 to 128" },
		{ "allow add 2001:db8:0000:0000:0000:0000:0000:0000:0000:0001", "no address" },
		{ "allow add 192.0.2.0/24 ::/0", "too many" },
	};
	struct tlml_ctl was;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char what[128];
		bool said;
		int err;

		reset();
		was = ctl;
		err = set(bad[i].line);
		snprintf(what, sizeof(what), "refused: '%s'", bad[i].line);
		said = strstr(error.text, bad[i].says);
		result(err == -22 && said && !memcmp(&was, &ctl, sizeof(was)), what);
		if (!said)
			printf("# %d: %s\n", err, error.text);
	}
	reset();
	weights[2].generation = 0;
	was = ctl;
	result(set("class * action drop") == -22 && strstr(error.text, "there is no model") &&
	       !memcmp(&was, &ctl, sizeof(was)), "refused: a class while no model is loaded");
}

/* Lines of words drawn at random: nothing but a whole, valid policy ever comes of them. */
static void random_lines(void)
{
	static const char *const words[] = { "mode", "off", "enforce", "confirm", "class", "web", "*",
		"action", "limit", "mark", "dscp", "margin", "act", "hard", "drop", "anomaly", "lease",
		"forever", "audit", "report", "trace", "on", "0", "7", "64", "300", "0x10", "-1", "", "x",
		"ask", "from", "class-rate", "payload" };
	unsigned int draw = 1, good = 0, bad = 0;

	reset();
	for (int i = 0; i < 50000; i++) {
		struct tlml_ctl was = ctl;
		char *line[6];
		int n;

		draw = draw * 1664525u + 1013904223u;
		n = 1 + (draw >> 16) % 6;
		for (int k = 0; k < n; k++) {
			draw = draw * 1664525u + 1013904223u;
			line[k] = (char *)words[(draw >> 16) % (sizeof(words) / sizeof(words[0]))];
		}
		if (tlml_policy_set(&maps, n, line, &error))
			bad += memcmp(&was, &ctl, sizeof(was)) || !error.text[0];
		else
			good++;
		for (int c = 0; c < TLML_CLASSES_MAX; c++)
			bad += ctl.policy[c].action > TLML_ACTION_DROP || ctl.policy[c].dscp > 64 ||
			       ctl.policy[c].rate > 16777215 || ctl.policy[c].burst > 16777215;
		bad += ctl.mode > TLML_MODE_ENFORCE || ctl.audit > 31 || ctl.trace > 1 ||
		       ctl.anomaly_low > ctl.anomaly_high || ctl.payload > TLML_PAYLOAD_MAX ||
		       ctl.ask[TLML_BUDGET_CLASS].rate > 16777215;
	}
	printf("# %u of 50000 random lines were good\n", good);
	result(good > 100 && !bad, "random lines are refused or make a valid policy");
}

static int from_file(const char *text, size_t size, const char *path)
{
	FILE *f = fopen(path, "w");

	if (!f || fwrite(text, 1, size, f) != size || fclose(f))
		exit(1);
	memset(&error, 0, sizeof(error));
	return tlml_policy_file(&maps, path, &error);
}

#define FILE_OF(text)	from_file(text, sizeof(text) - 1, path)

static void files(const char *path)
{
	static char wide[2000];
	struct tlml_ctl was;

	reset();
	result(!FILE_OF("# ours\n\nclass scan action drop # at once\n  mode\tenforce confirm 9\r\naudit 4") &&
	       ctl.policy[1].action == TLML_ACTION_DROP && ctl.mode == TLML_MODE_ENFORCE &&
	       seconds_to(ctl.confirm_until) == 9 && ctl.audit == 4,
	       "a file: comments, blank lines, tabs, CRLF, no newline at the end");
	result(!FILE_OF("mode enforce confirm 5\nconfirm\n") && !ctl.confirm_until,
	       "lines of a file build on those before");
	result(!FILE_OF(""), "an empty file changes nothing and is no error");
	reset();
	was = ctl;
	result(FILE_OF("mode enforce\nclass * action drop\n\nclass scan action limit\naudit 1\n") == -22 &&
	       strstr(error.text, ":4: rate missing") && strstr(error.text, path) == error.text &&
	       !memcmp(&was, &ctl, sizeof(was)), "an error in line 4 leaves lines 1 to 3 without effect");
	result(FILE_OF("mode enforce\n\0mode off\n") == -22 && strstr(error.text, ":2: a zero byte") &&
	       !memcmp(&was, &ctl, sizeof(was)), "a file that is not text is refused");
	memset(wide, 'x', sizeof(wide) - 1);
	for (size_t i = 1; i < sizeof(wide) - 1; i += 2)
		wide[i] = ' ';
	result(from_file(wide, sizeof(wide) - 1, path) == -22 && strstr(error.text, "words"),
	       "a line of a thousand words is refused");
	result(tlml_policy_file(&maps, "/nonexistent/policy", &error) == -2 &&
	       strstr(error.text, "/nonexistent/policy"), "a missing file is named");
	result(tlml_policy_file(&maps, "/tmp", &error) < 0 && strstr(error.text, "/tmp"),
	       "a directory is no policy");
}

static size_t listed(const char *prefix)
{
	struct tlml_allow_key *keys;
	char text[TLML_ALLOW_TEXT];
	size_t n, found = 0;

	if (tlml_allow_list(&maps, &keys, &n, &error))
		return 0;
	for (size_t i = 0; i < n; i++) {
		tlml_allow_print(&keys[i], text);
		found += !prefix || !strcmp(text, prefix);
	}
	free(keys);
	return found;
}

static void allow_list(const char *path)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_NO_PREALLOC);
	__u8 epoch;

	maps.allow_fd = bpf_map_create(BPF_MAP_TYPE_LPM_TRIE, "allow", sizeof(struct tlml_allow_key),
				       sizeof(__u32), TRIE_MAX, &opts);
	if (maps.allow_fd < 0) {
		printf("ok %d - allow-list # SKIP no privilege to make a map\n", ++points);
		return;
	}
	reset();
	result(!set("allow add 192.0.2.0/24") && listed("192.0.2.0/24") && ctl.allow_any &&
	       ctl.allow_epoch == 2, "allow add of IPv4");
	result(!set("allow add 2001:db8::/32") && listed("2001:db8::/32") && ctl.allow_epoch == 3,
	       "allow add of IPv6");
	result(!set("allow add 198.51.100.7") && listed("198.51.100.7/32") && listed(NULL) == 3,
	       "allow add of a host");
	epoch = ctl.allow_epoch;
	result(!set("allow add 192.0.2.0/24") && listed(NULL) == 3 && ctl.allow_epoch == epoch,
	       "adding what is there changes nothing");
	result(set("allow del 192.0.2.0/25") == -2 && strstr(error.text, "192.0.2.0/25 is not on") &&
	       set("allow del 192.0.2.1") == -2 && listed(NULL) == 3 && ctl.allow_epoch == epoch,
	       "deleting what only a wider prefix covers is refused");
	result(!set("allow add 192.0.2.5") && listed("192.0.2.5/32") && !set("allow del 192.0.2.5") &&
	       listed(NULL) == 3, "a prefix within another is one of its own");
	result(!set("allow del 192.0.2.0/24") && !listed("192.0.2.0/24") && ctl.allow_any &&
	       ctl.allow_epoch != epoch, "allow del");
	epoch = ctl.allow_epoch;
	result(FILE_OF("allow add 203.0.113.0/24\nallow clear\nallow add ::/0\nmode enforce\n"
		       "allow del 203.0.113.0/24\n") == -2 && listed(NULL) == 2 &&
	       listed("2001:db8::/32") && listed("198.51.100.7/32") && ctl.mode == TLML_MODE_MONITOR,
	       "a file whose last change fails leaves list and mode as they were");
	result(FILE_OF("allow add 10.0.0.0/32\nallow add 10.0.0.1\nallow add 10.0.0.2\nallow add 10.0.0.3\n"
		       "allow add 10.0.0.4\nallow add 10.0.0.5\nallow add 10.0.0.6\naudit 3\n") == -28 &&
	       strstr(error.text, "full") && listed(NULL) == 2 && !ctl.audit,
	       "a list that overflows is refused as a whole");
	result(!FILE_OF("allow clear\nallow add 0.0.0.0/0\nallow add ::/0\n") && listed(NULL) == 2 &&
	       listed("0.0.0.0/0") && listed("::/0"), "a file replaces the list");
	ctl.allow_epoch = 127;
	result(!set("allow clear") && !listed(NULL) && !ctl.allow_any && ctl.allow_epoch == 1,
	       "allow clear, and the epoch starts over at 1");
	result(!set("allow clear") && ctl.allow_epoch == 1, "clearing an empty list changes nothing");
	close(maps.allow_fd);
}

int main(void)
{
	char path[] = "/tmp/tlml-policy-XXXXXX";
	int fd = mkstemp(path);

	if (fd < 0)
		return 1;
	close(fd);
	printf("KTAP version 1\n");
	good_modes();
	good_classes();
	bad_forms();
	random_lines();
	files(path);
	allow_list(path);
	unlink(path);
	printf("1..%d\n", points);
	return !!failed;
}
