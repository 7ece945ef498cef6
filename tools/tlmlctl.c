// SPDX-License-Identifier: BSD-2-Clause
/* tlmlctl: the table of its commands. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

static const struct command {
	const char *name, *usage, *help;
	int (*run)(struct tlml_cmd *c);
} commands[] = {
	{ "show", "[IFACE]", "one screen of what goes on (also without any words)", tlml_cmd_show },
	{ "stats", "[IFACE] [--explain]", "every counter, and what it counts", tlml_cmd_stats },
	{ "flow show", "IFACE [--class CLASS] [--top N]", "flows, the busiest first", tlml_cmd_flow_show },
	{ "flow get", "IFACE PROTO SRC SPORT DST DPORT [vlan N] [tunnel]", "one flow in full",
	  tlml_cmd_flow_get },
	{ "flow watch", "IFACE [--reason REASON] [--seconds S]", "decisions as they are made",
	  tlml_cmd_flow_watch },
	{ "watch", "[IFACE] [--trace] [--payload]", "questions to the large model, and its answers", tlml_cmd_watch },
	{ "large learn", "[--models DIR]", "teach the large model what labels say", tlml_cmd_large_learn },
	{ "large rollback", "[--models DIR]", "the large model before the last that was taught",
	  tlml_cmd_large_rollback },
	{ "label", "IFACE {SRC SPORT DST DPORT PROTO CLASS | --eve FILE --map RULE...}",
	  "what a flow was, or flows that an IDS has alerts of", tlml_cmd_label },
	{ "large", "", "how asking the large model goes", tlml_cmd_large },
	{ "learn", "[IFACE [now]]", "what is learned from the large model", tlml_cmd_learn },
	{ "class", "IFACE", "classes, their policies, the allow-list", tlml_cmd_class },
	{ "model show", "[IFACE|FILE]", "the live model, or one in a file", tlml_cmd_model_show },
	{ "model log", "IFACE", "generations that are kept, and what became of others",
	  tlml_cmd_model_log },
	{ "model rollback", "IFACE [GENERATION]", "an older generation's weights again, or those before",
	  tlml_cmd_model_rollback },
	{ "model pin", "IFACE", "let nothing change the live model", tlml_cmd_model_pin },
	{ "model unpin", "IFACE", "let it change again", tlml_cmd_model_unpin },
	{ "model push", "IFACE FILE [--unsigned]", "make a signed model the live one",
	  tlml_cmd_model_push },
	{ "model sign", "FILE [--state DIR]", "sign a model with this machine's key",
	  tlml_cmd_model_sign },
	{ "bind", "IFACE", "have the kernel module serve an interface", tlml_cmd_bind },
	{ "unbind", "IFACE", "let it serve it no longer", tlml_cmd_unbind },
	{ "monitor", "[IFACE]", "changes of policy and model, alerts, as the module tells them",
	  tlml_cmd_monitor },
	{ "set", "IFACE SETTING...", "change mode, policy, allow-list ... (tlmlctl.8 lists settings)",
	  tlml_cmd_set },
	{ "probe", "", "what this machine has of what tlml needs", tlml_cmd_probe },
	{ "dump", "IFACE", "everything, tab-separated, for scripts", tlml_cmd_dump },
};

#define COMMANDS	(sizeof(commands) / sizeof(commands[0]))
#define HELP_COLUMN	30

static void help(void)
{
	unsigned int i;
	char line[80];
	int n;

	puts("usage: tlmlctl [-j] [--transport auto|maps|netlink] [COMMAND WORDS...]\n");
	for (i = 0; i < COMMANDS; i++) {
		n = snprintf(line, sizeof(line), "%s %s", commands[i].name, commands[i].usage);
		if (n > HELP_COLUMN)
			printf("  %s\n  %*s %s\n", line, HELP_COLUMN, "", commands[i].help);
		else
			printf("  %-*s %s\n", HELP_COLUMN, line, commands[i].help);
	}
	puts("\n  -j, --json   JSON    -h, --help   this    -V, --version");
}

/* The command that words begin with, which may take two; *taken says. */
static const struct command *lookup(int argc, char **argv, int *taken)
{
	unsigned int i;
	char two[64];

	for (i = 0; i < COMMANDS; i++) {
		*taken = strchr(commands[i].name, ' ') ? 2 : 1;
		if (argc < *taken)
			continue;
		snprintf(two, sizeof(two), *taken == 2 ? "%s %s" : "%s", argv[0], argv[1]);
		if (!strcmp(two, commands[i].name))
			return &commands[i];
	}
	return NULL;
}

