// SPDX-License-Identifier: BSD-2-Clause
/* complete: what could come next, for the shell (tlmlctl.bash); mistakes are met with silence. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "../daemon/allow.h"
#include "cmd.h"

static void say(const char *words)
{
	for (; *words; words += strspn(words, " ")) {
		int n = strcspn(words, " ");

		printf("%.*s\n", n, words);
		words += n;
	}
}

static void say_ifaces(void)
{
	char (*names)[IF_NAMESIZE];
	struct tlml_error e;
	int i, n = tlml_maps_list(&names, &e);

	for (i = 0; i < n; i++)
		puts(names[i]);
	if (n >= 0)
		free(names);
}

static void say_classes(const struct tlml_maps *m)
{
	char name[TLML_NAME_MAX];
	unsigned int k;

	for (k = 0; k < tlml_cmd_classes(m); k++) {
		tlml_cmd_class_name(m, k, tlml_maps_current(m)->generation, name);
		puts(name);
	}
}

static void say_allowed(const struct tlml_maps *m)
{
	struct tlml_allow_key *keys;
	char text[TLML_ALLOW_TEXT];
	struct tlml_error e;
	size_t n, i;

	if (tlml_allow_list(m, &keys, &n, &e))
		return;
	for (i = 0; i < n; i++) {
		tlml_allow_print(&keys[i], text);
		puts(text);
	}
	free(keys);
}

/* Words of a policy line, by the words before: * is any one word. */
static const struct {
	const char *before, *next;
} policy[] = {
	{ "", "mode confirm class anomaly allow lease audit ask payload report trace" },
	{ "mode", "off monitor enforce" },
	{ "mode enforce", "confirm" },
	{ "class *", "action margin" },
	{ "class * action", "pass drop limit mark" },
	{ "class * action mark *", "dscp" },
	{ "class * margin", "act hard" },
	{ "allow", "add del clear" },
	{ "lease", "forever" },
	{ "ask", "from rate class-rate prefix-rate" },
	{ "ask from", "1 2 4 8 16 32" },
	{ "trace", "on off" },
};

static int matches(const char *pattern, int argc, char **argv)
{
	int i, n;

	for (i = 0; i < argc && *pattern; i++) {
		n = strcspn(pattern, " ");
		if (strncmp(pattern, "*", n) &&
		    (strlen(argv[i]) != (size_t)n || strncmp(pattern, argv[i], n)))
			return 0;
		pattern += n + strspn(pattern + n, " ");
	}
	return i == argc && !*pattern;
}

static void say_policy(const struct tlml_maps *m, int argc, char **argv)
{
	unsigned int i;

	for (i = 0; i < sizeof(policy) / sizeof(policy[0]); i++)
		if (matches(policy[i].before, argc, argv))
			say(policy[i].next);
	if (matches("class", argc, argv))
		say_classes(m);
	if (matches("allow del", argc, argv))
		say_allowed(m);
}

void tlml_cmd_complete(const struct tlml_cmd *c)
{
	const char *last = c->argc ? c->argv[c->argc - 1] : "";
	struct tlml_maps m;
	struct tlml_error e;

	if (!c->argc) {
		if (!strcmp(c->name, "large"))
			say("learn rollback");
		else if (!strncmp(c->name, "large ", 6))
			say("--models");
		else if (*c->usage && !strstr(c->usage, "FILE [--state"))
			say_ifaces();
		return;
	}
	if (tlml_maps_open(c->argv[0], &m, &e))
		return;
	if (!strcmp(c->name, "set"))
		say_policy(&m, c->argc - 1, c->argv + 1);
	else if (!strcmp(last, "--class"))
		say_classes(&m);
	else if (!strcmp(last, "--reason"))
		say("trace unsure anomaly audit");
	else if (!strcmp(c->name, "flow get") && c->argc == 1)
		say("tcp udp icmp icmp6 sctp");
	else if (!strcmp(c->name, "flow show"))
		say("--class --top");
	else if (!strcmp(c->name, "flow watch"))
		say("--reason --seconds");
	else if (!strcmp(c->name, "watch"))
		say("--trace --payload");
	else if (!strcmp(c->name, "model push") && c->argc == 2)
		say("--unsigned");
	else if (!strcmp(c->name, "label") && c->argc == 1)
		say("--eve");
	else if (!strcmp(c->name, "label") && c->argc == 5)
		say("tcp udp icmp icmp6 sctp");
	else if (!strcmp(c->name, "label") && c->argc == 6)
		say_classes(&m);
	else if (!strcmp(c->name, "label") && !strcmp(c->argv[1], "--eve") && c->argc > 2)
		say("--map --map-file --within --by --learn");
	else if (!strcmp(c->name, "learn") && c->argc == 1)
		say("now");
	else if (!strcmp(c->name, "stats"))
		say("--explain");
	tlml_maps_close(&m);
}
