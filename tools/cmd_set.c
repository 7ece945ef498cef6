// SPDX-License-Identifier: BSD-2-Clause
/* set: one line of policy (daemon/policy.h), and a word where its effect may surprise. */
#include <string.h>

#include "cmd.h"

static int acts(const struct tlml_maps *m)
{
	unsigned int k;

	for (k = 0; k < tlml_cmd_classes(m); k++)
		if (m->ctl->policy[k].action != TLML_ACTION_PASS)
			return 1;
	return 0;
}

int tlml_cmd_set(struct tlml_cmd *c)
{
	struct tlml_maps m;
	int err = tlml_cmd_words(c, 2, 64);

	if (!err)
		err = tlml_cmd_open_view(c, &m);
	if (err)
		return err;
	err = tlml_cmd_apply(c, &m, c->argc - 1, c->argv + 1);
	if (!err) {
		int mode = !strcmp(c->argv[1], "mode") || !strcmp(c->argv[1], "confirm");
		int ask = !strcmp(c->argv[1], "ask") || !strcmp(c->argv[1], "payload");

		tlml_out_object(&c->out, NULL);
		tlml_out_str(&c->out, "interface", NULL, c->argv[0]);
		if (mode || c->out.mode == TLML_OUT_JSON)
			tlml_cmd_state(&c->out, &m, c->argv[0]);
		if (ask || c->out.mode == TLML_OUT_JSON)
			tlml_cmd_ask(&c->out, m.ctl);
		if (mode && m.ctl->mode == TLML_MODE_ENFORCE && !acts(&m))
			tlml_out_text(&c->out, "  every class passes: tlmlctl set %s class NAME action drop|limit|mark\n",
				      c->argv[0]);
		tlml_out_end(&c->out);
	}
	tlml_maps_close(&m);
	return err;
}
