// SPDX-License-Identifier: BSD-2-Clause
/* tlml-load: puts tlml onto an interface, exchanges its programs, takes it off. */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include "lib/bpflog.h"
#include "lib/clean.h"
#include "lib/daemon.h"
#include "lib/load.h"
#include "lib/netlink.h"
#include "lib/start.h"
#include "lib/status.h"

#define EXIT_USAGE		2
#define EXIT_NOT_ATTACHED	3
#define LINES_MAX		(1u << 26)
#define URLS_MAX		8

enum action { ATTACH, REPLACE, DETACH, STATUS, CLEAN };

struct options {
	enum action action;
	struct tlml_load_options load;
	struct tlml_start_options start;
	char *url[URLS_MAX];
	bool json, verbose, no_daemon;
	bool tuned;		/* an option was given that only attaching has */
	bool exchange;		/* --module was given: which programs, whether attached or not */
};

enum {
	OPT_POLICY = 256, OPT_FLOWS, OPT_SOURCES, OPT_MODE, OPT_SHARE, OPT_INGRESS, OPT_REPLACE,
	OPT_DETACH, OPT_STATUS, OPT_CLEAN, OPT_LARGE, OPT_NO_DAEMON, OPT_MODULE,
};

static const struct argp_option options[] = {
	{ 0, 0, 0, 0, "Attaching:", 1 },
	{ "model", 'm', "FILE", 0, "Decide by this model, or by the built-in one: default (if none is given: the one that was live here last, else the built-in one)", 1 },
	{ "policy", OPT_POLICY, "FILE", 0, "Begin with this policy (default: monitor, every class passes)", 1 },
	{ "flows", OPT_FLOWS, "N", 0, "Flows that the table has room for, 64 bytes each (default 65536)", 1 },
	{ "sources", OPT_SOURCES, "N", 0, "Source and destination prefixes, 64 bytes each (default a quarter of the flows)", 1 },
	{ "mode", OPT_MODE, "MODE", 0, "native: in the driver or not at all; generic; auto: native, else generic, and say so (default)", 1 },
	{ "share", OPT_SHARE, NULL, 0, "Join other XDP programs through libxdp's dispatcher", 1 },
	{ "ingress-only", OPT_INGRESS, NULL, 0, "Do not look at what leaves the interface", 1 },
	{ "large", OPT_LARGE, "URL", 0, "If tlmld has to be started, have it ask this large model, not tlml-large: http://HOST:PORT or unix:///PATH; may be repeated", 1 },
	{ "module", OPT_MODULE, "WHEN", 0, "Programs that call the kernel module: auto, if it is there (default); never; require. Attached already, these are exchanged, and the model if one is named", 1 },
	{ 0, 0, 0, 0, "Instead of attaching:", 2 },
	{ "replace", OPT_REPLACE, NULL, 0, "Exchange the programs for this version's; flows, model and policy stay, no packet is lost", 2 },
	{ "detach", OPT_DETACH, NULL, 0, "Take tlml off the interface", 2 },
	{ "status", OPT_STATUS, NULL, 0, "Say what is attached, to IFACE or everywhere; exit status 3 if nothing is", 2 },
	{ "clean", OPT_CLEAN, NULL, 0, "Remove what killed loaders and deleted interfaces left, of IFACE or everywhere", 2 },
	{ 0, 0, 0, 0, "Always:", 3 },
	{ "no-daemon", OPT_NO_DAEMON, NULL, 0, "Neither start tlmld nor tell it", 3 },
	{ "json", 'j', NULL, 0, "Print JSON", 3 },
	{ "verbose", 'v', NULL, 0, "Let libbpf, libxdp and the verifier speak", 3 },
	{ 0 }
};

const char *argp_program_version = "tlml-load " TLML_VERSION;

static unsigned int lines_arg(const char *name, const char *arg, struct argp_state *state)
{
	unsigned long v;
	char *end;

	errno = 0;
	v = strtoul(arg, &end, 10);
	if (*arg < '0' || *arg > '9' || *end || errno || !v || v > LINES_MAX)
		argp_error(state, "%s is '%s': give a number from 1 to %u", name, arg, LINES_MAX);
	return v;
}

static enum tlml_attach_mode mode_arg(const char *arg, struct argp_state *state)
{
	if (!strcmp(arg, "native"))
		return TLML_ATTACH_NATIVE;
	if (!strcmp(arg, "generic"))
		return TLML_ATTACH_GENERIC;
	if (strcmp(arg, "auto"))
		argp_error(state, "--mode is '%s': give native, generic or auto", arg);
	return TLML_ATTACH_AUTO;
}

