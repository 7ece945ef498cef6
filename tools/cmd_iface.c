// SPDX-License-Identifier: BSD-2-Clause
/* The interfaces that tlml is on: found by their pins, opened for a command. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

/* Adds to the sentence which interfaces there are, if tlml is not on the one named. */
static int not_on(struct tlml_cmd *c, const char *ifname, int err)
{
	char (*names)[IF_NAMESIZE];
	struct tlml_error ignored;
	size_t at = strlen(c->e.text);
	int i, n;

	if (err != -ENOENT || c->transport == TLML_CMD_NETLINK)
		return err;
	n = tlml_maps_list(&names, &ignored);
	for (i = 0; i < n && at < sizeof(c->e.text); i++)
		at += snprintf(c->e.text + at, sizeof(c->e.text) - at, "%s%s", i ? ", " : "; it is on ",
			       names[i]);
	if (n >= 0)
		free(names);
	return err;
}

static int is_name(struct tlml_cmd *c, const char *ifname)
{
	if (!*ifname || strlen(ifname) >= IF_NAMESIZE || strchr(ifname, '/') || *ifname == '.')
		return tlml_error_set(&c->e, EINVAL, "'%s' is not the name of an interface", ifname);
	return 0;
}

static int open_one(struct tlml_cmd *c, const char *ifname, struct tlml_maps *m)
{
	int err = is_name(c, ifname);

	if (err)
		return err;
	err = tlml_cmd_view(c, ifname, m);
	return err ? not_on(c, ifname, err) : 0;
}

int tlml_cmd_open_view(struct tlml_cmd *c, struct tlml_maps *m)
{
	return open_one(c, c->argv[0], m);
}

int tlml_cmd_open(struct tlml_cmd *c, struct tlml_maps *m)
{
	int err = is_name(c, c->argv[0]);

	if (c->transport == TLML_CMD_NETLINK)
		return tlml_error_set(&c->e, EINVAL, "%s takes the maps themselves: leave --transport netlink out",
				      c->name);
	if (err)
		return err;
	err = tlml_maps_open(c->argv[0], m, &c->e);
	return err ? not_on(c, c->argv[0], err) : 0;
}

int tlml_cmd_each(struct tlml_cmd *c,
		  int (*fn)(struct tlml_cmd *c, const char *ifname, struct tlml_maps *m))
{
	char (*names)[IF_NAMESIZE] = NULL;
	struct tlml_maps m;
	int i, n = 1, err;

	if (!c->argc) {
		n = tlml_cmd_list(c, &names);
		if (n < 0)
			return n;
		if (!n)
			tlml_out_text(&c->out, "tlml is on no interface of this network namespace; 'tlml-load IFACE' puts it on one.\n");
	}
	tlml_out_object(&c->out, NULL);
	tlml_out_array(&c->out, "interfaces");
	for (i = 0, err = 0; !err && i < n; i++) {
		const char *ifname = names ? names[i] : c->argv[0];

		err = open_one(c, ifname, &m);
		if (err == -ENOENT && names) {		/* detached while we looked */
			err = 0;
			continue;
		}
		if (err)
			break;
		tlml_out_text(&c->out, "%s", i ? "\n" : "");
		tlml_out_object(&c->out, NULL);
		tlml_out_str(&c->out, "interface", NULL, ifname);
		err = fn(c, ifname, &m);
		tlml_out_end(&c->out);
		tlml_maps_close(&m);
	}
	if (!err) {
		tlml_out_end(&c->out);
		tlml_out_end(&c->out);
	}
	free(names);
	return err;
}
