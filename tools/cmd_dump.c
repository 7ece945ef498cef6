// SPDX-License-Identifier: BSD-2-Clause
/*
 * dump: everything, for scripts: a row each, tab-separated, the first column says of what. New
 * columns come at the end of a row only (tlmlctl.8 lists them).
 */
#include <stdlib.h>

#include "../daemon/allow.h"
#include "cmd.h"

static const char *const counters[] = {
#define TLML_STAT_NAME(id, meaning) #id,
	TLML_STATS(TLML_STAT_NAME)
#undef TLML_STAT_NAME
};

static void begin(struct tlml_cmd *c, const char *row)
{
	tlml_out_object(&c->out, NULL);
	tlml_out_str(&c->out, "row", NULL, row);
	tlml_out_str(&c->out, "interface", NULL, c->argv[0]);
}

static void dump_classes(struct tlml_cmd *c, const struct tlml_maps *m, const struct tlml_stats *s)
{
	const struct tlml_weights *w = tlml_maps_current(m);
	char name[TLML_NAME_MAX];
	unsigned int k;

	for (k = 0; k < tlml_cmd_classes(m); k++) {
		tlml_cmd_class_name(m, k, w->generation, name);
		begin(c, "class");
		tlml_out_num(&c->out, "index", NULL, k);
		tlml_out_str(&c->out, "class", NULL, name);
		tlml_out_bool(&c->out, "attack", NULL, w->info[k].attack);
		tlml_out_num(&c->out, "flows", NULL, (__s64)s->klass[k].flows < 0 ? 0 : s->klass[k].flows);
		tlml_out_num(&c->out, "packets", NULL, s->klass[k].packets);
		tlml_out_num(&c->out, "bytes", NULL, s->klass[k].bytes);
		tlml_out_num(&c->out, "dropped", NULL, s->klass[k].dropped);
		tlml_cmd_policy(&c->out, &m->ctl->policy[k]);
		tlml_out_end(&c->out);
	}
}

static int dump_allowed(struct tlml_cmd *c, const struct tlml_maps *m)
{
	struct tlml_allow_key *keys;
	char text[TLML_ALLOW_TEXT];
	size_t n, i;
	int err = tlml_allow_list(m, &keys, &n, &c->e);

	for (i = 0; !err && i < n; i++) {
		tlml_allow_print(&keys[i], text);
		begin(c, "allow");
		tlml_out_str(&c->out, "prefix", NULL, text);
		tlml_out_end(&c->out);
	}
	if (!err)
		free(keys);
	return err;
}

static void dump_flows(struct tlml_cmd *c, const struct tlml_maps *m)
{
	__u32 now = tlml_maps_now(), i, way;

	for (i = 0; i <= m->ctl->flow_mask; i++)
		for (way = 0; way < TLML_WAYS; way++) {
			struct tlml_flow f = m->flows[i].way[way];

			if (!tlml_cmd_flow_lives(&f, now))
				continue;
			begin(c, "flow");
			tlml_cmd_flow(&c->out, m, &f, now);
			tlml_out_end(&c->out);
		}
}

static int dump_all(struct tlml_cmd *c, const struct tlml_maps *m)
{
	struct tlml_stats s;
	int err = tlml_maps_stats(m, &s, &c->e);
	unsigned int i;

	if (err)
		return err;
	tlml_out_array(&c->out, NULL);
	begin(c, "interface");
	tlml_cmd_state(&c->out, m, c->argv[0]);
	tlml_out_num(&c->out, "generation", NULL, tlml_maps_current(m)->generation);
	tlml_out_num(&c->out, "classes", NULL, tlml_cmd_classes(m));
	tlml_cmd_ask(&c->out, m->ctl);
	tlml_out_end(&c->out);
	dump_classes(c, m, &s);
	for (i = 0; i < TLML_STATS_N; i++) {
		begin(c, "stat");
		tlml_out_str(&c->out, "name", NULL, counters[i]);
		tlml_out_num(&c->out, "value", NULL, s.count[i]);
		tlml_out_end(&c->out);
	}
	err = dump_allowed(c, m);
	if (err)
		return err;
	dump_flows(c, m);
	tlml_out_end(&c->out);
	return 0;
}

int tlml_cmd_dump(struct tlml_cmd *c)
{
	struct tlml_maps m;
	int err = tlml_cmd_words(c, 1, 1);

	if (!err)
		err = tlml_cmd_open(c, &m);
	if (err)
		return err;
	if (c->out.mode == TLML_OUT_TEXT)
		tlml_out_open(&c->out, TLML_OUT_TABS);
	err = dump_all(c, &m);
	tlml_maps_close(&m);
	return err;
}
