// SPDX-License-Identifier: BSD-2-Clause
/* bind, unbind: have the kernel module serve an interface, or no longer. tlml-load does it, too. */
#include <errno.h>

#include "cmd.h"
#include "lib/netlink.h"

static int say(struct tlml_cmd *c, int bound)
{
	tlml_out_object(&c->out, NULL);
	tlml_out_str(&c->out, "interface", "%s: ", c->argv[0]);
	tlml_out_bool(&c->out, "bound", NULL, bound);
	tlml_out_text(&c->out, bound ? "the module has its maps\n" : "the module has let go of its maps\n");
	tlml_out_end(&c->out);
	return 0;
}

int tlml_cmd_bind(struct tlml_cmd *c)
{
	int err = tlml_cmd_words(c, 1, 1);

	if (!err)
		err = tlml_cmd_netlink(c);
	if (!err)
		err = tlml_netlink_bind(c->nl, c->argv[0], &c->e);
	return err ? err : say(c, 1);
}

int tlml_cmd_unbind(struct tlml_cmd *c)
{
	int err = tlml_cmd_words(c, 1, 1);
	unsigned int ifindex;

	if (!err)
		err = tlml_cmd_netlink(c);
	if (err)
		return err;
	ifindex = if_nametoindex(c->argv[0]);
	if (!ifindex)
		return tlml_error_set(&c->e, ENODEV, "there is no interface %s: 'ip link' lists them",
				      c->argv[0]);
	err = tlml_netlink_unbind(c->nl, ifindex, &c->e);
	return err ? err : say(c, 0);
}
