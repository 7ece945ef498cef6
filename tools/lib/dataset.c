// SPDX-License-Identifier: BSD-2-Clause
/* Samples out of captures with label files beside them. */
#include "dataset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../daemon/learn/table.h"
#include "capture.h"
#include "labels.h"

/* A capture being read. */
struct reading {
	struct tlml_set *set;
	const char *path;
	const char *const *attacks;
	struct tlml_labels labels;
	struct tlml_table *table;
	int16_t *label;		/* of each flow of the table, -1 none */
	size_t room;
	uint32_t base;		/* the set's id of the table's flow 0 */
	int capture;
	struct tlml_error *e;
};

int tlml_dataset_listed(const char *const *list, const char *name)
{
	for (; list && *list; list++)
		if (!strcmp(*list, name))
			return 1;
	return 0;
}

static int reading_label(struct reading *r, const struct tlml_seen *seen,
			 const struct tlml_packet *p, uint64_t us)
{
	struct tlml_ends ends = {
		.initiator = seen->back ? p->daddr : p->saddr,
		.responder = seen->back ? p->saddr : p->daddr,
		.sport = seen->back ? p->dport : p->sport,
		.port = seen->back ? p->sport : p->dport,
		.family = p->family, .proto = p->proto, .us = us,
	};
	const struct tlml_rule *rule = tlml_labels_find(&r->labels, &ends);
	int label = -1;

	if (rule) {
		label = tlml_set_class(r->set, rule->kind,
				       rule->attack || tlml_dataset_listed(r->attacks, rule->kind),
				       r->path, r->e);
		if (label < 0)
			return label;
	}
	if (seen->flow >= r->room) {
		size_t room = r->room ? r->room * 2 : 4096;
		int16_t *more = reallocarray(r->label, room, sizeof(*more));

		if (!more)
			return tlml_error_set(r->e, ENOMEM, "%s: no memory for %zu flows", r->path, room);
		r->label = more;
		r->room = room;
	}
	r->label[seen->flow] = label;
	return 0;
}

static int reading_frame(struct reading *r, const struct tlml_frame *f)
{
	struct tlml_sample s = { .capture = r->capture };
	struct tlml_packet p;
	struct tlml_seen seen;
	int err;

	if (tlml_packet_parse((void *)f->data, (void *)(f->data + f->caplen), f->len, &p))
		return 0;
	if (tlml_table_packet(r->table, &p, f->tick, &seen))
		return tlml_error_set(r->e, ENOMEM, "%s: no memory for its flows: cut the capture in two",
				      r->path);
	if (seen.is_new) {
		err = reading_label(r, &seen, &p, f->ns / 1000);
		if (err)
			return err;
	}
	if (!seen.point || r->label[seen.flow] < 0)
		return 0;
	s.flow = r->base + seen.flow;
	s.label = r->label[seen.flow];
	s.point = tlml_log2(seen.point);
	memcpy(s.x, seen.x, sizeof(s.x));
	return tlml_set_add(r->set, &s, r->e);
}

static int reading_frames(struct reading *r, struct tlml_capture *c)
{
	struct tlml_frame f;
	int err;

	while ((err = tlml_capture_next(c, &f, r->e)) > 0) {
		err = reading_frame(r, &f);
		if (err)
			break;
	}
	return err;
}

/* x.pcap -> x.tsv; to be freed. */
static char *labels_path(const char *path)
{
	const char *base = strrchr(path, '/'), *dot = strrchr(base ? base : path, '.');
	int stem = dot ? dot - path : (int)strlen(path);
	char *out;

	return asprintf(&out, "%.*s.tsv", stem, path) < 0 ? NULL : out;
}

static int read_capture(struct tlml_set *s, const char *path, enum tlml_split split,
			const char *const *attacks, struct tlml_error *e)
{
	struct reading r = { .set = s, .path = path, .attacks = attacks, .base = s->next_flow,
			     .e = e };
	char *labels = labels_path(path);
	struct tlml_capture *c = NULL;
	int err;

	r.table = tlml_table_new(0x7ff, TLML_SEG_LEN);
	if (!r.table || !labels)
		err = tlml_error_set(e, ENOMEM, "%s: no memory", path);
	else
		err = tlml_capture_open(path, &c, e);
	if (!err)
		err = tlml_labels_read(labels, &r.labels, e);
	if (!err) {
		r.capture = tlml_set_capture(s, path, split, e);
		err = r.capture < 0 ? r.capture : reading_frames(&r, c);
		s->next_flow += tlml_table_flows(r.table);
	}
	tlml_capture_close(c);
	tlml_labels_free(&r.labels);
	tlml_table_free(r.table);
	free(r.label);
	free(labels);
	return err;
}

int tlml_dataset_read(struct tlml_set *s, const char *path, enum tlml_split split,
		      const char *const *attacks, struct tlml_error *e)
{
	const char *dot = strrchr(path, '.');

	if (dot && !strcasecmp(dot, ".csv"))
		return tlml_dataset_read_csv(s, path, split, attacks, e);
	return read_capture(s, path, split, attacks, e);
}