static enum tlml_module module_arg(const char *arg, struct argp_state *state)
{
	if (!strcmp(arg, "never"))
		return TLML_MODULE_NEVER;
	if (!strcmp(arg, "require"))
		return TLML_MODULE_REQUIRE;
	if (strcmp(arg, "auto"))
		argp_error(state, "--module is '%s': give auto, never or require", arg);
	return TLML_MODULE_AUTO;
}

static void set_action(struct options *o, enum action action, struct argp_state *state)
{
	if (o->action != ATTACH && o->action != action)
		argp_error(state, "--replace, --detach, --status and --clean exclude each other");
	o->action = action;
}

static void check(struct options *o, struct argp_state *state)
{
	if (o->no_daemon && o->start.urls)
		argp_error(state, "--large is for the tlmld that --no-daemon does not start");
	if (o->load.model && !(o->exchange && o->action == REPLACE))
		o->tuned |= o->action != ATTACH;
	if (o->tuned && o->action == REPLACE)
		argp_error(state, "--replace keeps tables, model, policy and mode: 'tlmlctl model push' and 'tlmlctl set' change model and policy, --detach and attaching anew the rest");
	if ((o->tuned || o->exchange) && o->action != ATTACH && o->action != REPLACE)
		argp_error(state, "--detach, --status and --clean take no options of attaching");
	if (!o->load.ifname && o->action != STATUS && o->action != CLEAN)
		argp_error(state, "name the interface; 'ip link' lists them");
}

