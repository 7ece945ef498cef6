// SPDX-License-Identifier: BSD-2-Clause
/* A row for each flow of a replay. */
#include "replay_rows.h"

#include <arpa/inet.h>
#include <csv.h>
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "../../daemon/policy.h"

/* What a row says; class is NULL without a verdict. */
struct row {
	char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];
	uint16_t sport, dport;
	const char *class, *runner_up, *action;
	char model[17];		/* what its hash begins with */
	const struct tlml_replay_flow *f;
};

static uint8_t runner_up(const struct tlml_flow *line, unsigned int classes)
{
	uint8_t best = line->klass ? 0 : 1;

	for (unsigned int c = 0; c < classes; c++)
		if (c != line->klass && line->cost[c] < line->cost[best])
			best = c;
	return best;
}

static void row_fill(struct row *row, const struct tlml_replay *r, const struct tlml_replay_flow *f)
{
	const struct tlml_model *m = r->model;
	struct tlml_replay_ends ends = tlml_replay_ends(f);
	int af = f->key.family == 6 ? AF_INET6 : AF_INET;

	inet_ntop(af, ends.src, row->src, sizeof(row->src));
	inet_ntop(af, ends.dst, row->dst, sizeof(row->dst));
	row->sport = ends.sport;
	row->dport = ends.dport;
	row->class = row->runner_up = NULL;
	if (f->decided_at) {
		row->class = m->classes[f->line.klass].name;
		row->runner_up = m->classes[runner_up(&f->line, m->header.classes)].name;
	}
	row->action = tlml_action_name(tlml_replay_action(f));
	for (int i = 0; i < 8; i++)
		sprintf(row->model + i * 2, "%02x", m->header.hash[i]);
	row->f = f;
}

static json_t *verdict_number(const struct row *row, unsigned int v)
{
	return row->class ? json_integer(v) : json_null();
}

static int row_json(const struct tlml_rows *o, const struct tlml_replay *r, const struct row *row)
{
	const struct tlml_replay_flow *f = row->f;
	json_t *j = json_pack("{s:s, s:s, s:i, s:i, s:i, s:I, s:I, s:s?, s:s?, s:o, s:o, s:o, s:s, s:s, s:I}",
			      "src", row->src, "dst", row->dst, "sport", row->sport,
			      "dport", row->dport, "proto", f->key.proto,
			      "first_us", (json_int_t)f->first_us,
			      "packets", (json_int_t)f->packets,
			      "class", row->class, "runner_up", row->runner_up,
			      "margin", verdict_number(row, f->line.margin),
			      "anomaly", verdict_number(row, f->line.anomaly),
			      "decided_at", verdict_number(row, f->decided_at),
			      "action", row->action, "model", row->model,
			      "generation", (json_int_t)r->model->header.generation);
	int err;

	if (!j)
		return -ENOMEM;
	err = json_dumpf(j, o->out, JSON_COMPACT);
	json_decref(j);
	fputc('\n', o->out);
	return err ? -ENOMEM : 0;
}

static void csv_text(FILE *out, const char *text)
{
	if (text)
		csv_fwrite(out, text, strlen(text));
}

static void row_csv(const struct tlml_rows *o, const struct tlml_replay *r, const struct row *row,
		    const char *path)
{
	const struct tlml_replay_flow *f = row->f;

	if (o->captures) {
		csv_text(o->out, path);
		fputc(',', o->out);
	}
	fprintf(o->out, "%s,%s,%u,%u,%u,%llu,%u,", row->src, row->dst, row->sport, row->dport,
		f->key.proto, (unsigned long long)f->first_us, f->packets);
	csv_text(o->out, row->class);
	fputc(',', o->out);
	csv_text(o->out, row->runner_up);
	if (row->class)
		fprintf(o->out, ",%u,%u,%u,", f->line.margin, f->line.anomaly, f->decided_at);
	else
		fputs(",,,,", o->out);
	fprintf(o->out, "%s,%s,%u\n", row->action, row->model, r->model->header.generation);
}

