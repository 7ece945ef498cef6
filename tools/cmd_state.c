// SPDX-License-Identifier: BSD-2-Clause
/* What mode tlml is in, and in effect: enforce may have fallen back, the lease be expired. */
#include "cmd.h"

#define STALE	TLML_TICKS(1)	/* four thousand times what a running clock may be behind */

static unsigned long long seconds(__u64 ticks)
{
	return ((ticks << TLML_TICK_SHIFT) + 500000000) / 1000000000;
}

static int expired(__u64 until, __u64 now)
{
	return until && until != TLML_FOREVER && now > until;
}

/* The mode that packets meet, whatever was asked for. */
static const char *effective(const struct tlml_ctl *ctl, __u64 now)
{
	if (ctl->mode == TLML_MODE_OFF)
		return "off";
	if (expired(ctl->lease_until, now))
		return "expired";
	return ctl->mode == TLML_MODE_ENFORCE && !expired(ctl->confirm_until, now) ? "enforce" :
										     "monitor";
}

static void state_confirm(struct tlml_out *o, const struct tlml_ctl *ctl, __u64 now,
			  const char *ifname)
{
	__u64 until = ctl->confirm_until;

	if (ctl->mode != TLML_MODE_ENFORCE || !until) {
		tlml_out_none(o, "confirm_left_s");
		return;
	}
	if (!expired(until, now)) {
		tlml_out_num(o, "confirm_left_s", ", falls back to monitor in %llu s", seconds(until - now));
		tlml_out_text(o, " unless confirmed: tlmlctl set %s confirm", ifname);
		return;
	}
	tlml_out_num(o, "confirm_left_s", NULL, 0);
	tlml_out_text(o, ": enforce was not confirmed and fell back %llu s ago", seconds(now - until));
}

static void state_lease(struct tlml_out *o, const struct tlml_ctl *ctl, __u64 now)
{
	__u64 until = ctl->lease_until;

	if (until == TLML_FOREVER) {
		tlml_out_none(o, "lease_left_s");
	} else if (!expired(until, now)) {
		tlml_out_num(o, "lease_left_s", ", lease for %llu s more", seconds(until - now));
	} else {
		tlml_out_num(o, "lease_left_s", NULL, 0);
		tlml_out_style(o, TLML_OUT_ALARM);
		tlml_out_text(o, ", lease expired %llu s ago: everything passes unseen", seconds(now - until));
		tlml_out_style(o, TLML_OUT_PLAIN);
	}
}

static void state_alarm(struct tlml_out *o, const char *fmt, const char *ifname)
{
	if (o->mode != TLML_OUT_TEXT)
		return;
	tlml_out_style(o, TLML_OUT_ALARM);
	tlml_out_text(o, "\n  ");
	tlml_out_str(o, NULL, fmt, ifname);
	tlml_out_style(o, TLML_OUT_PLAIN);
}

void tlml_cmd_state(struct tlml_out *o, const struct tlml_maps *m, const char *ifname)
{
	const struct tlml_ctl *ctl = m->ctl;
	__u64 now = tlml_maps_now(), clock = ctl->clock, age = now > clock ? now - clock : 0;
	int present = if_nametoindex(ifname) == ctl->ifindex;

	tlml_out_style(o, TLML_OUT_BOLD);
	tlml_out_text(o, "%s: ", ifname);
	tlml_out_str(o, "mode", NULL, tlml_mode_name(ctl->mode));
	tlml_out_str(o, "effective", "%s", effective(ctl, now));
	tlml_out_style(o, TLML_OUT_PLAIN);
	state_confirm(o, ctl, now, ifname);
	state_lease(o, ctl, now);
	tlml_out_num(o, "clock_age_ms", NULL, (age << TLML_TICK_SHIFT) / 1000000);
	if (ctl->clock_state != TLML_CLOCK_STOPPED && age > STALE && present)
		state_alarm(o, "the clock of the data path stopped, so no deadline holds: attach %s anew",
			    ifname);
	if (!present)
		state_alarm(o, "the interface is gone: tlml-load --clean %s tidies up", ifname);
	tlml_out_num(o, "flow_lines", NULL, (ctl->flow_mask + 1ull) * TLML_WAYS);
	tlml_out_num(o, "source_lines", NULL, (ctl->source_mask + 1ull) * TLML_WAYS);
	tlml_out_bool(o, "trace", NULL, ctl->trace);
	tlml_out_num(o, "audit", NULL, ctl->audit);
	tlml_out_num(o, "report_rate", NULL, ctl->report_rate);
	tlml_out_num(o, "report_burst", NULL, ctl->report_burst);
	tlml_out_num(o, "anomaly_low", NULL, ctl->anomaly_low);
	tlml_out_num(o, "anomaly_high", NULL, ctl->anomaly_high);
	tlml_out_bool(o, "present", NULL, present);
	tlml_out_text(o, "\n");
}

void tlml_cmd_ask(struct tlml_out *o, const struct tlml_ctl *ctl)
{
	const struct tlml_rate *r = ctl->ask;
	int on = ctl->ask_points && r[TLML_BUDGET_ALL].rate;

	tlml_out_num(o, "ask_from", on ? "  asks       from packet %llu on" : "  asks       nothing",
		     ctl->ask_points & -ctl->ask_points);
	tlml_out_num(o, "ask_rate", on ? ", %llu times a second" : NULL, r[TLML_BUDGET_ALL].rate);
	tlml_out_num(o, "ask_burst", NULL, r[TLML_BUDGET_ALL].burst);
	tlml_out_num(o, "ask_class_rate", on ? " (%llu a class" : NULL, r[TLML_BUDGET_CLASS].rate);
	tlml_out_num(o, "ask_class_burst", NULL, r[TLML_BUDGET_CLASS].burst);
	tlml_out_num(o, "ask_prefix_rate", on ? ", %llu a prefix)" : NULL, r[TLML_BUDGET_PREFIX].rate);
	tlml_out_num(o, "ask_prefix_burst", NULL, r[TLML_BUDGET_PREFIX].burst);
	tlml_out_num(o, "payload", on && ctl->payload ? ", with %llu bytes of payload" : NULL, ctl->payload);
	tlml_out_text(o, "\n");
}