static error_t parse_arg(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;
	struct tlml_load_options *l = &o->load;

	switch (key) {
	case 'm': l->model = arg; return 0;
	case OPT_MODULE:
		l->module = module_arg(arg, state);
		o->exchange = true;
		return 0;
	case OPT_POLICY: l->policy = arg; break;
	case OPT_FLOWS: l->flows = lines_arg("--flows", arg, state); break;
	case OPT_SOURCES: l->sources = lines_arg("--sources", arg, state); break;
	case OPT_MODE: l->attach.mode = mode_arg(arg, state); break;
	case OPT_SHARE: l->attach.share = true; break;
	case OPT_INGRESS: l->attach.ingress_only = true; break;
	case OPT_LARGE:
		if (o->start.urls == URLS_MAX)
			argp_error(state, "--large %s is one too many: give %d at most", arg, URLS_MAX);
		o->url[o->start.urls++] = arg;
		break;
	case OPT_NO_DAEMON: o->no_daemon = true; return 0;
	case OPT_REPLACE: set_action(o, REPLACE, state); return 0;
	case OPT_DETACH: set_action(o, DETACH, state); return 0;
	case OPT_STATUS: set_action(o, STATUS, state); return 0;
	case OPT_CLEAN: set_action(o, CLEAN, state); return 0;
	case 'j': o->json = true; return 0;
	case 'v': o->verbose = true; return 0;
	case ARGP_KEY_ARG:
		if (l->ifname)
			argp_error(state, "one interface at a time: '%s' is one too many", arg);
		l->ifname = arg;
		return 0;
	case ARGP_KEY_END:
		check(o, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	o->tuned = true;
	return 0;
}

static const struct argp argp = {
	.options = options,
	.parser = parse_arg,
	.args_doc = "IFACE\n--replace IFACE\n--detach IFACE\n--status [IFACE]\n--clean [IFACE]",
	.doc = "Puts tlml onto a network interface: it looks at what comes and goes, decides, and counts; it acts on nothing until 'tlmlctl set IFACE mode enforce'.\v"
	       "Exit status: 0 done; 1 failed, and nothing has changed; 2 misuse; 3 not attached (--status, --detach).",
};

static void tell(const struct options *o, const struct tlml_load_result *r)
{
	const char *ifname = o->load.ifname;

	if (o->verbose && *r->notes.module.text)
		fprintf(stderr, "tlml-load: the programs on %s do without the module: %s\n", ifname,
			r->notes.module.text);
	if (*r->notes.fallback.text)
		fprintf(stderr, "tlml-load: %s runs in generic mode, which is slower: %s\n", ifname,
			r->notes.fallback.text);
	if (*r->unkept.text)
		fprintf(stderr, "tlml-load: the model of %s cannot be kept, and tlmld will not learn from it: %s\n",
			ifname, r->unkept.text);
	if (r->notes.unmarked)
		fprintf(stderr, "tlml-load: this kernel lets a program in libxdp's dispatcher leave no metadata: on %s the action mark sets the DSCP, but no mark on what comes in\n",
			ifname);
}

/* The data path works without; an attachment never fails for want of a daemon. */
static void look_after(const struct options *o)
{
	const char *ifname = o->load.ifname;
	struct tlml_error e;

	if (tlml_start(ifname, &o->start, &e))
		fprintf(stderr, "tlml-load: %s is attached and decides, but asks no large model: %s\n",
			ifname, e.text);
}

/* A tlmld that is not told finds out by itself, within a second. */
static void let_go(const char *ifname)
{
	struct tlml_error e;
	int fd = tlml_daemon_connect(&e);

	if (fd < 0)
		return;
	tlml_daemon_remove(fd, ifname, &e);
	close(fd);
}

/* By the module, if it is there; what it cannot do goes without it. */
static void serve(const char *ifname, int on)
{
	struct tlml_error e;

	if (tlml_netlink_serve(ifname, on, &e))
		fprintf(stderr, "tlml-load: %s goes without netlink: %s\n", ifname, e.text);
}

static int attach(const struct options *o, struct tlml_out *out, struct tlml_error *e)
{
	struct tlml_load_result r = {};
	int err = tlml_start_check(&o->start, e);

	if (!err)
		err = tlml_load_attach(&o->load, &r, e);
	if (r.mounted)
		fprintf(stderr, "tlml-load: there was no bpffs, so one was mounted at /sys/fs/bpf\n");
	if (err)
		return err;
	tell(o, &r);
	serve(o->load.ifname, 1);
	if (!o->no_daemon)
		look_after(o);
	return tlml_status(o->load.ifname, out, e);
}

static int replace(const struct options *o, struct tlml_out *out, struct tlml_error *e)
{
	struct tlml_load_result r = {};
	int err = tlml_load_replace(&o->load, &r, e);

	if (err)
		return err;
	tell(o, &r);
	return tlml_status(o->load.ifname, out, e);
}

static int detach(const struct options *o, struct tlml_out *out, struct tlml_error *e)
{
	int err = tlml_load_detach(o->load.ifname, e);

	if (err)
		return err;
	serve(o->load.ifname, 0);
	if (!o->no_daemon)
		let_go(o->load.ifname);
	tlml_out_object(out, NULL);
	tlml_out_str(out, "interface", "%s: ", o->load.ifname);
	tlml_out_bool(out, "attached", NULL, 0);
	tlml_out_text(out, "tlml is off\n");
	tlml_out_end(out);
	return 0;
}

struct removed {
	struct tlml_out *out;
	unsigned int n;
};

static void removed(const char *dir, const char *why, void *arg)
{
	struct removed *r = arg;

	r->n++;
	tlml_out_object(r->out, NULL);
	tlml_out_str(r->out, "removed", "removed %s", dir);
	tlml_out_str(r->out, "why", ": %s\n", why);
	tlml_out_end(r->out);
}

static int clean(const struct options *o, struct tlml_out *out, struct tlml_error *e)
{
	struct removed r = { .out = out };
	int err;

	tlml_out_object(out, NULL);
	tlml_out_array(out, "clean");
	err = tlml_clean(o->load.ifname, removed, &r, e);
	if (!err && !o->load.ifname)
		err = tlml_clean_run(removed, &r, e);
	tlml_out_end(out);
	tlml_out_end(out);
	if (!err && !r.n)
		tlml_out_text(out, "nothing to remove\n");
	return err;
}

static int run(const struct options *o, struct tlml_out *out, struct tlml_error *e)
{
	switch (o->action) {
	case ATTACH: return attach(o, out, e);
	case REPLACE: return replace(o, out, e);
	case DETACH: return detach(o, out, e);
	case STATUS: return tlml_status(o->load.ifname, out, e);
	case CLEAN: return clean(o, out, e);
	}
	return -EINVAL;
}

int main(int argc, char **argv)
{
	struct options o = { .load.module = TLML_MODULE_AUTO };
	struct tlml_error e = {};
	struct tlml_out out;
	int err;

	argp_err_exit_status = EXIT_USAGE;
	o.start.url = o.url;
	argp_parse(&argp, argc, argv, 0, NULL, &o);
	if (o.action == ATTACH && o.exchange && !o.tuned && tlml_load_attached(o.load.ifname))
		o.action = REPLACE;
	tlml_bpflog_init(o.verbose);
	tlml_out_open(&out, o.json ? TLML_OUT_JSON : TLML_OUT_TEXT);
	err = run(&o, &out, &e);
	if (tlml_out_close(&out) && !err)
		err = tlml_error_set(&e, EIO, "the output could not be written in full");
	if (!err)
		return EXIT_SUCCESS;
	fprintf(stderr, "tlml-load: %s\n", e.text);
	return err == -ENOENT && (o.action == STATUS || o.action == DETACH) ? EXIT_NOT_ATTACHED :
									    EXIT_FAILURE;
}
