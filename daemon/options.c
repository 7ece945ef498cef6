// SPDX-License-Identifier: BSD-2-Clause
/* The command line of tlmld, which goes before its file. */
#include "options.h"

#include <argp.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#define EXIT_USAGE	2

enum { OPT_LARGE = 256, OPT_MODEL, OPT_LOOP, OPT_RUN, OPT_STATE, OPT_USER, OPT_EXIT_IDLE };

static const struct argp_option options[] = {
	{ "config", 'c', "FILE", 0, "Keys and values (default: " TLML_CONF_FILE ", if it is there)", 1 },
	{ "large", OPT_LARGE, "URL", 0, "Ask this large model: unix:///PATH or http://HOST:PORT; may be repeated, the first one first (default: the socket of tlml-large)", 1 },
	{ "model", OPT_MODEL, "NAME", 0, "Its name there (default: tlml)", 1 },
	{ "loop", OPT_LOOP, "KIND", 0, "auto, io_uring or epoll (default: auto, io_uring if the kernel lets us)", 2 },
	{ "run", OPT_RUN, "DIR", 0, "Sockets are here (default: /run/tlml, with a directory for each other network namespace)", 2 },
	{ "state", OPT_STATE, "DIR", 0, "Models and keys are kept here (default: /var/lib/tlml, in other network namespaces or with --run state/ where the sockets are)", 2 },
	{ "user", OPT_USER, "NAME", 0, "Become this user (default: tlml, if there is one, else nobody)", 2 },
	{ "exit-idle", OPT_EXIT_IDLE, NULL, 0, "End when there is no interface left to look after", 2 },
	{ 0 }
};

const char *argp_program_version = "tlmld " TLML_VERSION;

static void add_url(struct tlml_options *o, const char *arg, struct argp_state *state)
{
	if (o->urls == TLML_ENDPOINTS_MAX)
		argp_error(state, "--large %s is one too many: give %u at most", arg, TLML_ENDPOINTS_MAX);
	o->url[o->urls++] = arg;
}

static enum tlml_loop_kind loop_arg(const char *arg, struct argp_state *state)
{
	if (!strcmp(arg, "io_uring"))
		return TLML_LOOP_URING;
	if (!strcmp(arg, "epoll"))
		return TLML_LOOP_EPOLL;
	if (strcmp(arg, "auto"))
		argp_error(state, "--loop is '%s': give auto, io_uring or epoll", arg);
	return TLML_LOOP_AUTO;
}

static error_t parse_arg(int key, char *arg, struct argp_state *state)
{
	struct tlml_options *o = state->input;

	switch (key) {
	case 'c': o->file = arg; return 0;
	case OPT_LARGE: add_url(o, arg, state); return 0;
	case OPT_MODEL: o->model = arg; return 0;
	case OPT_LOOP: o->loop = loop_arg(arg, state); return 0;
	case OPT_RUN: o->run = arg; return 0;
	case OPT_STATE: o->state = arg; return 0;
	case OPT_USER: o->user = arg; return 0;
	case OPT_EXIT_IDLE: o->exit_idle = true; return 0;
	case ARGP_KEY_ARGS:
		o->names = state->argv + state->next;
		o->count = state->argc - state->next;
		for (int i = 0; i < o->count; i++)
			if (!*o->names[i] || strlen(o->names[i]) >= IF_NAMESIZE ||
			    strchr(o->names[i], '/') || *o->names[i] == '.')
				argp_error(state, "'%s' is not the name of an interface", o->names[i]);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

void tlml_options_parse(int argc, char **argv, struct tlml_options *o)
{
	static const struct argp argp = {
		options, parse_arg, "[IFACE...]",
		"Looks after the interfaces that tlml is on: renews their leases, has a large model asked "
		"about the flows that the tiny one is unsure of, and gives them its answers."
		"\vWithout IFACE it takes on all of this network namespace. See tlmld(8)."
	};

	*o = (struct tlml_options){ .loop = TLML_LOOP_AUTO };
	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, o);
}

static int set(struct tlml_conf *c, const char *key, const char *value, struct tlml_error *e)
{
	struct tlml_error why;

	if (!value || !tlml_conf_set(c, key, value, &why))
		return 0;
	return tlml_error_set(e, EINVAL, "--%s '%.64s': %s", key, value, why.text);
}

int tlml_options_conf(const struct tlml_options *o, struct tlml_conf *c, struct tlml_error *e)
{
	int err = tlml_conf_read(o->file ? o->file : TLML_CONF_FILE, c, e);

	if (err == -ENOENT && !o->file)
		err = 0;
	if (!err && o->urls)
		c->urls = 0;
	for (unsigned int i = 0; !err && i < o->urls; i++)
		err = set(c, "large", o->url[i], e);
	if (!err)
		err = set(c, "model", o->model, e);
	if (!err)
		err = set(c, "user", o->user, e);
	return err;
}
