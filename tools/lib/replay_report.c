// SPDX-License-Identifier: BSD-2-Clause
/* What a replay comes to. */
#include "replay_report.h"

#include <string.h>

#include "../../daemon/policy.h"

/* Counters that say something beside the totals. */
static const struct {
	enum tlml_stat id;
	const char *meaning;
} told[] = {
	{ TLML_STAT_not_ip, "frames were not IP" },
	{ TLML_STAT_short_frame, "frames had a header that runs over their end" },
	{ TLML_STAT_bad_header, "frames had a header that contradicts itself" },
	{ TLML_STAT_control, "frames keep the network alive (ND, DHCP, routing) and always pass" },
	{ TLML_STAT_off, "frames passed unseen: the policy says mode off" },
	{ TLML_STAT_flows_evicted, "flows lost their line to another: more --flows would keep them" },
	{ TLML_STAT_flows_refused, "packets of new flows found no line: more --flows would help" },
	{ TLML_STAT_asked, "times the large model would have been asked about a flow" },
	{ TLML_STAT_over_prefix, "times it would not have been: over the budget of a prefix" },
	{ TLML_STAT_over_class, "times it would not have been: over the budget of a class" },
	{ TLML_STAT_over_all, "times it would not have been: over the budget of them all" },
	{ TLML_STAT_anomalies, "decisions had an anomaly score at or above the high mark" },
	{ TLML_STAT_allowed, "packets passed by the allow-list against a verdict" },
};

static void class_line(const char *name, const struct tlml_replay_class *c, FILE *out)
{
	fprintf(out, "  %-15s %9llu %10llu %13llu %10llu %10llu %10llu\n", name,
		(unsigned long long)c->flows, (unsigned long long)c->packets,
		(unsigned long long)c->bytes, (unsigned long long)c->acted[TLML_ACTION_DROP],
		(unsigned long long)c->acted[TLML_ACTION_LIMIT],
		(unsigned long long)c->acted[TLML_ACTION_MARK]);
}

int tlml_replay_summary(const struct tlml_replay *r, FILE *out, struct tlml_error *e)
{
	enum tlml_mode mode = r->obj.maps.ctl->mode;
	struct tlml_replay_class all = { 0 };
	struct tlml_stats stats;
	int err;

	err = tlml_maps_stats(&r->obj.maps, &stats, e);
	if (err)
		return err;
	fprintf(out, "%llu frames; model generation %u; mode %s: packets that %s been acted on\n",
		(unsigned long long)(r->frames + r->runts), r->model->header.generation,
		tlml_mode_name(mode),
		mode == TLML_MODE_ENFORCE ? "would have" : "enforce mode would have");
	fprintf(out, "  %-15s %9s %10s %13s %10s %10s %10s\n", "class", "flows", "packets", "bytes",
		"dropped", "limited", "marked");
	for (unsigned int i = 0; i <= TLML_CLASSES_MAX; i++) {
		const struct tlml_replay_class *c = &r->classes[i];

		if (i == TLML_CLASSES_MAX)
			class_line("(no verdict)", c, out);
		else if (i < r->model->header.classes)
			class_line(r->model->classes[i].name, c, out);
		all.flows += c->flows;
		all.packets += c->packets;
		all.bytes += c->bytes;
		for (int a = 0; a < TLML_ACTIONS; a++)
			all.acted[a] += c->acted[a];
	}
	class_line("(all)", &all, out);
	if (r->runts)
		fprintf(out, "  %llu frames were too short for an Ethernet header\n",
			(unsigned long long)r->runts);
	for (unsigned int i = 0; i < sizeof(told) / sizeof(told[0]); i++)
		if (stats.count[told[i].id])
			fprintf(out, "  %llu %s\n", (unsigned long long)stats.count[told[i].id],
				told[i].meaning);
	return 0;
}

static int class_of(const struct tlml_model *m, const char *kind)
{
	for (int k = 0; k < m->header.classes; k++)
		if (!strcmp(m->classes[k].name, kind))
			return k;
	return -1;
}

void tlml_compare_add(struct tlml_compare *c, const struct tlml_replay *r,
		      const struct tlml_labels *l)
{
	const struct tlml_replay_flow *f;

	c->figures.classes = r->model->header.classes;
	for (f = r->flows; f; f = f->next) {
		struct tlml_replay_ends at = tlml_replay_ends(f);
		struct tlml_ends ends = {
			.initiator = at.src, .responder = at.dst, .sport = at.sport,
			.port = at.dport, .family = f->key.family, .proto = f->key.proto,
			.us = f->first_us,
		};
		const struct tlml_rule *rule = tlml_labels_find(l, &ends);
		uint64_t dropped = f->acted[TLML_ACTION_DROP] + f->acted[TLML_ACTION_LIMIT];
		int k;

		if (!rule) {
			c->unlabelled++;
			continue;
		}
		c->flows[rule->attack]++;
		c->acted[rule->attack] += !!dropped;
		c->packets[rule->attack] += dropped;
		k = class_of(r->model, rule->kind);
		if (k < 0)
			c->foreign++;
		else
			c->figures.n[k][f->decided_at ? f->line.klass : TLML_UNDECIDED]++;
	}
}

static void print_confusion(const struct tlml_figures *f, const struct tlml_model *m, FILE *out)
{
	fprintf(out, "  label \\ verdict");
	for (unsigned int k = 0; k < f->classes; k++)
		fprintf(out, " %7.7s", m->classes[k].name);
	fprintf(out, " %7s\n", "none");
	for (unsigned int i = 0; i < f->classes; i++) {
		if (!tlml_figures_flows(f, i))
			continue;
		fprintf(out, "  %-15s", m->classes[i].name);
		for (unsigned int k = 0; k < f->classes; k++)
			fprintf(out, " %7u", f->n[i][k]);
		fprintf(out, " %7u\n", f->n[i][TLML_UNDECIDED]);
	}
}

void tlml_compare_print(const struct tlml_compare *c, const struct tlml_model *m, FILE *out)
{
	const struct tlml_figures *f = &c->figures;
	unsigned long long flows = c->flows[0] + c->flows[1] - c->foreign;

	fprintf(out, "labels: %llu flows, macro-F1 %.4f, accuracy %.4f\n", flows,
		tlml_figures_macro_f1(f), tlml_figures_accuracy(f));
	fprintf(out, "  %-15s %9s %9s %7s %7s\n", "class", "flows", "precision", "recall", "f1");
	for (unsigned int k = 0; k < f->classes; k++)
		if (tlml_figures_flows(f, k))
			fprintf(out, "  %-15s %9u %9.4f %7.4f %7.4f\n", m->classes[k].name,
				tlml_figures_flows(f, k), tlml_figures_precision(f, k),
				tlml_figures_recall(f, k), tlml_figures_f1(f, k));
	print_confusion(f, m, out);
	fprintf(out, "  benign: %llu of %llu flows had packets dropped or limited, %llu packets\n",
		(unsigned long long)c->acted[0], (unsigned long long)c->flows[0],
		(unsigned long long)c->packets[0]);
	fprintf(out, "  attack: %llu of %llu flows had packets dropped or limited, %llu packets\n",
		(unsigned long long)c->acted[1], (unsigned long long)c->flows[1],
		(unsigned long long)c->packets[1]);
	if (c->foreign)
		fprintf(out, "  %llu labelled flows are of kinds that the model does not know\n",
			(unsigned long long)c->foreign);
	if (c->unlabelled)
		fprintf(out, "  %llu flows have no label\n", (unsigned long long)c->unlabelled);
}
