// SPDX-License-Identifier: BSD-2-Clause
/* The words of a policy line: read, judged, and put into a plan. */
#include "plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "line.h"
#include "policy.h"

#define CONFIRM_MAX	86400			/* seconds */
#define LEASE_MAX	(366 * 86400)

static int add_mode(struct tlml_plan *p, struct tlml_line *l)
{
	const char *word = tlml_line_next(l), *more;
	__u64 seconds = 0;
	int mode, err;

	if (!word)
		return tlml_line_missing(l, "mode");
	for (mode = TLML_MODE_OFF; mode <= TLML_MODE_ENFORCE; mode++)
		if (!strcmp(word, tlml_mode_name(mode)))
			break;
	if (mode > TLML_MODE_ENFORCE)
		return tlml_line_wrong(l, word, "off, monitor or enforce");
	more = tlml_line_next(l);
	if (more) {
		if (strcmp(more, "confirm"))
			return tlml_line_wrong(l, more, l->usage);
		if (mode != TLML_MODE_ENFORCE)
			return tlml_error_set(l->e, EINVAL, "mode %s acts on nothing, so there is nothing to confirm: leave 'confirm' out",
					      word);
		err = tlml_line_number(l, "number of seconds", 1, CONFIRM_MAX, &seconds);
		if (err || tlml_line_end(l))
			return -EINVAL;
	}
	p->next.mode = mode;
	/* In other modes it stays: a packet that still saw enforce must not see it confirmed. */
	if (mode == TLML_MODE_ENFORCE)
		p->next.confirm_until = seconds ? tlml_maps_now() + TLML_TICKS(seconds) : 0;
	return 0;
}

static int add_confirm(struct tlml_plan *p, struct tlml_line *l)
{
	if (tlml_line_end(l))
		return -EINVAL;
	if (p->next.mode != TLML_MODE_ENFORCE)
		return tlml_error_set(l->e, EINVAL, "nothing to confirm: mode is %s, not enforce",
				      tlml_mode_name(p->next.mode));
	if (!p->next.confirm_until)
		return tlml_error_set(l->e, EINVAL, "nothing to confirm: mode enforce is confirmed already");
	if (tlml_maps_now() > p->next.confirm_until)
		return tlml_error_set(l->e, EINVAL, "too late: mode fell back to monitor by itself; set 'mode enforce confirm SECONDS' again");
	p->next.confirm_until = 0;
	return 0;
}

static int set_mark(struct tlml_line *l, struct tlml_policy *to)
{
	__u64 mark, dscp = 0;
	const char *word;
	int err = tlml_line_number(l, "mark", 0, ~0u, &mark);

	if (err)
		return err;
	word = tlml_line_next(l);
	if (word) {
		if (strcmp(word, "dscp"))
			return tlml_line_wrong(l, word, "MARK [dscp 0..63]");
		if (tlml_line_number(l, "DSCP", 0, 63, &dscp) || tlml_line_end(l))
			return -EINVAL;
		dscp++;
	}
	to->mark = mark;
	to->dscp = dscp;
	return 0;
}

static int set_action(struct tlml_line *l, struct tlml_policy *to)
{
	const char *word = tlml_line_next(l);
	enum tlml_action action;
	int err;

	if (!word)
		return tlml_line_missing(l, "action");
	for (action = TLML_ACTION_PASS; action <= TLML_ACTION_DROP; action++)
		if (!strcmp(word, tlml_action_name(action)))
			break;
	if (action > TLML_ACTION_DROP)
		return tlml_line_wrong(l, word, "pass, mark, limit or drop");
	if (action == TLML_ACTION_MARK)
		err = set_mark(l, to);
	else if (action == TLML_ACTION_LIMIT)
		err = tlml_line_rate(l, 1, &to->rate, &to->burst);
	else
		err = tlml_line_end(l);
	if (!err)
		to->action = action;
	return err;
}

static int set_margin(struct tlml_line *l, struct tlml_policy *to)
{
	const char *which = tlml_line_next(l);
	__u64 v;

	if (!which)
		return tlml_line_missing(l, "'act' or 'hard'");
	if (strcmp(which, "act") && strcmp(which, "hard"))
		return tlml_line_wrong(l, which, "act (to act on a verdict) or hard (to report it as unsure)");
	if (tlml_line_number(l, "margin", 0, 255, &v) || tlml_line_end(l))
		return -EINVAL;
	if (*which == 'a')
		to->margin_act = v;
	else
		to->margin_hard = v;
	return 0;
}

