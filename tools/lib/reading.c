// SPDX-License-Identifier: BSD-2-Clause
/* A labelled capture, packet by packet, as the trainer's table of flows sees it. */
#include "reading.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "labels.h"

#define SEG_LEN	1500	/* IP bytes of a full wire packet, as on the gateway's interface */

/* A capture being read. */
struct state {
	const struct tlml_reading *r;
	struct tlml_labels labels;
	struct tlml_table *table;
	int16_t *label;		/* of each flow of the table, -1 none */
	size_t room;
	int capture;
	struct tlml_error *e;
};

int tlml_reading_listed(const char *const *list, const char *name)
{
	for (; list && *list; list++)
		if (!strcmp(*list, name))
			return 1;
	return 0;
}

static int find_label(struct state *s, const struct tlml_seen *seen, const struct tlml_packet *p,
		      uint64_t us)
{
	struct tlml_ends ends = {
		.initiator = seen->back ? p->daddr : p->saddr,
		.responder = seen->back ? p->saddr : p->daddr,
		.sport = seen->back ? p->dport : p->sport,
		.port = seen->back ? p->sport : p->dport,
		.family = p->family, .proto = p->proto, .us = us,
	};
	const struct tlml_rule *rule = tlml_labels_find(&s->labels, &ends);
	const char *path = s->r->path;
	int label = -1;

	if (rule) {
		label = tlml_set_class(s->r->set, rule->kind,
				       rule->attack ||
				       tlml_reading_listed(s->r->attacks, rule->kind),
				       path, s->e);
		if (label < 0)
			return label;
	}
	if (seen->flow >= s->room) {
		size_t room = s->room ? s->room * 2 : 4096;
		int16_t *more = reallocarray(s->label, room, sizeof(*more));

		if (!more)
			return tlml_error_set(s->e, ENOMEM, "%s: no memory for %zu flows", path, room);
		s->label = more;
		s->room = room;
	}
	s->label[seen->flow] = label;
	return 0;
}

static int read_frame(struct state *s, const struct tlml_frame *f, tlml_read_fn *each, void *arg)
{
	struct tlml_packet p;
	struct tlml_seen seen;
	struct tlml_read read = { .frame = f, .packet = &p, .seen = &seen, .capture = s->capture };
	int err;

	if (tlml_packet_parse((void *)f->data, (void *)(f->data + f->caplen), f->len, &p))
		return 0;
	if (tlml_table_packet(s->table, &p, f->tick, &seen))
		return tlml_error_set(s->e, ENOMEM, "%s: no memory for its flows: cut the capture in two",
				      s->r->path);
	if (seen.is_new) {
		err = find_label(s, &seen, &p, f->ns / 1000);
		if (err)
			return err;
	}
	if (s->label[seen.flow] < 0)
		return 0;
	read.label = s->label[seen.flow];
	return each(arg, &read, s->e);
}

/* x.pcap -> x.tsv; to be freed. */
static char *labels_path(const char *path)
{
	const char *base = strrchr(path, '/'), *dot = strrchr(base ? base : path, '.');
	int stem = dot ? dot - path : (int)strlen(path);
	char *out;

	return asprintf(&out, "%.*s.tsv", stem, path) < 0 ? NULL : out;
}

int tlml_reading_run(const struct tlml_reading *r, tlml_read_fn *each, void *arg,
		     struct tlml_error *e)
{
	struct state s = { .r = r, .table = tlml_table_new(r->points, SEG_LEN), .e = e };
	char *labels = labels_path(r->path);
	struct tlml_capture *c = NULL;
	struct tlml_frame f;
	int err;

	if (!s.table || !labels)
		err = tlml_error_set(e, ENOMEM, "%s: no memory", r->path);
	else
		err = tlml_capture_open(r->path, &c, e);
	if (!err)
		err = tlml_labels_read(labels, &s.labels, e);
	if (!err) {
		s.capture = tlml_set_capture(r->set, r->path, r->split, e);
		err = s.capture < 0 ? s.capture : 0;
	}
	while (!err && (err = tlml_capture_next(c, &f, e)) > 0)
		err = read_frame(&s, &f, each, arg);
	if (s.table)
		r->set->next_flow += tlml_table_flows(s.table);
	tlml_capture_close(c);
	tlml_labels_free(&s.labels);
	tlml_table_free(s.table);
	free(s.label);
	free(labels);
	return err;
}