static int unknown(int argc, char **argv)
{
	const char *names[COMMANDS], *near;
	unsigned int i, n = 0;
	char said[64];
	size_t len = strlen(argv[0]);

	/* An object alone or with a wrong verb: its verbs are few enough to be listed. */
	for (i = 0; i < COMMANDS; i++)
		if (!strncmp(commands[i].name, argv[0], len) && commands[i].name[len] == ' ')
			n += !!fprintf(stderr, n ? " or '%s'" : "tlmlctl: '%s'", commands[i].name);
	if (n) {
		if (argc > 1)
			fprintf(stderr, ", not '%s %s'", argv[0], argv[1]);
		fputs("; tlmlctl --help lists all commands\n", stderr);
		return 1;
	}
	for (i = 0; i < COMMANDS; i++)
		names[i] = commands[i].name;
	snprintf(said, sizeof(said), argc > 1 ? "%s %s" : "%s", argv[0], argv[1]);
	near = tlml_cmd_nearest(said, names, COMMANDS);
	if (!near)
		near = tlml_cmd_nearest(argv[0], names, COMMANDS);
	fprintf(stderr, "tlmlctl: no command '%s'%s%s%s; tlmlctl --help lists all\n", argv[0],
		near ? ": did you mean '" : "", near ? near : "", near ? "'?" : "");
	return 1;
}

/* First words, objects' second words, or what the command takes. */
static int complete(int argc, char **argv)
{
	const struct command *cmd;
	struct tlml_cmd c = { 0 };
	unsigned int i;
	int taken;

	cmd = argc ? lookup(argc, argv, &taken) : NULL;
	if (cmd) {
		c = (struct tlml_cmd){ .name = cmd->name, .usage = cmd->usage, .argc = argc - taken,
				       .argv = argv + taken };
		tlml_cmd_complete(&c);
		return 0;
	}
	for (i = 0; i < COMMANDS; i++) {
		const char *verb = strchr(commands[i].name, ' ');
		int n = strcspn(commands[i].name, " ");

		if (!argc && i && !strncmp(commands[i].name, commands[i - 1].name, n))
			continue;
		if (!argc)
			printf("%.*s\n", n, commands[i].name);
		else if (argc == 1 && verb && !strncmp(argv[0], commands[i].name, n) && !argv[0][n])
			puts(verb + 1);
	}
	return 0;
}

static int run(const struct command *cmd, int argc, char **argv, int json,
	       enum tlml_cmd_transport transport)
{
	struct tlml_cmd c = { .name = cmd->name, .usage = cmd->usage, .argc = argc, .argv = argv,
			      .transport = transport };
	int err, end;

	tlml_out_open(&c.out, json ? TLML_OUT_JSON : TLML_OUT_TEXT);
	err = cmd->run(&c);
	tlml_cmd_leave(&c);
	end = tlml_out_close(&c.out);
	if (!err && end) {
		err = end;
		tlml_error_set(&c.e, -end, end == -ENOMEM ? "no memory, or a name that is not UTF-8" :
			       "cannot write all of the output");
	}
	if (err)
		fprintf(stderr, "tlmlctl: %s\n", c.e.text);
	return err ? 1 : 0;
}

int main(int argc, char **argv)
{
	const struct command *cmd = &commands[0];
	enum tlml_cmd_transport transport = TLML_CMD_AUTO;
	int i, n = 0, json = 0, taken = 0;

	if (argc > 1 && !strcmp(argv[1], "complete"))
		return complete(argc - 2, argv + 2);
	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-j") || !strcmp(argv[i], "--json"))
			json = 1;
		else if (!strcmp(argv[i], "-h") || !strcmp(argv[i], "--help"))
			return help(), 0;
		else if (!strcmp(argv[i], "-V") || !strcmp(argv[i], "--version"))
			return puts("tlmlctl " TLML_VERSION), 0;
		else if (strcmp(argv[i], "--transport"))
			argv[n++] = argv[i];
		else if (tlml_cmd_transport(argv[++i], &transport))
			return fputs("tlmlctl: --transport is auto, maps or netlink\n", stderr), 1;
	}
	argv[n] = NULL;
	if (n) {
		cmd = lookup(n, argv, &taken);
		if (!cmd)
			return unknown(n, argv);
	}
	return run(cmd, n - taken, argv + taken, json, transport);
}
