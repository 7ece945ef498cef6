// SPDX-License-Identifier: BSD-2-Clause
/* All interfaces that tlmld looks after: taken on, looked at every second, let go. */
#include "paths.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "announce.h"
#include "learner.h"
#include "log.h"
#include "models.h"

void tlml_paths_init(struct tlml_paths *ps, struct tlml_loop *l, struct tlml_escalation *x,
		     struct tlml_learning *s, struct tlml_watchers *w)
{
	*ps = (struct tlml_paths){ .loop = l, .escalation = x, .learning = s, .watchers = w };
	TAILQ_INIT(&ps->all);
}

static struct tlml_path *find(struct tlml_paths *ps, const char *ifname)
{
	struct tlml_path *p;

	TAILQ_FOREACH(p, &ps->all, all)
		if (!strcmp(p->ifname, ifname))
			return p;
	return NULL;
}

static void left(void *arg)
{
	struct tlml_paths *ps = arg;

	ps->leaving--;
	if (ps->closed && !ps->leaving && TAILQ_EMPTY(&ps->all))
		ps->closed(ps->closed_arg);
}

static void let_go(struct tlml_paths *ps, struct tlml_path *p)
{
	TAILQ_REMOVE(&ps->all, p, all);
	tlml_escalation_forget(ps->escalation, p);
	if (p->learner)
		tlml_learner_close(p->learner);
	p->learner = NULL;
	tlml_generations_close(p->generations);
	p->generations = NULL;
	ps->leaving++;
	tlml_path_close(p, left, ps);
}

/* Its models, which are tried again if they could not be opened. -errno with a sentence. */
static int open_models(struct tlml_paths *ps, struct tlml_path *p, struct tlml_error *e)
{
	char dir[TLML_GENERATIONS_DIR];
	int err;

	if (p->generations)
		return 0;
	tlml_generations_dir(ps->state, p->ifname, dir);
	err = tlml_generations_open(dir, &p->generations, e);
	if (err) {
		tlml_maps_withdraw(&p->maps);
		return err;
	}
	/* The tlmld before was killed, and what it knew of the canary is gone. */
	if (p->maps.ctl->canary_share &&
	    tlml_generations_withdraw(p->generations, &p->maps, NULL, 0,
				      "tlmld was killed while it was a canary", e))
		tlml_log(TLML_LOG_WARNING, "%s: %s", p->ifname, e->text);
	err = tlml_learner_open(ps->learning, p->ifname, dir, &p->maps, p->generations, &p->learner,
				e);
	if (err)
		tlml_log(TLML_LOG_ERROR, "%s: it does not learn", e->text);
	return 0;
}

/* What is live is for the operator to say: it may have been put there for a reason. */
static void settle(struct tlml_paths *ps, struct tlml_path *p)
{
	struct tlml_error e;
	unsigned int ahead;

	if (open_models(ps, p, &e)) {
		if (!p->unkept)
			tlml_log(TLML_LOG_ERROR, "%s: its models cannot be kept: %s", p->ifname, e.text);
		p->unkept = 1;
		return;
	}
	p->unkept = 0;
	ahead = tlml_generations_ahead(p->generations, &p->maps);
	if (ahead)
		tlml_log(TLML_LOG_NOTICE, "%s: generation %u is live, and generation %u is stored: 'tlmlctl model rollback %s %u' makes it live",
			 p->ifname, tlml_maps_current(&p->maps)->generation, ahead, p->ifname,
			 ahead);
}

static void look_at(struct tlml_paths *ps, struct tlml_path *p)
{
	struct tlml_error e;

	if (!tlml_path_tick(p, &e)) {
		if (ps->state && !p->generations)
			settle(ps, p);
		if (p->learner)
			tlml_learner_tick(p->learner);
		return;
	}
	tlml_log(TLML_LOG_NOTICE, "%s: no longer looked after", e.text);
	let_go(ps, p);
}

static void take_on(struct tlml_paths *ps, struct tlml_path *p)
{
	TAILQ_INSERT_TAIL(&ps->all, p, all);
	tlml_path_trace(p, tlml_watch_traces(ps->watchers, p->ifname));
	tlml_log(TLML_LOG_NOTICE, "looks after %s, generation %u", p->ifname,
		 tlml_maps_current(&p->maps)->generation);
	if (ps->state)
		settle(ps, p);
	look_at(ps, p);
}

static int open_one(struct tlml_paths *ps, const char *ifname, struct tlml_error *e)
{
	struct tlml_path *p;
	int err;

	if (find(ps, ifname))
		return 0;
	err = tlml_path_open(ps->loop, ifname, tlml_escalation_take, ps->escalation, &p, e);
	if (!err)
		take_on(ps, p);
	return err;
}

