// SPDX-License-Identifier: BSD-2-Clause
/* monitor: what the kernel module tells to everybody who listens, as it happens. */
#include <errno.h>
#include <linux/genetlink.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "lib/netlink.h"

struct monitor {
	struct tlml_cmd *c;
	unsigned int only;	/* interface, 0: all */
};

static void name_of(unsigned int ifindex, char name[IF_NAMESIZE])
{
	if (!if_indextoname(ifindex, name))
		snprintf(name, IF_NAMESIZE, "if%u", ifindex);
}

static void show_policy(struct monitor *w, struct genlmsghdr *told)
{
	struct tlml_class_info names[TLML_CLASSES_MAX] = { 0 };
	struct tlml_out *o = &w->c->out;
	struct tlml_maps m = TLML_MAPS_NONE;
	struct tlml_ctl ctl = { 0 };
	char ifname[IF_NAMESIZE];
	int n = tlml_netlink_policy(told, &ctl, names);

	if (n < 0 || (w->only && ctl.ifindex != w->only))
		return;
	m.ctl = &ctl;
	name_of(ctl.ifindex, ifname);
	tlml_out_object(o, NULL);
	tlml_out_str(o, "event", "%s     ", "policy");
	tlml_out_str(o, "interface", NULL, ifname);
	tlml_cmd_state(o, &m, ifname);
	tlml_out_array(o, "classes");
	for (int i = 0; i < n; i++) {
		if (!ctl.policy[i].action && o->mode == TLML_OUT_TEXT)
			continue;
		tlml_out_object(o, NULL);
		tlml_out_str(o, "class", "           class %s: ", names[i].name);
		tlml_cmd_policy(o, &ctl.policy[i]);
		tlml_out_text(o, "\n");
		tlml_out_end(o);
	}
	tlml_out_end(o);
	tlml_out_end(o);
}

static void show_unbound(struct monitor *w, struct genlmsghdr *told)
{
	struct nlattr *tb[TLML_A_BIND_MAX + 1];
	char ifname[IF_NAMESIZE];
	unsigned int ifindex;

	if (tlml_nl_attrs(told, tb, TLML_A_BIND_MAX) || !tb[TLML_A_BIND_IFINDEX])
		return;
	ifindex = nla_get_u32(tb[TLML_A_BIND_IFINDEX]);
	if (w->only && ifindex != w->only)
		return;
	name_of(ifindex, ifname);
	tlml_out_object(&w->c->out, NULL);
	tlml_out_str(&w->c->out, "event", "%s    ", "unbound");
	tlml_out_str(&w->c->out, "interface", "%s: the module has let go of its maps\n", ifname);
	tlml_out_end(&w->c->out);
}

static void show_event(struct monitor *w, struct genlmsghdr *told)
{
	static const char *const events[] = {
		[TLML_TOLD_GENERATION] = "generation", [TLML_TOLD_ROLLBACK] = "rollback",
		[TLML_TOLD_REFUSED] = "refused", [TLML_TOLD_ALERT] = "alert",
	};
	struct nlattr *tb[TLML_A_EVENT_MAX + 1];
	struct tlml_out *o = &w->c->out;
	char ifname[IF_NAMESIZE], text[256] = "";
	unsigned int which, ifindex;

	if (tlml_nl_attrs(told, tb, TLML_A_EVENT_MAX) || !tb[TLML_A_EVENT_EVENT] ||
	    !tb[TLML_A_EVENT_IFINDEX])
		return;
	which = nla_get_u32(tb[TLML_A_EVENT_EVENT]);
	ifindex = nla_get_u32(tb[TLML_A_EVENT_IFINDEX]);
	if (which > TLML_TOLD_ALERT || (w->only && ifindex != w->only))
		return;
	name_of(ifindex, ifname);
	if (tb[TLML_A_EVENT_TEXT])
		nla_strlcpy(text, tb[TLML_A_EVENT_TEXT], sizeof(text));
	tlml_error_clean(text);
	tlml_out_object(o, NULL);
	tlml_out_str(o, "event", "%-10s ", events[which]);
	tlml_out_str(o, "interface", "%s:", ifname);
	if (tb[TLML_A_EVENT_GENERATION])
		tlml_out_num(o, "generation", " generation %llu",
			     nla_get_u32(tb[TLML_A_EVENT_GENERATION]));
	tlml_out_str(o, "text", " %s", text);
	tlml_out_num(o, "lost", tb[TLML_A_EVENT_LOST] ? " (%llu before it were not told)" : NULL,
		     tb[TLML_A_EVENT_LOST] ? nla_get_u32(tb[TLML_A_EVENT_LOST]) : 0);
	tlml_out_text(o, "\n");
	tlml_out_end(o);
}

static int show(struct genlmsghdr *told, void *arg)
{
	struct monitor *w = arg;

	switch (told->cmd) {
	case TLML_CMD_POLICY_GET:
	case TLML_CMD_POLICY_NTF: show_policy(w, told); break;
	case TLML_CMD_UNBIND_NTF: show_unbound(w, told); break;
	case TLML_CMD_MODEL_NTF:
	case TLML_CMD_ALERT_NTF: show_event(w, told); break;
	}
	fflush(stdout);
	return ferror(stdout) ? -EPIPE : 0;
}

/* What is so now stands for what was not heard. */
static int resync(struct monitor *w)
{
	struct tlml_cmd *c = w->c;
	int err, tries = 10;

	tlml_out_object(&c->out, NULL);
	tlml_out_str(&c->out, "event", "%s       ", "lost");
	tlml_out_text(&c->out, "some of what was told; as it is now:\n");
	tlml_out_end(&c->out);
	do
		err = tlml_nl_ask(c->nl, tlml_nl_request(c->nl, TLML_CMD_POLICY_GET, NLM_F_DUMP, 0),
				  show, w, &c->e);
	while (err == -EINTR && --tries);
	return err;
}

int tlml_cmd_monitor(struct tlml_cmd *c)
{
	struct monitor w = { .c = c };
	struct tlml_nl *ears = NULL;
	int err = tlml_cmd_words(c, 0, 1);

	if (!err)
		err = tlml_cmd_netlink(c);
	if (err)
		return err;
	if (c->argc) {
		w.only = if_nametoindex(c->argv[0]);
		if (!w.only)
			return tlml_error_set(&c->e, ENODEV, "there is no interface %s: 'ip link' lists them",
					      c->argv[0]);
	}
	c->out.lines = 1;
	err = tlml_nl_open(&ears, &c->e);
	if (!err)
		err = tlml_nl_find(ears, &c->e);
	if (!err)
		err = tlml_nl_listen(ears, &c->e);
	while (!err) {
		err = tlml_nl_hear(ears, show, &w, &c->e);
		if (err == -ENOBUFS)
			err = resync(&w);
	}
	tlml_nl_close(ears);
	return err == -EPIPE ? 0 : err;		/* who read it has gone */
}