static const char *proto_name(uint8_t proto, char *room, size_t size)
{
	switch (proto) {
	case 1: case 58: return "icmp";
	case 6: return "tcp";
	case 17: return "udp";
	case 132: return "sctp";
	}
	snprintf(room, size, "%u", proto);
	return room;
}

/* address:port as people write it; the port where the protocol has one. */
static int end_text(char *s, size_t size, const char *addr, uint16_t port)
{
	if (!port)
		return snprintf(s, size, "%s", addr);
	return snprintf(s, size, strchr(addr, ':') ? "[%s]:%u" : "%s:%u", addr, port);
}

#define END_MAX	(INET6_ADDRSTRLEN + 8)

/* Widths of the columns of a table whose cells are known only row by row. */
struct widths {
	int src, dst, class;
};

static void row_text(const struct tlml_rows *o, const struct row *row, const char *path,
		     uint64_t start_us, const struct widths *w)
{
	const struct tlml_replay_flow *f = row->f;
	double s = ((double)f->first_us - (double)start_us) / 1e6;
	char src[END_MAX], dst[END_MAX], proto[8];

	end_text(src, sizeof(src), row->src, row->sport);
	end_text(dst, sizeof(dst), row->dst, row->dport);
	fprintf(o->out, "%12.6f %-4s %-*s %-*s %9u %-*s", s,
		proto_name(f->key.proto, proto, sizeof(proto)), w->src, src, w->dst, dst,
		f->packets, w->class, row->class ?: "-");
	if (row->class)
		fprintf(o->out, " %-*s %6u %7u %8u", w->class, row->runner_up, f->line.margin,
			f->line.anomaly, f->decided_at);
	else
		fprintf(o->out, " %-*s %6s %7s %8s", w->class, "-", "-", "-", "-");
	fprintf(o->out, " %s%s%s\n", row->action, o->captures ? "  " : "", o->captures ? path : "");
}

static struct widths text_head(const struct tlml_rows *o, const struct tlml_replay *r)
{
	struct widths w = { .src = 6, .dst = 6, .class = 9 };
	const struct tlml_replay_flow *f;
	char end[END_MAX];
	struct row row;
	int n;

	for (f = r->flows; f; f = f->next) {
		if (o->decided && !f->decided_at)
			continue;
		row_fill(&row, r, f);
		n = end_text(end, sizeof(end), row.src, row.sport);
		w.src = n > w.src ? n : w.src;
		n = end_text(end, sizeof(end), row.dst, row.dport);
		w.dst = n > w.dst ? n : w.dst;
		n = row.class ? (int)strlen(row.class) : 0;
		w.class = n > w.class ? n : w.class;
	}
	fprintf(o->out, "%12s %-4s %-*s %-*s %9s %-*s %-*s %6s %7s %8s %s%s\n", "start/s", "", w.src,
		"source", w.dst, "destination", "packets", w.class, "class", w.class, "runner-up",
		"margin", "anomaly", "decided", "action", o->captures ? "  capture" : "");
	return w;
}

void tlml_rows_begin(const struct tlml_rows *o)
{
	if (o->form == TLML_ROWS_CSV)
		fprintf(o->out, "%ssrc,dst,sport,dport,proto,first_us,packets,class,runner_up,margin,anomaly,decided_at,action,model,generation\n",
			o->captures ? "capture," : "");
}

int tlml_rows_write(const struct tlml_rows *o, const struct tlml_replay *r, const char *path)
{
	uint64_t start_us = r->flows ? r->flows->first_us : 0;
	const struct tlml_replay_flow *f;
	struct widths w = { 0 };
	struct row row;
	int err = 0;

	if (o->form == TLML_ROWS_TEXT && r->flows)
		w = text_head(o, r);
	for (f = r->flows; f && !err; f = f->next) {
		if (o->decided && !f->decided_at)
			continue;
		row_fill(&row, r, f);
		if (o->form == TLML_ROWS_JSON)
			err = row_json(o, r, &row);
		else if (o->form == TLML_ROWS_CSV)
			row_csv(o, r, &row, path);
		else
			row_text(o, &row, path, start_us, &w);
	}
	return err;
}
