// SPDX-License-Identifier: BSD-2-Clause
/*
 * Samples as CSV: a column for each feature, label and capture; optional flow (else every row is
 * a flow of its own), point (the packet number of the decision, else 2) and attack (0 or 1).
 */
#include "dataset.h"

#include <csv.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) ((element)->lost = 1)
#include <uthash.h>

#include "reading.h"

static const char *const columns[] = {
#define TLML_FEATURE_NAME(id, meaning) #id,
	TLML_FEATURES(TLML_FEATURE_NAME)
#undef TLML_FEATURE_NAME
	"label", "capture", "flow", "point", "attack",
};

enum { COL_LABEL = TLML_FEATURES_N, COL_CAPTURE, COL_FLOW, COL_POINT, COL_ATTACK, COL_N,
       COL_OTHER = COL_N };

#define COLUMNS_MAX	256
#define FIELD_MAX	256

/* A flow that rows name: "capture\nflow". */
struct named_flow {
	char *name;
	uint32_t id;
	int lost;
	UT_hash_handle hh;
};

struct csv_reading {
	struct tlml_set *set;
	const char *path;
	const char *const *attacks;
	enum tlml_split split;
	struct named_flow *flows;
	size_t line;			/* of the row being read */
	unsigned int at, n;		/* column being read, columns of the header */
	uint8_t column[COLUMNS_MAX];	/* what each column is */
	int has[COL_N];
	char field[COL_N][FIELD_MAX];
	struct tlml_error *e;
	int err;
};

