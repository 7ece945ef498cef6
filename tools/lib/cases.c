// SPDX-License-Identifier: BSD-2-Clause
/* Labelled flows as they are laid before the large model. */
#include "cases.h"

#include <csv.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../daemon/case.h"
#include "../../daemon/learn/infer.h"
#include "../../uapi/tlml_verdict.h"

#define WAIT	TLML_TICKS(5)	/* for packets up to TLML_CASE_PACKETS, as the daemon waits */

/* A flow of a capture. */
struct case_flow {
	uint8_t decided;		/* begun is there */
	uint8_t asked;			/* it is as of the asking point, and final */
	uint8_t label, last;		/* classes: of the set; the model's last verdict */
	struct tlml_case begun;
	struct tlml_case told;		/* with the packets that came after it was asked about */
	uint8_t cost[TLML_CLASSES_MAX];
};

struct capture_cases {
	const struct tlml_cases *c;
	const struct tlml_reading *r;
	struct case_flow *flow;		/* by the table's ids */
	size_t n;			/* of which so many are there */
};

static const char *const splits[TLML_SPLITS] = {
	[TLML_SPLIT_TRAIN] = "train", [TLML_SPLIT_VALIDATE] = "validate",
	[TLML_SPLIT_TEST] = "test",
};

/* The flow line after the decision, as the data path's record has it. */
static void decide(const struct tlml_model *m, const struct tlml_seen *seen, struct case_flow *f,
		   struct tlml_record *r)
{
	unsigned int net = seen->point > 1;
	int32_t logit[TLML_CLASSES_MAX];
	struct tlml_verdict v;
	uint8_t anomaly = 0;

	if (net)
		anomaly = tlml_infer_net(m, seen->x, logit);
	else
		tlml_infer_first(m, seen->x, logit);
	v = tlml_cost_add(f->cost, logit, m->header.classes, m->header.cost_shift[net],
			  m->header.cost_decay);
	f->last = v.klass;
	r->flow = *seen->line;
	r->flow.state |= TLML_FLOW_DECIDED;
	r->flow.klass = v.klass;
	r->flow.generation = m->header.generation;
	r->flow.margin = v.margin;
	r->flow.anomaly = anomaly;
	memcpy(r->flow.cost, f->cost, sizeof(f->cost));
	r->runner_up = v.runner_up;
}

static struct tlml_record record_of(const struct tlml_model *m, const struct tlml_read *read)
{
	const struct tlml_packet *p = read->packet;
	const struct tlml_seen *seen = read->seen;
	struct tlml_record r = {
		.sport = seen->back ? p->dport : p->sport,
		.dport = seen->back ? p->sport : p->dport,
		.vlan = p->vlan, .family = p->family, .proto = p->proto, .flags = p->flags,
		.bucket = seen->flow, .tick = read->frame->tick,
		.generation = m->header.generation, .reason = TLML_REASON_UNSURE,
		.action = TLML_ACTION_PASS,
	};

	memcpy(r.saddr, seen->back ? p->daddr : p->saddr, sizeof(r.saddr));
	memcpy(r.daddr, seen->back ? p->saddr : p->daddr, sizeof(r.daddr));
	memcpy(r.x, seen->x, sizeof(r.x));
	return r;
}

static struct case_flow *flow_of(struct capture_cases *cc, uint32_t id)
{
	if (id >= cc->n) {
		size_t n = id < 512 ? 1024 : (size_t)id * 2;
		struct case_flow *more = reallocarray(cc->flow, n, sizeof(*more));

		if (!more)
			return NULL;
		memset(more + cc->n, 0, (n - cc->n) * sizeof(*more));
		cc->flow = more;
		cc->n = n;
	}
	return &cc->flow[id];
}

static int add_packet(void *arg, const struct tlml_read *read, struct tlml_error *e)
{
	struct capture_cases *cc = arg;
	struct case_flow *f = flow_of(cc, read->seen->flow);
	struct tlml_record r;

	if (!f)
		return tlml_error_set(e, ENOMEM, "%s: no memory for its flows: cut the capture in two",
				      cc->r->path);
	if (f->asked && read->seen->more.tick - (uint32_t)f->begun.record.tick <= WAIT)
		tlml_case_more(&f->told, &read->seen->more);
	if (!read->seen->point)
		return 0;
	r = record_of(cc->c->model, read);
	decide(cc->c->model, read->seen, f, &r);
	if (f->asked)
		return 0;
	f->decided = 1;
	f->asked = read->seen->point >= cc->c->ask_at;
	f->label = read->label;
	if (tlml_case_begin(&f->begun, &r, sizeof(r)))
		return tlml_error_set(e, EINVAL, "%s: flow %u: a record that the daemon would refuse",
				      cc->r->path, read->seen->flow);
	f->told = f->begun;
	return 0;
}

static void write_row(const struct capture_cases *cc, size_t id, const struct tlml_case *c)
{
	const struct tlml_class_info *classes = cc->c->model->classes;
	const struct tlml_flow *line = &c->record.flow;
	const float *ab = cc->c->model->header.calibration;
	const struct case_flow *f = &cc->flow[id];
	float v[TLML_CASE_PACKETS * 3];
	FILE *out = cc->c->out;
	unsigned int i, k;

	csv_fwrite(out, cc->r->path, strlen(cc->r->path));
	fprintf(out, ",%s,%zu,%s,%u,%u,%s,%u,%.4f,%u,%s", splits[cc->r->split], id,
		cc->r->set->classes[f->label].name, f->asked, c->packets, classes[line->klass].name,
		line->margin, 1 / (1 + exp(-(ab[0] + ab[1] * line->margin))),
		line->margin < classes[line->klass].margin_hard, classes[f->last].name);
	for (i = 0; i < TLML_INPUTS; i++) {
		tlml_case_floats(c, i, v);
		for (k = 0; k < tlml_inputs[i].values; k++)
			fprintf(out, ",%.9g", v[k]);
	}
	fputc('\n', out);
}

void tlml_cases_head(const struct tlml_cases *c)
{
	unsigned int i, k;

	fputs("capture,split,flow,label,asked,packets,class,margin,sure,hard,last_class", c->out);
	for (i = 0; i < TLML_INPUTS; i++)
		for (k = 0; k < tlml_inputs[i].values; k++)
			fprintf(c->out, ",%s_%u", tlml_inputs[i].name, k);
	fputc('\n', c->out);
}

int tlml_cases_write(const struct tlml_cases *c, const struct tlml_reading *r,
		     struct tlml_error *e)
{
	struct capture_cases cc = { .c = c, .r = r };
	struct tlml_reading reading = *r;
	size_t i;
	int err;

	reading.points = c->model->header.points;
	err = tlml_reading_run(&reading, add_packet, &cc, e);
	for (i = 0; !err && i < cc.n; i++) {
		const struct case_flow *f = &cc.flow[i];

		if (!f->decided)
			continue;
		write_row(&cc, i, &f->begun);
		if (f->told.packets > f->begun.packets)
			write_row(&cc, i, &f->told);
	}
	free(cc.flow);
	return err;
}
