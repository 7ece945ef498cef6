// SPDX-License-Identifier: BSD-2-Clause
/* class: the classes of the live model, what is done with each, and what nothing is done to. */
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

unsigned int tlml_cmd_classes(const struct tlml_maps *m)
{
	const struct tlml_weights *w = tlml_maps_current(m);

	return w->generation ? tlml_lesser(w->classes, TLML_CLASSES_MAX) : 0;
}

void tlml_cmd_class_name(const struct tlml_maps *m, unsigned int klass, unsigned int generation,
			 char *name)
{
	const struct tlml_weights *w = tlml_maps_current(m);
	unsigned int i;

	for (i = 0; i < TLML_SLOTS && (w->generation ^ generation) & 15; i++)
		w = &m->weights[i];
	if ((w->generation ^ generation) & 15 || klass >= w->classes) {
		snprintf(name, TLML_NAME_MAX, "class%u", klass);	/* its model is gone */
		return;
	}
	memcpy(name, w->info[klass & (TLML_CLASSES_MAX - 1)].name, TLML_NAME_MAX);
	name[TLML_NAME_MAX - 1] = 0;
}

void tlml_cmd_policy(struct tlml_out *o, const struct tlml_policy *p)
{
	tlml_out_str(o, "action", "%s", tlml_action_name(p->action));
	tlml_out_num(o, "margin_act", NULL, p->margin_act);
	tlml_out_num(o, "margin_hard", NULL, p->margin_hard);
	tlml_out_num(o, "mark", p->action == TLML_ACTION_MARK ? " %#llx" : NULL, p->mark);
	if (p->dscp)
		tlml_out_num(o, "dscp", p->action == TLML_ACTION_MARK ? " dscp %llu" : NULL, p->dscp - 1);
	else
		tlml_out_none(o, "dscp");
	tlml_out_num(o, "rate", p->action == TLML_ACTION_LIMIT ? " %llu/s" : NULL, p->rate);
	tlml_out_num(o, "burst", p->action == TLML_ACTION_LIMIT ? " burst %llu" : NULL, p->burst);
}

static void class_row(struct tlml_cmd *c, const struct tlml_maps *m, unsigned int k)
{
	const struct tlml_class_info *info = &tlml_maps_current(m)->info[k];
	const struct tlml_policy *p = &m->ctl->policy[k];
	char name[TLML_NAME_MAX];

	tlml_cmd_class_name(m, k, tlml_maps_current(m)->generation, name);
	tlml_out_object(&c->out, NULL);
	tlml_out_num(&c->out, "index", "  %2llu", k);
	tlml_out_str(&c->out, "class", "  %-15s", name);
	tlml_out_bool(&c->out, "attack", "  %-6s", info->attack);
	tlml_out_text(&c->out, "  %3u (%3u)  %4u (%3u)  ", p->margin_act, info->margin_act,
		      p->margin_hard, info->margin_hard);
	tlml_out_num(&c->out, "model_margin_act", NULL, info->margin_act);
	tlml_out_num(&c->out, "model_margin_hard", NULL, info->margin_hard);
	tlml_cmd_policy(&c->out, p);
	tlml_out_text(&c->out, "\n");
	tlml_out_end(&c->out);
}

static int class_allowed(struct tlml_cmd *c, const struct tlml_maps *m)
{
	struct tlml_allow_key *keys;
	char text[TLML_ALLOW_TEXT];
	size_t n, i;
	int err = tlml_cmd_allowed(c, m, &keys, &n);

	if (err)
		return err;
	tlml_out_text(&c->out, n ? "\nallow-listed:\n" : "\nnothing is allow-listed\n");
	tlml_out_array(&c->out, "allow");
	for (i = 0; i < n; i++) {
		tlml_allow_print(&keys[i], text);
		tlml_out_str(&c->out, NULL, "  %s\n", text);
	}
	tlml_out_end(&c->out);
	free(keys);
	return 0;
}

int tlml_cmd_class(struct tlml_cmd *c)
{
	struct tlml_maps m;
	unsigned int k, n;
	int err = tlml_cmd_words(c, 1, 1);

	if (!err)
		err = tlml_cmd_open_view(c, &m);
	if (err)
		return err;
	n = tlml_cmd_classes(&m);
	tlml_out_object(&c->out, NULL);
	tlml_out_str(&c->out, "interface", NULL, c->argv[0]);
	tlml_out_num(&c->out, "generation", NULL, tlml_maps_current(&m)->generation);
	tlml_out_array(&c->out, "classes");
	if (n)
		tlml_out_text(&c->out, "  no  class            attack  act (mod)  hard (mod)  action\n");
	else
		tlml_out_text(&c->out, "there is no model: tlmlctl model push %s FILE\n", c->argv[0]);
	for (k = 0; k < n; k++)
		class_row(c, &m, k);
	tlml_out_end(&c->out);
	err = class_allowed(c, &m);
	if (!err)
		tlml_out_end(&c->out);
	tlml_maps_close(&m);
	return err;
}
