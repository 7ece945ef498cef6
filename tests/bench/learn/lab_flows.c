// SPDX-License-Identifier: BSD-2-Clause
/* Flows of the lab's recordings as make teach laid them before the large model. */
#include "lab_flows.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../../daemon/largeml/engine.h"
#include "../../../daemon/whole.h"
#include "bench_learn.h"
#include "rows.h"

#define FEATURES	TLML_FEATURES_MAX
#define PACKETS		96
#define FLOW		8
#define LINE		8	/* packets of a flow when it is asked about */
#define SURE		0.8f	/* of an answer; below it more packets are awaited */

const char *const lab_kinds[LAB_KINDS] = { "known", "tftp", "videocall", "coaptcp", "sshtry" };

struct columns {
	unsigned int capture, split, flow, label, asked, packets, klass, margin, features;
};

struct teacher {
	struct tlml_oip_plan plan;
	void *bytes, *state;
	size_t size;
	unsigned int map[TLML_CLASSES_MAX];	/* its classes as those of the tiny model */
};

unsigned int lab_class(const struct tlml_model *m, const char *name)
{
	unsigned int c;

	for (c = 0; c < m->header.classes; c++)
		if (!strncmp(m->classes[c].name, name, TLML_NAME_MAX))
			return c;
	fprintf(stderr, "bench_learn: the model has no class %s\n", name);
	exit(1);
}

static void teacher_begin(struct teacher *t, const char *path, const struct tlml_model *m)
{
	struct tlml_error e;
	unsigned int c;

	must(tlml_whole_read(AT_FDCWD, path, 8 << 20, &t->bytes, &t->size, &e), &e);
	must(tlml_engine_xgb.open(t->bytes, t->size, 1, &t->plan, &t->state, &e), &e);
	for (c = 0; c < t->plan.classes; c++)
		t->map[c] = lab_class(m, t->plan.klass[c]);
}

/* Probability of the most likely class; all of them go to p, by classes of the tiny model. */
static float teacher_ask(struct teacher *t, const struct rows *r, const struct columns *c,
			 size_t row, float *p)
{
	float x[FEATURES + PACKETS + FLOW], said[TLML_CLASSES_MAX], most = 0;
	struct tlml_rows rows = { { x, x + FEATURES, x + FEATURES + PACKETS } };
	struct tlml_error e;
	unsigned int i;

	for (i = 0; i < FEATURES + PACKETS + FLOW; i++)
		x[i] = rows_number(r, row, c->features + i);
	must(tlml_engine_xgb.run(t->state, 0, &rows, 1, said, &e), &e);
	memset(p, 0, TLML_CLASSES_MAX * sizeof(*p));
	for (i = 0; i < t->plan.classes; i++) {
		p[t->map[i]] = said[i];
		most = said[i] > most ? said[i] : most;
	}
	return most;
}

/* The recordings of later kinds have one of a class each. */
static enum lab_kind kind_of(const char *capture, const char *label)
{
	static const char *const of[LAB_KINDS] = { "", "bulk", "voip", "coap", "sshguess" };
	unsigned int k;

	for (k = 1; strstr(capture, "/later/") && k < LAB_KINDS; k++)
		if (!strcmp(label, of[k]))
			return k;
	return LAB_KNOWN;
}

static void flow_read(struct lab_flow *f, const struct rows *r, const struct columns *c, size_t row,
		      const struct tlml_model *m)
{
	unsigned int i;

	for (i = 0; i < FEATURES; i++)
		f->x[i] = rows_number(r, row, c->features + i);
	f->kind = kind_of(rows_cell(r, row, c->capture), rows_cell(r, row, c->label));
	f->label = lab_class(m, rows_cell(r, row, c->label));
	f->test = !strcmp(rows_cell(r, row, c->split), "test");
	f->klass = lab_class(m, rows_cell(r, row, c->klass));
	f->margin = rows_number(r, row, c->margin);
}

/* Recordings that neither model was trained on, and all of the later kinds'. */
static int is_wanted(const struct rows *r, const struct columns *c, size_t row)
{
	const char *capture = rows_cell(r, row, c->capture);

	return rows_number(r, row, c->asked) && rows_number(r, row, c->packets) <= LINE &&
	       (strstr(capture, "/later/") ||
		(!strstr(capture, "/other/") && strcmp(rows_cell(r, row, c->split), "train")));
}

static int is_more_of(const struct rows *r, const struct columns *c, size_t row, size_t first)
{
	return row < r->n && rows_number(r, row, c->packets) > LINE &&
	       !strcmp(rows_cell(r, row, c->flow), rows_cell(r, first, c->flow)) &&
	       !strcmp(rows_cell(r, row, c->capture), rows_cell(r, first, c->capture));
}

int lab_flows_read(struct lab_flows *f, const char *cases, const char *booster,
		   const struct tlml_model *m)
{
	struct teacher t = { 0 };
	struct columns c;
	struct rows r;
	size_t row;

	f->n = 0;
	if (access(cases, R_OK))
		return 1;
	if (rows_read(&r, cases))
		exit(1);
	c = (struct columns){ rows_column(&r, "capture"), rows_column(&r, "split"),
			      rows_column(&r, "flow"), rows_column(&r, "label"),
			      rows_column(&r, "asked"), rows_column(&r, "packets"),
			      rows_column(&r, "class"), rows_column(&r, "margin"),
			      rows_column(&r, "features_0") };
	teacher_begin(&t, booster, m);
	f->flow = calloc(r.n, sizeof(*f->flow));
	for (row = 1; f->flow && row < r.n; row++) {
		struct lab_flow *to = &f->flow[f->n];

		if (!is_wanted(&r, &c, row))
			continue;
		flow_read(to, &r, &c, row, m);
		/* An answer that is not sure gives way to the one about more packets. */
		if (teacher_ask(&t, &r, &c, row, to->p) < SURE && is_more_of(&r, &c, row + 1, row))
			teacher_ask(&t, &r, &c, row + 1, to->p);
		f->n++;
	}
	tlml_engine_xgb.close(t.state);
	free(t.bytes);
	rows_free(&r);
	return 0;
}

void lab_flows_free(struct lab_flows *f)
{
	free(f->flow);
}
