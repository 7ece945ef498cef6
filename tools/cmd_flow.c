// SPDX-License-Identifier: BSD-2-Clause
/* flow show: the flow lines, the busiest first. They hold fingerprints, not addresses. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

#define TOP_DEFAULT	25

struct found {
	__u32 bucket, packets;
	__u8 way;
};

int tlml_cmd_flow_lives(const struct tlml_flow *f, __u32 now)
{
	return f->fp && ((__s32)(now - f->last) < 0 || now - f->last <= TLML_IDLE_TICKS);
}

static unsigned long long ms_since(__u32 tick, __u32 now)
{
	__u64 ticks = (__s32)(now - tick) < 0 ? 0 : now - tick;

	return (ticks << TLML_TICK_SHIFT) / 1000000;
}

/* The large model's answer: how sure it is, and how long it holds. */
static void flow_answer(struct tlml_out *o, const struct tlml_flow *f, __u32 now)
{
	__u32 left = (__s32)(f->answer.until - now) > 0 ? f->answer.until - now : 0;

	if (!(f->state & TLML_FLOW_ANSWERED)) {
		tlml_out_none(o, "confidence_percent");
		tlml_out_none(o, "answer_left_s");
		return;
	}
	tlml_out_num(o, "confidence_percent", "  answered, %llu %% sure",
		     (f->answer.confidence * 100 + 127) / 255);
	tlml_out_num(o, "answer_left_s", ", for %llu s more",
		     ((__u64)left << TLML_TICK_SHIFT) / 1000000000);
}

void tlml_cmd_flow(struct tlml_out *o, const struct tlml_maps *m, const struct tlml_flow *f,
		   __u32 now)
{
	char fp[16], name[TLML_NAME_MAX] = "-";

	snprintf(fp, sizeof(fp), "%08x", f->fp);
	tlml_out_str(o, "fingerprint", "%s", fp);
	if (f->state & TLML_FLOW_DECIDED) {
		tlml_cmd_class_name(m, f->klass, f->generation, name);
		tlml_out_str(o, "class", "  %-15s", name);
		tlml_out_num(o, "margin", "  %6llu", f->margin);
		tlml_out_num(o, "anomaly", "  %7llu", f->anomaly);
	} else {
		tlml_out_none(o, "class");
		tlml_out_none(o, "margin");
		tlml_out_none(o, "anomaly");
		tlml_out_text(o, "  %-15s  %6s  %7s", name, "-", "-");
	}
	tlml_out_num(o, "packets", "  %10llu", f->pkts);
	tlml_out_num(o, "answers", NULL, f->answers);
	tlml_out_num(o, "bytes_fwd", NULL, f->bytes[0]);
	tlml_out_num(o, "bytes_bwd", NULL, f->bytes[1]);
	tlml_out_text(o, "  %12llu", f->bytes[0] + (unsigned long long)f->bytes[1]);
	tlml_out_num(o, "age_ms", NULL, ms_since(f->first, now));
	tlml_out_num(o, "idle_ms", NULL, ms_since(f->last, now));
	tlml_out_text(o, "  %8.1f  %6.1f", ms_since(f->first, now) / 1000., ms_since(f->last, now) / 1000.);
	tlml_out_bool(o, "final", NULL, f->state & TLML_FLOW_FINAL);
	tlml_out_bool(o, "asked", NULL, f->state & TLML_FLOW_HARD);
	tlml_out_bool(o, "allowed", NULL, f->allow & 1);
	tlml_out_num(o, "tcp_flags", NULL, f->tcp_flags);
	tlml_out_bool(o, "answered", NULL, f->state & TLML_FLOW_ANSWERED);
	tlml_out_text(o, "%s%s%s", f->state & TLML_FLOW_FINAL ? "  final" : "",
		      f->allow & 1 ? "  allowed" : "",
		      f->state & TLML_FLOW_HARD && !(f->state & TLML_FLOW_ANSWERED) ? "  asked" : "");
	flow_answer(o, f, now);
	tlml_out_text(o, "\n");
}

