// SPDX-License-Identifier: BSD-2-Clause
/* What tlml-load has put onto interfaces, for people and as JSON. */
#include "status.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../../daemon/policy.h"
#include "daemon.h"
#include "pin.h"
#include "state.h"

static const char *const by[] = {
	[TLML_TC_NONE] = "nothing", [TLML_TC_TCX] = "tcx", [TLML_TC_CLSACT] = "clsact",
};

static void print_program(struct tlml_out *o, const char *hook,
			  const struct tlml_state_program *p, const char *how)
{
	char tag[2 * sizeof(p->tag) + 1];

	for (unsigned int i = 0; i < sizeof(p->tag); i++)
		snprintf(tag + 2 * i, 3, "%02x", p->tag[i]);
	tlml_out_object(o, NULL);
	tlml_out_str(o, "hook", "  %-8s", hook);
	if (p->id) {
		tlml_out_num(o, "id", "program %llu", p->id);
		tlml_out_str(o, "tag", ", tag %s", tag);
		tlml_out_str(o, "by", ", by %s\n", how);
	} else {
		tlml_out_none(o, "id");
		tlml_out_text(o, "no program\n");
	}
	tlml_out_end(o);
}

static void print_maps(struct tlml_out *o, const struct tlml_maps *m)
{
	const struct tlml_weights *w = tlml_maps_current(m);
	unsigned long long flows = (m->ctl->flow_mask + 1ull) * TLML_WAYS;
	unsigned long long sources = (m->ctl->source_mask + 1ull) * TLML_WAYS;

	tlml_out_str(o, "policy", "  policy  %s\n", tlml_mode_name(m->ctl->mode));
	tlml_out_num(o, "generation", "  model   generation %llu", w->generation);
	tlml_out_num(o, "classes", ", %llu classes\n", w->classes);
	tlml_out_bool(o, "module", "  module  called: %s\n", m->ctl->module);
	tlml_out_num(o, "flows", "  tables  %llu flows", flows);
	tlml_out_num(o, "sources", ", %llu sources", sources);
	tlml_out_bytes(o, "bytes", ", %s\n",
		       flows * sizeof(struct tlml_flow) + sources * sizeof(struct tlml_source));
}

static void print_state(struct tlml_out *o, const char *ifname, const struct tlml_state *s)
{
	char since[32];

	strftime(since, sizeof(since), "%F %T", localtime(&s->since));
	tlml_out_str(o, "interface", "%s: ", ifname);
	tlml_out_num(o, "ifindex", NULL, s->ifindex);
	tlml_out_bool(o, "attached", NULL, s->on);
	tlml_out_bool(o, "shared", NULL, s->shared);
	if (s->on) {
		tlml_out_str(o, "mode", "%s mode", s->generic ? "generic" : "native");
		tlml_out_text(o, "%s, since %s\n", s->shared ? ", shared by libxdp" : "", since);
	} else {
		tlml_out_none(o, "mode");
		tlml_out_text(o, "the pins are stale, nothing is attached: 'tlml-load --clean %s'\n",
			      ifname);
	}
	tlml_out_num(o, "since", NULL, s->since);
	tlml_out_array(o, "programs");
	print_program(o, "xdp", &s->xdp, s->shared ? "libxdp" : "bpf_link");
	print_program(o, "ingress", &s->ingress, by[s->ingress_how]);
	print_program(o, "egress", &s->egress, by[s->egress_how]);
	tlml_out_end(o);
}

/* Who looks after the interface. Asking fails where nobody does. */
static void print_daemon(struct tlml_out *o, const char *ifname)
{
	json_t *status = NULL, *i, *found = NULL;
	struct tlml_error ignored;
	size_t at;

	tlml_daemon_status(&status, &ignored);
	json_array_foreach(json_object_get(status, "interfaces"), at, i) {
		const char *name = json_string_value(json_object_get(i, "interface"));

		if (name && !strcmp(name, ifname))
			found = i;
	}
	if (found) {
		tlml_out_object(o, "daemon");
		tlml_out_num(o, "pid", "  daemon  tlmld %llu",
			     json_integer_value(json_object_get(status, "pid")));
		tlml_out_num(o, "asked", ", %llu flows asked about",
			     json_integer_value(json_object_get(found, "asked")));
		tlml_out_num(o, "applied", ", %llu answers applied\n",
			     json_integer_value(json_object_get(found, "applied")));
		tlml_out_end(o);
	} else {
		tlml_out_none(o, "daemon");
		tlml_out_text(o, "  daemon  none: hard flows keep the tiny model's verdict\n");
	}
	json_decref(status);
}

static int print_one(const char *ifname, struct tlml_out *o, struct tlml_error *e)
{
	char dir[TLML_PATH_MAX];
	struct tlml_maps maps;
	struct tlml_state s;
	int err;

	tlml_maps_dir(ifname, dir, sizeof(dir));
	tlml_state_read(ifname, dir, &s);
	if (!s.pinned) {
		tlml_out_object(o, NULL);
		tlml_out_str(o, "interface", NULL, ifname);
		tlml_out_bool(o, "attached", NULL, 0);
		tlml_out_end(o);
		return tlml_error_set(e, ENOENT, "tlml is not on %s", ifname);
	}
	err = tlml_maps_open(ifname, &maps, e);
	if (err)
		return err;
	tlml_out_object(o, NULL);
	print_state(o, ifname, &s);
	print_maps(o, &maps);
	print_daemon(o, ifname);
	tlml_out_end(o);
	tlml_maps_close(&maps);
	return s.on ? 0 : tlml_error_set(e, ENOENT, "tlml is no longer attached to %s", ifname);
}

static int print_all(struct tlml_out *o, struct tlml_error *e)
{
	char root[TLML_PATH_MAX], ifname[IF_NAMESIZE];
	struct dirent *entry;
	int err = 0, one, n = 0;
	DIR *d;

	tlml_maps_root(root, sizeof(root));
	d = opendir(root);
	if (!d && errno != ENOENT)
		return tlml_error_set(e, errno, "cannot look into %s: %s; run as root", root,
				      strerror(errno));
	tlml_out_object(o, NULL);
	tlml_out_array(o, "interfaces");
	while (d && (entry = readdir(d))) {
		if (entry->d_name[0] == '.' || !tlml_maps_ifname(entry->d_name, ifname))
			continue;
		one = print_one(ifname, o, e);
		err = one ? one : err;
		n++;
	}
	tlml_out_end(o);
	tlml_out_end(o);
	if (d)
		closedir(d);
	if (!n)
		return tlml_error_set(e, ENOENT, "tlml is on no interface of this network namespace");
	return err;
}

int tlml_status(const char *ifname, struct tlml_out *o, struct tlml_error *e)
{
	if (!ifname)
		return print_all(o, e);
	if (!*ifname || strlen(ifname) >= IF_NAMESIZE || strchr(ifname, '/') || *ifname == '.')
		return tlml_error_set(e, EINVAL, "'%s' cannot be an interface", ifname);
	return print_one(ifname, o, e);
}
