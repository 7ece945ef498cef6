// SPDX-License-Identifier: BSD-2-Clause
/* show: one screen of an interface: mode, model, classes, whom it suspects, what was lost. */
#include "cmd.h"

#define LATELY	56	/* windows of a source line: a minute */

static unsigned long long count_of(const struct tlml_stats *s, enum tlml_stat id)
{
	return s->count[id];
}

/* Name and value, in text only if it is not 0 (or always). */
static void show_count(struct tlml_out *o, const struct tlml_stats *s, enum tlml_stat id,
		       const char *key, int always)
{
	unsigned long long v = count_of(s, id);

	if (always || v)
		tlml_out_text(o, "  %s", key);
	tlml_out_num(o, key, always || v ? " %llu" : NULL, v);
}

static void show_model(struct tlml_out *o, const struct tlml_maps *m)
{
	const struct tlml_weights *w = tlml_maps_current(m);
	unsigned int i;

	if (w->generation) {
		tlml_out_num(o, "generation", "  model      generation %llu", w->generation);
		tlml_out_num(o, "model_classes", ", %llu classes", tlml_cmd_classes(m));
		tlml_out_text(o, ", decides at packets");
	} else {
		tlml_out_text(o, "  model      none is loaded: everything passes");
		tlml_out_num(o, "generation", NULL, 0);
		tlml_out_num(o, "model_classes", NULL, 0);
	}
	tlml_out_array(o, "points");
	for (i = 0; i < 16 && w->generation; i++)
		if (w->points >> i & 1)
			tlml_out_num(o, NULL, " %llu", 1ull << i);
	tlml_out_end(o);
	tlml_out_text(o, "\n");
}

static void show_traffic(struct tlml_out *o, const struct tlml_stats *s)
{
	tlml_out_num(o, "packets", "  traffic    %llu packets", count_of(s, TLML_STAT_packets));
	tlml_out_bytes(o, "bytes", ", %s", count_of(s, TLML_STAT_bytes));
	tlml_out_num(o, "flows", ", %llu flows begun\n", count_of(s, TLML_STAT_flows));
	tlml_out_num(o, "first_verdicts", "  decisions  %llu at first packets",
		     count_of(s, TLML_STAT_first_verdicts));
	tlml_out_num(o, "inferences", ", %llu by the net", count_of(s, TLML_STAT_inferences));
	tlml_out_num(o, "unsure", ", %llu unsure", count_of(s, TLML_STAT_unsure));
	tlml_out_num(o, "grey", ", %llu grey", count_of(s, TLML_STAT_grey));
	tlml_out_num(o, "audited", ", %llu audited", count_of(s, TLML_STAT_audited));
	tlml_out_num(o, "anomalies", ", %llu anomalous\n", count_of(s, TLML_STAT_anomalies));
	tlml_out_text(o, "  acted    ");
	show_count(o, s, TLML_STAT_dropped, "dropped", 1);
	show_count(o, s, TLML_STAT_limited, "limited", 1);
	show_count(o, s, TLML_STAT_marked, "marked", 1);
	show_count(o, s, TLML_STAT_would_drop, "would_drop", 0);
	show_count(o, s, TLML_STAT_would_limit, "would_limit", 0);
	show_count(o, s, TLML_STAT_would_mark, "would_mark", 0);
	show_count(o, s, TLML_STAT_allowed, "allowed", 0);
	show_count(o, s, TLML_STAT_lease_expired, "lease_expired", 0);
	show_count(o, s, TLML_STAT_confirm_expired, "confirm_expired", 0);
	show_count(o, s, TLML_STAT_no_model, "no_model", 0);
	tlml_out_text(o, "\n");
}

static void show_asked(struct tlml_out *o, const struct tlml_maps *m, const struct tlml_stats *s)
{
	tlml_cmd_ask(o, m->ctl);
	tlml_out_num(o, "asked", "  asked      %llu times", count_of(s, TLML_STAT_asked));
	tlml_out_num(o, "answered", ", %llu answered", count_of(s, TLML_STAT_answered));
	tlml_out_num(o, "answers_expired", ", %llu expired,", count_of(s, TLML_STAT_answers_expired));
	show_count(o, s, TLML_STAT_over_prefix, "over_prefix", 1);
	show_count(o, s, TLML_STAT_over_class, "over_class", 1);
	show_count(o, s, TLML_STAT_over_all, "over_all", 1);
	tlml_out_text(o, "\n");
}

