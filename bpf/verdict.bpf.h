/* SPDX-License-Identifier: GPL-2.0 */
/* A decision point: source lines, inference, the verdict into the flow line, and whom to tell. */
#ifndef TLML_VERDICT_BPF_H
#define TLML_VERDICT_BPF_H

#include "flow.bpf.h"
#include "infer.bpf.h"
#include "slot.bpf.h"

/*
 * Why to ask the large model about flow f at the decision in d, made at point of the model's
 * points; TRACE if there is no reason but observers, -1 without them. The audit comes first: a
 * sample without the flows that look hard would say little of how good the model is.
 */
static __always_inline int tlml_verdict_reason(const struct tlml_ctl *ctl,
					       struct tlml_stats *stats,
					       const struct tlml_flow *f,
					       const struct tlml_decision *d, __u32 point,
					       __u32 points)
{
	points &= ctl->ask_points;
	if ((point & points) && !(f->state & TLML_FLOW_HARD)) {
		if (ctl->audit && (d->points & points & -points) &&
		    !(f->fp * 0x9e3779b1u >> (32 - (ctl->audit & 31)))) {
			tlml_count(stats, audited);
			return TLML_REASON_AUDIT;
		}
		if (f->margin < ctl->policy[f->klass].margin_hard) {
			tlml_count(stats, unsure);
			return TLML_REASON_UNSURE;
		}
		if (f->anomaly >= ctl->anomaly_low && f->anomaly < ctl->anomaly_high) {
			tlml_count(stats, grey);
			return TLML_REASON_ANOMALY;
		}
	}
	return ctl->trace ? TLML_REASON_TRACE : -1;
}

/*
 * Counts the verdict on flow f if the decision in d is the first at which it may be asked about.
 * Without a branch, as most decisions are another one's.
 */
static __always_inline void tlml_verdict_count(const struct tlml_ctl *ctl, struct tlml_stats *stats,
					       const struct tlml_flow *f,
					       const struct tlml_decision *d, __u32 points)
{
	__u32 bin = tlml_drift_bin(f->klass, f->margin);

	points &= ctl->ask_points;
	barrier_var(bin);		/* or clang leaves out the mask that old verifiers need */
	stats->drift[bin & (TLML_DRIFT_BINS - 1)] +=
		!!(d->points & points & -points) & ~d->canary & 1;
}

/* Writes the verdict of cpu->decision, made at point of the model's points, into the flow line. */
static __always_inline void tlml_verdict_store(struct tlml_ctl *ctl, struct tlml_cpu *cpu,
					       struct tlml_flow *f, struct tlml_source *src,
					       __u32 point, __u32 points)
{
	struct tlml_decision *d = &cpu->decision;
	struct tlml_stats *stats = &cpu->stats;
	int last = !(points >> 1 & ~(point - 1));

	if (f->state & TLML_FLOW_DECIDED)
		stats->klass[f->klass].flows--;
	f->klass = d->verdict.klass;
	stats->klass[f->klass].flows++;
	f->generation = d->generation;
	__builtin_memcpy(f->cost, d->cost, sizeof(f->cost));
	f->margin = d->verdict.margin;
	f->anomaly = d->anomaly;
	f->state |= TLML_FLOW_DECIDED | (last ? TLML_FLOW_FINAL : 0);
	if (!d->net) {
		src->klass = f->klass;
		src->decided = 1;
		src->margin = f->margin;
	}
	if (f->anomaly >= ctl->anomaly_high)
		tlml_count(stats, anomalies);
	tlml_verdict_count(ctl, stats, f, d, points);
	d->reason = tlml_verdict_reason(ctl, stats, f, d, point, points);
}

/*
 * What cpu->decision asks for: tells the source lines that flow f began or was answered, and
 * decides about it if a decision point of the model was reached. The large model's answer stands
 * until the tiny one, which sees more of the flow by and by, is surer. A call of its own, and for
 * the verifier a world of its own, made at those packets only.
 */
__noinline int tlml_decide(struct tlml_ctl *ctl, struct tlml_cpu *cpu, struct tlml_flow *f)
{
	struct tlml_source *src, *dst;
	struct tlml_decision *d;
	struct tlml_packet *p;
	struct tlml_weights *w;
	__u32 points, point;

	if (!ctl || !cpu || !f)
		return 0;
	d = &cpu->decision;
	d->reason = -1;
	p = &cpu->packet;
	d->initiator = d->back ? p->dport : p->sport;
	d->responder = d->back ? p->sport : p->dport;
	src = tlml_source_get(ctl, &cpu->stats, d->back ? p->daddr : p->saddr, p->family,
			      TLML_ROLE_SOURCE, d->now);
	dst = tlml_source_get(ctl, &cpu->stats, d->back ? p->saddr : p->daddr, p->family,
			      TLML_ROLE_DEST, d->now);
	if (!src || !dst)
		return 0;
	if (d->begins) {
		tlml_source_flow(src, d->responder,
				 tlml_peer(d->back ? p->saddr : p->daddr, p->family));
		tlml_source_flow(dst, d->responder,
				 tlml_peer(d->back ? p->daddr : p->saddr, p->family));
	} else if (d->answers) {
		tlml_source_answer(src);
		tlml_source_answer(dst);
	}
	w = tlml_slot_get(ctl, f, d);
	if (!w || !w->generation) {
		tlml_count(&cpu->stats, no_model);
		return 0;
	}
	points = d->points & w->points;
	if (!points)
		return 0;
	point = 1u << tlml_log2(points);
	d->net = point > 1;
	d->generation = w->generation;
	if (tlml_score(w, f, src, dst, cpu))
		return 0;
	if (d->net)
		tlml_count(&cpu->stats, inferences);
	else
		tlml_count(&cpu->stats, first_verdicts);
	cpu->stats.count[TLML_STAT_canary] += d->canary;
	if (f->state & TLML_FLOW_ANSWERED) {
		if (d->verdict.margin <= f->margin) {
			f->answer.tiny_klass = d->verdict.klass;
			f->answer.tiny_margin = d->verdict.margin;
			return 0;
		}
		f->state &= ~(TLML_FLOW_ANSWERED | TLML_FLOW_HARD);
		tlml_count(&cpu->stats, answers_outdone);
	}
	tlml_verdict_store(ctl, cpu, f, src, point, w->points);
	return 0;
}

#endif