/* The classes that a name means: one, or with * all. */
static int find_classes(const struct tlml_plan *p, const char *name, unsigned int *first,
			unsigned int *last, struct tlml_error *e)
{
	unsigned int n = tlml_lesser(p->model->classes, TLML_CLASSES_MAX), c, at = 0;
	char list[TLML_CLASSES_MAX * (TLML_NAME_MAX + 2)] = "";

	if (!p->model->generation || !n)
		return tlml_error_set(e, EINVAL, "class '%s': there is no model, so there are no classes: 'tlmlctl model push IFACE FILE' brings one",
				      name);
	*first = 0;
	*last = n - 1;
	if (!strcmp(name, "*"))
		return 0;
	for (c = 0; c < n; c++) {
		*first = *last = c;
		if (!strncmp(name, p->model->info[c].name, TLML_NAME_MAX))
			return 0;
		at += snprintf(list + at, sizeof(list) - at, "%s%.*s", c ? ", " : "", TLML_NAME_MAX - 1,
			       p->model->info[c].name);
	}
	return tlml_error_set(e, EINVAL, "no class '%s' in the model: it has %s, and * means all of them",
			      name, list);
}

static int add_class(struct tlml_plan *p, struct tlml_line *l)
{
	const char *name = tlml_line_next(l), *what;
	unsigned int first = 0, last = 0, c;
	int err;

	if (!name)
		return tlml_line_missing(l, "class");
	err = find_classes(p, name, &first, &last, l->e);
	if (err)
		return err;
	what = tlml_line_next(l);
	if (!what)
		return tlml_line_missing(l, "'action' or 'margin'");
	if (strcmp(what, "action") && strcmp(what, "margin"))
		return tlml_line_wrong(l, what, l->usage);
	for (c = first; !err && c <= last; c++) {
		struct tlml_line rest = *l;

		err = *what == 'a' ? set_action(&rest, &p->next.policy[c]) :
				     set_margin(&rest, &p->next.policy[c]);
	}
	return err;
}

static int add_anomaly(struct tlml_plan *p, struct tlml_line *l)
{
	__u64 low, high;

	if (tlml_line_number(l, "anomaly mark", 0, 128, &low) ||
	    tlml_line_number(l, "anomaly mark", 0, 128, &high) || tlml_line_end(l))
		return -EINVAL;
	if (low > high)
		return tlml_error_set(l->e, EINVAL, "anomaly %llu %llu: the low mark comes first and is not above the high one",
				      low, high);
	p->next.anomaly_low = low;
	p->next.anomaly_high = high;
	return 0;
}

static int add_allow(struct tlml_plan *p, struct tlml_line *l)
{
	const char *word = tlml_line_next(l), *prefix;
	struct tlml_allow_change c = { TLML_ALLOW_CLEAR }, *more;
	int err = 0;

	if (!word)
		return tlml_line_missing(l, "'add', 'del' or 'clear'");
	if (!strcmp(word, "add"))
		c.verb = TLML_ALLOW_ADD;
	else if (!strcmp(word, "del"))
		c.verb = TLML_ALLOW_DEL;
	else if (strcmp(word, "clear"))
		return tlml_line_wrong(l, word, l->usage);
	if (c.verb != TLML_ALLOW_CLEAR) {
		prefix = tlml_line_next(l);
		if (!prefix)
			return tlml_line_missing(l, "prefix");
		err = tlml_allow_parse(prefix, &c.key, l->e);
	}
	if (err || tlml_line_end(l))
		return -EINVAL;
	more = p->allow;
	if (!(p->allow_n & (p->allow_n + 1)))		/* full at 2^n - 1 */
		more = realloc(p->allow, (2 * p->allow_n + 1) * sizeof(*more));
	if (!more)
		return tlml_error_set(l->e, ENOMEM, "no memory for %zu prefixes", p->allow_n);
	p->allow = more;
	p->allow[p->allow_n++] = c;
	return 0;
}

