/* SPDX-License-Identifier: GPL-2.0 */
/* A decision point: features, inference, the verdict into the flow line, and whom to tell. */
#ifndef TLML_VERDICT_BPF_H
#define TLML_VERDICT_BPF_H

#include "emit.bpf.h"
#include "infer.bpf.h"

/* Why the flow should be told of, most telling first; -1 if it need not. */
static __always_inline int tlml_verdict_reason(const struct tlml_decision *d, int last)
{
	const struct tlml_flow *f = d->flow;
	const struct tlml_ctl *ctl = d->ctl;

	if (last && f->margin < ctl->policy[f->klass].margin_hard) {
		tlml_count(d->stats, unsure);
		return TLML_REASON_UNSURE;
	}
	if (f->anomaly >= ctl->anomaly_low && f->anomaly < ctl->anomaly_high) {
		tlml_count(d->stats, grey);
		return TLML_REASON_ANOMALY;
	}
	if (last && ctl->audit && !(f->fp * 0x9e3779b1u >> (32 - (ctl->audit & 31)))) {
		tlml_count(d->stats, audited);
		return TLML_REASON_AUDIT;
	}
	return ctl->trace ? TLML_REASON_TRACE : -1;
}

/* Scores the flow at the decision point d->point. */
static __always_inline void tlml_verdict(struct tlml_decision *d)
{
	struct tlml_weights *w = d->weights;
	struct tlml_flow *f = d->flow;
	struct tlml_score *s = &d->cpu->score;
	const struct tlml_packet *p = d->packet;
	__u32 last = !(w->points >> 1 & ~(d->point - 1));
	int reason;

	s->net = d->point > 1;
	s->initiator = d->back ? p->dport : p->sport;
	s->responder = d->back ? p->sport : p->dport;
	s->proto = p->proto;
	if (tlml_score(w, f, d->src, d->dst, s))
		return;
	if (s->net)
		tlml_count(d->stats, inferences);
	else
		tlml_count(d->stats, first_verdicts);
	if (f->state & TLML_FLOW_DECIDED)
		d->stats->klass[f->klass].flows--;
	f->klass = s->verdict.klass;
	d->stats->klass[f->klass].flows++;
	f->generation = w->generation;
	f->margin = s->verdict.margin;
	f->anomaly = s->anomaly;
	f->state |= TLML_FLOW_DECIDED | (last ? TLML_FLOW_FINAL : 0);
	if (!s->net) {
		d->src->klass = f->klass;
		d->src->decided = 1;
		d->src->margin = f->margin;
	}
	if (f->anomaly >= d->ctl->anomaly_high)
		tlml_count(d->stats, anomalies);
	reason = tlml_verdict_reason(d, last);
	if (reason == TLML_REASON_UNSURE)
		f->state |= TLML_FLOW_HARD;
	if (reason >= 0)
		tlml_emit(d, reason, s->verdict.runner_up);
}

#endif