#define BAD(r, code, fmt, ...) \
	((r)->err = tlml_error_set((r)->e, code, "%s: line %zu: " fmt, (r)->path, (r)->line, \
				   ##__VA_ARGS__))

static void csv_header_field(struct csv_reading *r, const char *text, size_t size)
{
	unsigned int i;

	if (r->at >= COLUMNS_MAX) {
		BAD(r, EINVAL, "more than %d columns: keep those of tlml-train --dump", COLUMNS_MAX);
		return;
	}
	for (i = 0; i < COL_N; i++)
		if (strlen(columns[i]) == size && !memcmp(columns[i], text, size))
			break;
	r->column[r->at] = i;
	if (i < COL_N && r->has[i]++)
		BAD(r, EINVAL, "column %s is there twice: remove one", columns[i]);
}

static void csv_field(void *text, size_t size, void *data)
{
	struct csv_reading *r = data;
	unsigned int col;

	if (r->err)
		return;
	if (!r->n) {
		csv_header_field(r, text, size);
	} else if (r->at < r->n && (col = r->column[r->at]) < COL_N) {
		if (size >= FIELD_MAX || memchr(text, 0, size))
			BAD(r, EINVAL, "column %s has %zu bytes or binary ones: at most %d of text fit",
			    columns[col], size, FIELD_MAX - 1);
		else {
			memcpy(r->field[col], text, size);
			r->field[col][size] = 0;
		}
	}
	r->at++;
}

static int csv_number(struct csv_reading *r, unsigned int col, double max)
{
	char *end;
	double v = strtod(r->field[col], &end);

	if (end == r->field[col] || *end || !isfinite(v) || v != floor(v) || v < 0 || v > max) {
		BAD(r, EINVAL, "%s is '%.32s', not a whole number from 0 to %.0f: mend or remove the row",
		    columns[col], r->field[col], max);
		return 0;
	}
	return v;
}

static void csv_flow(struct csv_reading *r, struct tlml_sample *s)
{
	struct named_flow *flow;
	char *name;

	s->flow = r->set->next_flow;
	if (!r->has[COL_FLOW]) {
		r->set->next_flow++;
		return;
	}
	if (asprintf(&name, "%s\n%s", r->field[COL_CAPTURE], r->field[COL_FLOW]) < 0) {
		BAD(r, ENOMEM, "no memory");
		return;
	}
	HASH_FIND_STR(r->flows, name, flow);
	if (flow) {
		s->flow = flow->id;
		free(name);
		return;
	}
	flow = calloc(1, sizeof(*flow));
	if (flow) {
		flow->name = name;
		flow->id = r->set->next_flow++;
		HASH_ADD_KEYPTR(hh, r->flows, name, strlen(name), flow);
	}
	if (!flow || flow->lost) {
		free(flow);
		free(name);
		BAD(r, ENOMEM, "no memory for so many flows");
	}
}

static void csv_row(struct csv_reading *r)
{
	struct tlml_sample s = { 0 };
	unsigned int i, point, attack;
	char where[512];
	int id;

	if (r->at != r->n) {
		BAD(r, EINVAL, "%u columns, the header has %u: mend or remove the row", r->at, r->n);
		return;
	}
	if (!*r->field[COL_LABEL])
		return;		/* not labelled: nothing to learn from */
	for (i = 0; i < TLML_FEATURES_N && !r->err; i++)
		s.x[i] = csv_number(r, i, TLML_ACT_MAX);
	point = r->has[COL_POINT] ? csv_number(r, COL_POINT, 1 << (TLML_POINTS - 1)) : 2;
	attack = r->has[COL_ATTACK] ? csv_number(r, COL_ATTACK, 1) : 0;
	if (!r->err && (!point || point & (point - 1)))
		BAD(r, EINVAL, "point is %u, not a power of two: mend or remove the row", point);
	if (!r->err && !*r->field[COL_CAPTURE])
		BAD(r, EINVAL, "no capture, and rows are divided by it: name one");
	if (r->err)
		return;
	snprintf(where, sizeof(where), "%s: line %zu", r->path, r->line);
	id = tlml_set_class(r->set, r->field[COL_LABEL],
			    attack || tlml_reading_listed(r->attacks, r->field[COL_LABEL]), where,
			    r->e);
	if (id < 0) {
		r->err = id;
		return;
	}
	s.label = id;
	id = tlml_set_capture(r->set, r->field[COL_CAPTURE], r->split, r->e);
	if (id < 0) {
		r->err = id;
		return;
	}
	s.capture = id;
	s.point = tlml_log2(point);
	csv_flow(r, &s);
	if (!r->err)
		r->err = tlml_set_add(r->set, &s, r->e);
}

static void csv_end_row(int c, void *data)
{
	struct csv_reading *r = data;
	unsigned int i;

	(void)c;
	if (r->err)
		return;
	if (r->n) {
		csv_row(r);
	} else {
		r->n = r->at;
		for (i = 0; i <= COL_CAPTURE && !r->err; i++)
			if (!r->has[i])
				BAD(r, EINVAL, "no column %s: see tlml-train --dump for all of them",
				    columns[i]);
	}
	r->at = 0;
	r->line++;
}

int tlml_dataset_read_csv(struct tlml_set *s, const char *path, enum tlml_split split,
			  const char *const *attacks, struct tlml_error *e)
{
	struct csv_reading *r = calloc(1, sizeof(*r));
	struct named_flow *flow, *next;
	struct csv_parser parser;
	char buf[1 << 16];
	size_t got;
	FILE *f;
	int err;

	if (!r || csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI)) {
		free(r);
		return tlml_error_set(e, ENOMEM, "%s: no memory", path);
	}
	*r = (struct csv_reading){ .set = s, .path = path, .split = split, .attacks = attacks,
				   .line = 1, .e = e };
	f = fopen(path, "re");
	if (!f)
		r->err = tlml_error_set(e, errno, "%s: cannot open it: %s: check the path", path,
					strerror(errno));
	while (f && !r->err && (got = fread(buf, 1, sizeof(buf), f)) > 0)
		if (csv_parse(&parser, buf, got, csv_field, csv_end_row, r) != got && !r->err)
			BAD(r, EINVAL, "%s: mend or remove the row", csv_strerror(csv_error(&parser)));
	if (f && !r->err && ferror(f))
		r->err = tlml_error_set(e, EIO, "%s: cannot read it: check the path", path);
	if (!r->err && csv_fini(&parser, csv_field, csv_end_row, r) && !r->err)
		BAD(r, EINVAL, "ends within quotes: the file is cut");
	if (!r->err && !r->n)
		r->err = tlml_error_set(e, EINVAL, "%s: is empty: write rows as tlml-train --dump does",
					path);
	csv_free(&parser);
	if (f)
		fclose(f);
	HASH_ITER(hh, r->flows, flow, next) {
		HASH_DEL(r->flows, flow);
		free(flow->name);
		free(flow);
	}
	err = r->err;
	free(r);
	return err;
}

void tlml_dataset_write_csv(const struct tlml_set *s, FILE *f)
{
	unsigned int i;
	size_t n;

	for (i = 0; i < COL_N; i++)
		fprintf(f, "%s%s", i ? "," : "", columns[i]);
	fputc('\n', f);
	for (n = 0; n < s->n_samples; n++) {
		const struct tlml_sample *p = &s->samples[n];
		const char *capture = s->captures[p->capture].name;

		for (i = 0; i < TLML_FEATURES_N; i++)
			fprintf(f, "%u,", p->x[i]);
		fprintf(f, "%s,", s->classes[p->label].name);
		csv_fwrite(f, capture, strlen(capture));
		fprintf(f, ",%u,%u,%u\n", p->flow, 1u << p->point, s->classes[p->label].attack);
	}
}