static int add_lease(struct tlml_plan *p, struct tlml_line *l)
{
	__u64 seconds;

	if (l->at < l->argc && !strcmp(l->argv[l->at], "forever")) {
		l->at++;
		p->next.lease_until = TLML_FOREVER;
		return tlml_line_end(l);
	}
	if (tlml_line_number(l, "number of seconds (or forever)", 1, LEASE_MAX, &seconds) || tlml_line_end(l))
		return -EINVAL;
	p->next.lease_until = tlml_maps_now() + TLML_TICKS(seconds);
	return 0;
}

static int add_audit(struct tlml_plan *p, struct tlml_line *l)
{
	__u64 v;

	if (tlml_line_number(l, "power of two", 0, 31, &v) || tlml_line_end(l))
		return -EINVAL;
	p->next.audit = v;
	return 0;
}

static int add_report(struct tlml_plan *p, struct tlml_line *l)
{
	return tlml_line_rate(l, 0, &p->next.report_rate, &p->next.report_burst);
}

static int add_ask(struct tlml_plan *p, struct tlml_line *l)
{
	static const char *const rates[TLML_BUDGETS] = {
		[TLML_BUDGET_ALL] = "rate",
		[TLML_BUDGET_CLASS] = "class-rate",
		[TLML_BUDGET_PREFIX] = "prefix-rate",
	};
	const char *word = tlml_line_next(l);
	unsigned int i;
	__u64 v;

	if (!word)
		return tlml_line_missing(l, "'from' or a rate");
	for (i = 0; i < TLML_BUDGETS; i++)
		if (!strcmp(word, rates[i]))
			return tlml_line_rate(l, 0, &p->next.ask[i].rate, &p->next.ask[i].burst);
	if (strcmp(word, "from"))
		return tlml_line_wrong(l, word, l->usage);
	if (tlml_line_number(l, "packet", 1, 32768, &v) || tlml_line_end(l))
		return -EINVAL;
	if (v & (v - 1))
		return tlml_error_set(l->e, EINVAL, "nothing is decided at packet %llu: give a power of two",
				      v);
	p->next.ask_points = -(__u32)v;		/* bit k stands for packet 2^k */
	return 0;
}

static int add_payload(struct tlml_plan *p, struct tlml_line *l)
{
	__u64 v;

	if (tlml_line_number(l, "number of bytes", 0, TLML_PAYLOAD_MAX, &v) || tlml_line_end(l))
		return -EINVAL;
	p->next.payload = v;
	return 0;
}

static int add_trace(struct tlml_plan *p, struct tlml_line *l)
{
	const char *word = tlml_line_next(l);

	if (!word)
		return tlml_line_missing(l, "'on' or 'off'");
	if (strcmp(word, "on") && strcmp(word, "off"))
		return tlml_line_wrong(l, word, "on or off");
	p->next.trace = !strcmp(word, "on");
	return tlml_line_end(l);
}

static const struct {
	const char *word, *usage;
	int (*add)(struct tlml_plan *p, struct tlml_line *l);
} lines[] = {
	{ "mode", "mode off|monitor|enforce [confirm SECONDS]", add_mode },
	{ "confirm", "confirm", add_confirm },
	{ "class", "class NAME|* action pass|drop|limit RATE [BURST]|mark MARK [dscp N], or class NAME|* margin act|hard N",
	  add_class },
	{ "anomaly", "anomaly LOW HIGH", add_anomaly },
	{ "allow", "allow add|del PREFIX, or allow clear", add_allow },
	{ "lease", "lease SECONDS|forever", add_lease },
	{ "audit", "audit 0..31", add_audit },
	{ "ask", "ask from PACKET, or ask rate|class-rate|prefix-rate RATE [BURST]", add_ask },
	{ "payload", "payload 0..64", add_payload },
	{ "report", "report RATE [BURST]", add_report },
	{ "trace", "trace on|off", add_trace },
};

int tlml_plan_add(struct tlml_plan *p, int argc, char **argv, struct tlml_error *e)
{
	unsigned int i;

	for (i = 0; argc && i < sizeof(lines) / sizeof(lines[0]); i++)
		if (!strcmp(argv[0], lines[i].word)) {
			struct tlml_line l = { argc, 1, argv, lines[i].usage, e };

			return lines[i].add(p, &l);
		}
	return tlml_error_set(e, EINVAL, "%s%s%s: mode, confirm, class, anomaly, allow, lease, audit, ask, payload, report or trace",
			      argc ? "nothing to set is called '" : "say what to set",
			      argc ? argv[0] : "", argc ? "'" : "");
}
