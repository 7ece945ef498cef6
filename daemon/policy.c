// SPDX-License-Identifier: BSD-2-Clause
/*
 * Policy: lines are planned first, then put into force in an order in which the data path, which
 * reads while this writes, never acts on half a policy.
 */
#include "policy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan.h"

#define WORDS_MAX	16

static const char *const modes[] = { "off", "monitor", "enforce" };
static const char *const actions[] = { "pass", "mark", "limit", "drop" };

const char *tlml_mode_name(enum tlml_mode mode)
{
	return mode <= TLML_MODE_ENFORCE ? modes[mode] : "?";
}

const char *tlml_action_name(enum tlml_action action)
{
	return action <= TLML_ACTION_DROP ? actions[action] : "?";
}

const char *tlml_reason_name(enum tlml_reason reason)
{
	static const char *const reasons[] = { "trace", "unsure", "anomaly", "audit" };

	return reason <= TLML_REASON_AUDIT ? reasons[reason] : "?";
}

static void plan_begin(struct tlml_plan *p, const struct tlml_maps *m)
{
	*p = (struct tlml_plan){ .model = tlml_maps_current(m) };
	memcpy(&p->was, m->ctl, sizeof(p->was));
	p->next = p->was;
}

/* Only what changes is stored, so that what others write meanwhile (a lease) stays. */
#define STORE(to, was, next, field)						\
	do {									\
		if ((next)->field != (was)->field)				\
			__atomic_store_n(&(to)->field, (next)->field, __ATOMIC_RELEASE); \
	} while (0)

static void store_policy(struct tlml_policy *to, const struct tlml_policy *was,
			 const struct tlml_policy *next)
{
	STORE(to, was, next, mark);
	STORE(to, was, next, dscp);
	STORE(to, was, next, rate);
	STORE(to, was, next, burst);
	STORE(to, was, next, margin_act);
	STORE(to, was, next, margin_hard);
	STORE(to, was, next, action);		/* when it has what it needs */
}

static int plan_apply(const struct tlml_plan *p, struct tlml_maps *m, struct tlml_error *e)
{
	const struct tlml_ctl *was = &p->was, *next = &p->next;
	struct tlml_ctl *ctl = m->ctl;
	unsigned int c, i;
	int err;

	err = tlml_allow_apply(m, p->allow, p->allow_n, e);	/* the only part that can fail */
	if (err)
		return err;
	if (next->mode != TLML_MODE_ENFORCE)		/* stop acting first */
		STORE(ctl, was, next, mode);
	for (c = 0; c < TLML_CLASSES_MAX; c++)
		store_policy(&ctl->policy[c], &was->policy[c], &next->policy[c]);
	STORE(ctl, was, next, anomaly_low);
	STORE(ctl, was, next, anomaly_high);
	STORE(ctl, was, next, audit);
	for (i = 0; i < TLML_BUDGETS; i++) {
		STORE(ctl, was, next, ask[i].burst);
		STORE(ctl, was, next, ask[i].rate);
	}
	STORE(ctl, was, next, ask_points);
	STORE(ctl, was, next, payload);
	STORE(ctl, was, next, report_rate);
	STORE(ctl, was, next, report_burst);
	STORE(ctl, was, next, trace);
	/* Whoever keeps the data path alive in tlmld's place knows nothing of its canary. */
	if (next->lease_until != was->lease_until)
		tlml_maps_withdraw(m);
	STORE(ctl, was, next, lease_until);
	STORE(ctl, was, next, confirm_until);		/* never enforce without its deadline */
	if (next->mode == TLML_MODE_ENFORCE)
		STORE(ctl, was, next, mode);
	return 0;
}

int tlml_policy_set(struct tlml_maps *m, int argc, char **argv, struct tlml_error *e)
{
	struct tlml_plan p;
	int err;

	plan_begin(&p, m);
	err = tlml_plan_add(&p, argc, argv, e);
	if (!err)
		err = plan_apply(&p, m, e);
	free(p.allow);
	return err;
}

static int plan_line(struct tlml_plan *p, char *text, size_t size, struct tlml_error *e)
{
	char *words[WORDS_MAX], *save = NULL, *word;
	int n = 0;

	if (memchr(text, 0, size))
		return tlml_error_set(e, EINVAL, "a zero byte: this is not a text file");
	for (word = strtok_r(text, " \t\r\n", &save); word && *word != '#';
	     word = strtok_r(NULL, " \t\r\n", &save)) {
		if (n == WORDS_MAX)
			return tlml_error_set(e, EINVAL, "more than %d words: write one setting a line",
					      WORDS_MAX);
		words[n++] = word;
	}
	return n ? tlml_plan_add(p, n, words, e) : 0;
}

int tlml_policy_file(struct tlml_maps *m, const char *path, struct tlml_error *e)
{
	FILE *f = fopen(path, "re");
	unsigned int number = 0;
	struct tlml_plan p;
	struct tlml_error at;
	size_t room = 0;
	char *text = NULL;
	ssize_t size;
	int err = 0;

	if (!f)
		return tlml_error_set(e, errno, "%s: cannot open the policy: %s: check the path", path,
				      strerror(errno));
	plan_begin(&p, m);
	while (!err && (size = getline(&text, &room, f)) >= 0) {
		number++;
		err = plan_line(&p, text, size, &at);
		if (err)
			tlml_error_set(e, -err, "%s:%u: %s", path, number, at.text);
	}
	if (!err && ferror(f))
		err = tlml_error_set(e, errno, "%s: cannot read the policy: %s: check the path", path,
				     strerror(errno));
	if (!err) {
		err = plan_apply(&p, m, &at);
		if (err)
			tlml_error_set(e, -err, "%s: %s", path, at.text);
	}
	free(text);
	free(p.allow);
	fclose(f);
	return err;
}