static void show_losses(struct tlml_out *o, const struct tlml_stats *s)
{
	int any = s->count[TLML_STAT_ring_full] || s->count[TLML_STAT_rate_limited] ||
		  s->count[TLML_STAT_flows_refused];

	tlml_out_style(o, any ? TLML_OUT_ALARM : TLML_OUT_PLAIN);
	tlml_out_text(o, "  losses   ");
	tlml_out_object(o, "losses");
	show_count(o, s, TLML_STAT_ring_full, "ring_full", 1);
	show_count(o, s, TLML_STAT_rate_limited, "rate_limited", 1);
	show_count(o, s, TLML_STAT_flows_evicted, "flows_evicted", 1);
	show_count(o, s, TLML_STAT_flows_refused, "flows_refused", 1);
	tlml_out_end(o);
	tlml_out_text(o, "\n");
	tlml_out_style(o, TLML_OUT_PLAIN);
}

static void show_classes(struct tlml_out *o, const struct tlml_maps *m, const struct tlml_stats *s)
{
	unsigned int k, n = tlml_cmd_classes(m);
	char name[TLML_NAME_MAX];

	if (n)
		tlml_out_text(o, "  class                 flows       packets     bytes     dropped  act hard  action\n");
	tlml_out_array(o, "classes");
	for (k = 0; k < n; k++) {
		const struct tlml_class_stats *cs = &s->klass[k];
		const struct tlml_policy *p = &m->ctl->policy[k];

		tlml_cmd_class_name(m, k, tlml_maps_current(m)->generation, name);
		tlml_out_object(o, NULL);
		tlml_out_str(o, "class", "  %-15s", name);
		tlml_out_bool(o, "attack", NULL, tlml_maps_current(m)->info[k].attack);
		/* CPUs count up and down on their own: for a moment the sum may be below 0. */
		tlml_out_num(o, "flows", " %11llu", (__s64)cs->flows < 0 ? 0 : cs->flows);
		tlml_out_num(o, "packets", " %13llu", cs->packets);
		tlml_out_bytes(o, "bytes", " %9s", cs->bytes);
		tlml_out_num(o, "dropped", " %11llu", cs->dropped);
		tlml_out_text(o, "  %3u  %3u  ", p->margin_act, p->margin_hard);
		tlml_cmd_policy(o, p);
		tlml_out_text(o, "\n");
		tlml_out_end(o);
	}
	tlml_out_end(o);
}

struct suspects {
	unsigned long long lines, flows, open;
};

/* Sources whose latest first packet looked like a class, by class; flows they began lately. */
static void find_suspects(const struct tlml_maps *m, struct suspects *by)
{
	__u32 now = tlml_maps_now(), i, way;

	for (i = 0; m->sources && i <= m->ctl->source_mask; i++)
		for (way = 0; way < TLML_WAYS; way++) {
			struct tlml_source s = m->sources[i].way[way];
			__u32 age = (now >> TLML_WINDOW_SHIFT) - s.window;

			if (!s.fp || !s.decided || (age & ~0u >> TLML_WINDOW_SHIFT) > LATELY)
				continue;
			tlml_source_roll(&s, now);
			by[s.klass].lines++;
			by[s.klass].flows += s.flows;
			by[s.klass].open += s.open;
		}
}

static void show_suspects(struct tlml_out *o, const struct tlml_maps *m, const char *ifname)
{
	struct suspects by[TLML_CLASSES_MAX] = { 0 };
	unsigned int k, n = tlml_cmd_classes(m), any = 0;
	char name[TLML_NAME_MAX];

	find_suspects(m, by);
	tlml_out_array(o, "suspects");
	for (k = 0; k < n; k++) {
		if (!tlml_maps_current(m)->info[k].attack || !by[k].lines)
			continue;
		tlml_cmd_class_name(m, k, tlml_maps_current(m)->generation, name);
		tlml_out_text(o, "  %s", any++ ? "           " : "suspects   ");
		tlml_out_object(o, NULL);
		tlml_out_str(o, "class", "%s:", name);
		tlml_out_num(o, "sources", " sources %llu in the last minute", by[k].lines);
		tlml_out_num(o, "flows", ", flows %llu lately", by[k].flows);
		tlml_out_num(o, "unanswered", ", unanswered %llu\n", by[k].open);
		tlml_out_end(o);
	}
	tlml_out_end(o);
	if (any)
		tlml_out_text(o, "             tlmlctl flow watch %s shows their addresses\n", ifname);
}

static int show_one(struct tlml_cmd *c, const char *ifname, struct tlml_maps *m)
{
	struct tlml_stats s;
	int err = tlml_cmd_counters(c, m, &s);

	if (err)
		return err;
	tlml_cmd_state(&c->out, m, ifname);
	show_model(&c->out, m);
	show_traffic(&c->out, &s);
	show_asked(&c->out, m, &s);
	show_losses(&c->out, &s);
	show_suspects(&c->out, m, ifname);
	show_classes(&c->out, m, &s);
	return 0;
}

int tlml_cmd_show(struct tlml_cmd *c)
{
	int err = tlml_cmd_words(c, 0, 1);

	return err ? err : tlml_cmd_each(c, show_one);
}
