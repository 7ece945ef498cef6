// SPDX-License-Identifier: BSD-2-Clause
/* stats: every counter, and with --explain what it counts. */
#include "cmd.h"

static const struct {
	const char *name, *meaning;
} counters[] = {
#define TLML_STAT_TEXT(id, meaning) { #id, meaning },
	TLML_STATS(TLML_STAT_TEXT)
#undef TLML_STAT_TEXT
};

static int stats_print(struct tlml_cmd *c, const char *ifname, struct tlml_maps *m, int explain)
{
	struct tlml_stats s;
	int err = tlml_cmd_counters(c, m, &s);
	unsigned int i;

	if (err)
		return err;
	tlml_out_text(&c->out, "%s\n", ifname);
	tlml_out_object(&c->out, "stats");
	for (i = 0; i < TLML_STATS_N; i++) {
		tlml_out_text(&c->out, "  %-16s ", counters[i].name);
		if (!explain) {
			tlml_out_num(&c->out, counters[i].name, "%16llu\n", s.count[i]);
			continue;
		}
		tlml_out_object(&c->out, counters[i].name);
		tlml_out_num(&c->out, "value", "%16llu", s.count[i]);
		tlml_out_str(&c->out, "meaning", "  %s\n", counters[i].meaning);
		tlml_out_end(&c->out);
	}
	tlml_out_end(&c->out);
	return 0;
}

static int stats_plain(struct tlml_cmd *c, const char *ifname, struct tlml_maps *m)
{
	return stats_print(c, ifname, m, 0);
}

static int stats_explained(struct tlml_cmd *c, const char *ifname, struct tlml_maps *m)
{
	return stats_print(c, ifname, m, 1);
}

int tlml_cmd_stats(struct tlml_cmd *c)
{
	int explain = tlml_cmd_option(c, "--explain", NULL), err = tlml_cmd_words(c, 0, 1);

	return err ? err : tlml_cmd_each(c, explain ? stats_explained : stats_plain);
}