/* Class of a name in the live model, -EINVAL with a sentence. */
static int class_of(struct tlml_cmd *c, const struct tlml_maps *m, const char *name)
{
	const char *known[TLML_CLASSES_MAX], *near;
	char names[TLML_CLASSES_MAX][TLML_NAME_MAX];
	unsigned int k, n = tlml_cmd_classes(m);

	for (k = 0; k < n; k++) {
		tlml_cmd_class_name(m, k, tlml_maps_current(m)->generation, names[k]);
		known[k] = names[k];
		if (!strcmp(name, names[k]))
			return k;
	}
	near = tlml_cmd_nearest(name, known, n);
	return tlml_error_set(&c->e, EINVAL, "no class '%s' in the model%s%s%s: 'tlmlctl class %s' lists them",
			      name, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "",
			      c->argv[0]);
}

static int by_packets(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	if (x->packets != y->packets)
		return x->packets < y->packets ? 1 : -1;
	if (x->bucket != y->bucket)
		return x->bucket < y->bucket ? -1 : 1;
	return x->way - y->way;
}

/* Flows that are not over, of a class (-1 any); to be freed. */
static struct found *find_flows(const struct tlml_maps *m, int klass, __u32 now, size_t *n)
{
	struct found *all = NULL, *more;
	size_t room = 0;
	__u32 i, way;

	*n = 0;
	for (i = 0; i <= m->ctl->flow_mask; i++)
		for (way = 0; way < TLML_WAYS; way++) {
			const struct tlml_flow *f = &m->flows[i].way[way];

			if (!tlml_cmd_flow_lives(f, now) ||
			    (klass >= 0 && (!(f->state & TLML_FLOW_DECIDED) || f->klass != klass)))
				continue;
			if (*n == room) {
				room = room * 2 + 256;
				more = realloc(all, room * sizeof(*all));
				if (!more) {
					free(all);
					return NULL;
				}
				all = more;
			}
			all[(*n)++] = (struct found){ i, f->pkts, way };
		}
	return all ? all : malloc(1);
}

static int show_flows(struct tlml_cmd *c, const struct tlml_maps *m, int klass, size_t top)
{
	__u32 now = tlml_maps_now();
	size_t n, i;
	struct found *all = find_flows(m, klass, now, &n);

	if (!all)
		return tlml_error_set(&c->e, ENOMEM, "no memory to sort the flows");
	qsort(all, n, sizeof(*all), by_packets);
	tlml_out_object(&c->out, NULL);
	tlml_out_str(&c->out, "interface", NULL, c->argv[0]);
	tlml_out_num(&c->out, "live", NULL, n);
	tlml_out_array(&c->out, "flows");
	tlml_out_text(&c->out, "flow      class            margin  anomaly     packets         bytes   age, s  idle, s\n");
	for (i = 0; i < n && (!top || i < top); i++) {
		struct tlml_flow f = m->flows[all[i].bucket].way[all[i].way];

		tlml_out_object(&c->out, NULL);
		tlml_cmd_flow(&c->out, m, &f, now);
		tlml_out_end(&c->out);
	}
	if (i < n)
		tlml_out_text(&c->out, "and %zu more: --top 0 shows all\n", n - i);
	tlml_out_end(&c->out);
	tlml_out_end(&c->out);
	free(all);
	return 0;
}

int tlml_cmd_flow_show(struct tlml_cmd *c)
{
	const char *name = NULL, *count = NULL;
	unsigned long top = TOP_DEFAULT;
	struct tlml_maps m;
	int klass = -1, err;

	if (tlml_cmd_option(c, "--class", &name) < 0 || tlml_cmd_option(c, "--top", &count) < 0 ||
	    (count && tlml_cmd_number(c, "--top", count, 0, ~0u, &top)) || tlml_cmd_words(c, 1, 1))
		return -EINVAL;
	err = tlml_cmd_open(c, &m);
	if (err)
		return err;
	if (name) {
		klass = class_of(c, &m, name);
		err = klass < 0 ? klass : 0;
	}
	if (!err)
		err = show_flows(c, &m, klass, top);
	tlml_maps_close(&m);
	return err;
}