int tlml_paths_open(struct tlml_paths *ps, char *const *names, int n, struct tlml_error *e)
{
	char (*found)[IF_NAMESIZE];
	int err = 0;

	ps->nl = tlml_announce_open();
	for (int i = 0; !err && i < n; i++)
		err = open_one(ps, names[i], e);
	if (err || n)
		return err;
	n = tlml_maps_list(&found, e);
	if (n < 0)
		return n;
	for (int i = 0; i < n; i++)
		if (open_one(ps, found[i], e))
			tlml_log(TLML_LOG_ERROR, "%s", e->text);
	free(found);
	if (TAILQ_EMPTY(&ps->all))
		tlml_log(TLML_LOG_INFO, "tlml is on no interface here: 'tlml-load IFACE' puts it on one, and tells");
	return 0;
}

int tlml_paths_add(struct tlml_paths *ps, const struct tlml_request *r, const int *fds,
		   struct tlml_error *e)
{
	struct tlml_path *p, *before = find(ps, r->ifname);
	int err = tlml_path_adopt(ps->loop, r, fds, tlml_escalation_take, ps->escalation, &p, e);

	if (err)
		return err;
	if (before)
		let_go(ps, before);
	take_on(ps, p);
	return 0;
}

int tlml_paths_remove(struct tlml_paths *ps, const char *ifname, struct tlml_error *e)
{
	struct tlml_path *p = tlml_paths_find(ps, ifname, e);

	if (!p)
		return -ENOENT;
	let_go(ps, p);
	tlml_log(TLML_LOG_NOTICE, "%s was taken away: no longer looked after", ifname);
	return 0;
}

void tlml_paths_settle(struct tlml_paths *ps, const char *state)
{
	struct tlml_path *p;

	ps->state = state;
	TAILQ_FOREACH(p, &ps->all, all)
		settle(ps, p);
}

struct tlml_path *tlml_paths_find(struct tlml_paths *ps, const char *ifname, struct tlml_error *e)
{
	struct tlml_path *p = find(ps, ifname);

	if (!p)
		tlml_error_set(e, ENOENT, "tlmld does not look after %s", ifname);
	return p;
}

int tlml_paths_learn(struct tlml_paths *ps, const char *ifname, struct tlml_error *e)
{
	struct tlml_path *p = tlml_paths_find(ps, ifname, e);

	if (!p)
		return -ENOENT;
	if (!p->learner)
		return tlml_error_set(e, EAGAIN, "%s cannot learn: tlmld's log says why", ifname);
	return tlml_learner_now(p->learner, e);
}

/* The learner is told, and people. */
static void changed(struct tlml_path *p, const struct tlml_request *r, unsigned int before)
{
	unsigned int now = tlml_maps_current(&p->maps)->generation;

	if (r->verb == TLML_DO_MODELS)
		return;
	if (p->learner)
		tlml_learner_changed(p->learner);
	if (now != before)
		tlml_log(TLML_LOG_NOTICE, "%s: generation %u is live, after %u", p->ifname, now,
			 before);
	else
		tlml_log(TLML_LOG_NOTICE, "%s: generation %u is %s", p->ifname, now,
			 r->on ? "pinned" : "not pinned any more");
}

json_t *tlml_paths_models(struct tlml_paths *ps, const struct tlml_request *r, int fd,
			  struct tlml_error *e)
{
	struct tlml_path *p = tlml_paths_find(ps, r->ifname, e);
	unsigned int before;
	json_t *reply;

	if (!p || open_models(ps, p, e))
		return NULL;
	before = tlml_maps_current(&p->maps)->generation;
	reply = tlml_models_do(p->generations, &p->maps, r, fd, e);
	if (reply)
		changed(p, r, before);
	else
		tlml_log(TLML_LOG_WARNING, "%s: %s", p->ifname, e->text);
	return reply;
}

unsigned int tlml_paths_tick(struct tlml_paths *ps)
{
	struct tlml_path *p, *next;
	unsigned int n = 0;

	for (p = TAILQ_FIRST(&ps->all); p; p = next) {
		next = TAILQ_NEXT(p, all);
		look_at(ps, p);
	}
	TAILQ_FOREACH(p, &ps->all, all)
		n++;
	tlml_announce(ps->nl, ps);
	return n;
}

void tlml_paths_trace(struct tlml_paths *ps)
{
	struct tlml_path *p;

	TAILQ_FOREACH(p, &ps->all, all)
		tlml_path_trace(p, tlml_watch_traces(ps->watchers, p->ifname));
}

void tlml_paths_close(struct tlml_paths *ps, void (*done)(void *arg), void *arg)
{
	struct tlml_path *p;

	ps->leaving++;			/* until all have been told */
	tlml_nl_close(ps->nl);
	ps->nl = NULL;
	ps->closed = done;
	ps->closed_arg = arg;
	while ((p = TAILQ_FIRST(&ps->all)))
		let_go(ps, p);
	left(ps);
}
