// SPDX-License-Identifier: BSD-2-Clause
/*
 * tlmld: looks after the data path of a network namespace. Opens what it needs, becomes nobody,
 * and from then on renews leases, has the large model asked about hard flows, and tells about it.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "control.h"
#include "exposition.h"
#include "labelling.h"
#include "learning.h"
#include "log.h"
#include "metrics.h"
#include "only.h"
#include "options.h"
#include "overview.h"
#include "owner.h"
#include "privs.h"
#include "run.h"
#include "shipped.h"

#define TICK_NS		1000000000ull
#define RUN_MAX		90	/* bytes of the directory: a socket's path has 107 at most */

struct tlmld {
	struct tlml_options options;
	struct tlml_conf conf;
	char run[RUN_MAX + 1], local[RUN_MAX + 32];	/* directory; the endpoint in it */
	char state[TLML_PATH_MAX];
	int lock, own;			/* of the directory: held; it is for tlml alone */
	struct tlml_loop *loop;
	struct tlml_watchers watchers;
	struct tlml_escalation escalation;
	struct tlml_learning learning;
	struct tlml_labelling labelling;
	struct tlml_paths paths;
	struct tlml_control *control;
	struct tlml_metrics *metrics;
	struct tlml_op signals, tick;
	int signal_fd;
	uint64_t begun_ns, tick_ns;
	int watchdog;			/* systemd wants to hear of us */
	int closing;
	unsigned int open;		/* of those that have to be closed before the large model */
};

static json_t *status(void *arg, unsigned int from)
{
	struct tlmld *d = arg;
	unsigned int more;
	json_t *list = tlml_overview_paths(&d->paths, from, &more);

	return json_pack("{s:s, s:i, s:s, s:I, s:o, s:i, s:o, s:o}", "version", TLML_VERSION, "pid",
			 getpid(), "loop", tlml_loop_name(d->loop), "uptime_s",
			 (json_int_t)((tlml_loop_now() - d->begun_ns) / TICK_NS),
			 "interfaces", list, "more", (int)more,
			 "large", tlml_large_status(d->escalation.large),
			 "labelling", tlml_labelling_status(&d->labelling));
}

static int add(void *arg, const struct tlml_request *r, const int *fds, struct tlml_error *e)
{
	struct tlmld *d = arg;

	return tlml_paths_add(&d->paths, r, fds, e);
}

static int remove_path(void *arg, const char *ifname, struct tlml_error *e)
{
	struct tlmld *d = arg;

	return tlml_paths_remove(&d->paths, ifname, e);
}

static json_t *models(void *arg, const struct tlml_request *r, int fd, struct tlml_error *e)
{
	struct tlmld *d = arg;

	return tlml_paths_models(&d->paths, r, fd, e);
}

static int learn(void *arg, const char *ifname, struct tlml_error *e)
{
	struct tlmld *d = arg;

	return tlml_paths_learn(&d->paths, ifname, e);
}

static json_t *label(void *arg, const struct tlml_request *r, struct tlml_error *e)
{
	struct tlmld *d = arg;

	return tlml_labelling_take(&d->labelling, &d->paths, r, e);
}

static json_t *teach(void *arg, struct tlml_error *e)
{
	struct tlmld *d = arg;

	return tlml_labelling_teach(&d->labelling, e);
}

static void watched(void *arg)
{
	struct tlmld *d = arg;

	tlml_paths_trace(&d->paths);
}

static void scraped(void *arg, FILE *f)
{
	struct tlmld *d = arg;

	tlml_exposition_write(f, &d->paths);
}

static const struct tlml_control_calls calls = {
	status, add, remove_path, models, learn, label, teach, watched
};

static void closed(void *arg)
{
	struct tlmld *d = arg;

	tlml_loop_stop(d->loop);
}

/* One of those that use the large model; the last one lets go of it. */
static void left(void *arg)
{
	struct tlmld *d = arg;

	if (!--d->open)
		tlml_escalation_close(&d->escalation, closed, d);
}

static void stop(struct tlmld *d)
{
	if (d->closing)
		return;
	d->closing = 1;
	sd_notify(0, "STOPPING=1");
	tlml_loop_cancel(d->loop, &d->signals);
	tlml_loop_cancel(d->loop, &d->tick);
	tlml_learning_stop(&d->learning);
	d->open = 1;
	if (d->control) {
		d->open++;
		tlml_control_close(d->control, left, d);
	}
	if (d->metrics) {
		d->open++;
		tlml_metrics_close(d->metrics, left, d);
	}
	tlml_paths_close(&d->paths, left, d);
}

static void reload(struct tlmld *d)
{
	struct tlml_conf next;
	struct tlml_error e;
	int err = tlml_options_conf(&d->options, &next, &e);

	if (!err)
		err = tlml_escalation_change(&d->escalation, &next, d->local,
					     !tlml_conf_same_large(&d->conf, &next), &e);
	if (err) {
		tlml_log(TLML_LOG_ERROR, "%s; goes on as before", e.text);
		return;
	}
	if (strcmp(next.user, d->conf.user) || strcmp(next.metrics_listen, d->conf.metrics_listen))
		tlml_log(TLML_LOG_WARNING, "another user or metrics_listen takes a restart");
	d->conf = next;
	tlml_log(TLML_LOG_NOTICE, "has read its configuration anew");
}

static void on_signal(struct tlml_op *op, int res)
{
	struct tlmld *d = op->arg;
	struct signalfd_siginfo info;

	while (!d->closing && read(d->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGHUP)
			reload(d);
		else
			stop(d);
	}
	if (!d->closing)
		tlml_loop_poll(d->loop, op, d->signal_fd, POLLIN);
}

static void on_tick(struct tlml_op *op, int res)
{
	struct tlmld *d = op->arg;

	if (d->closing)
		return;
	if (d->watchdog)
		sd_notify(0, "WATCHDOG=1");
	if (!tlml_paths_tick(&d->paths) && d->options.exit_idle) {
		tlml_log(TLML_LOG_NOTICE, "no interface is left: ends");
		stop(d);
		return;
	}
	tlml_labelling_tick(&d->labelling);
	d->tick_ns += TICK_NS;
	tlml_loop_timer(d->loop, op, d->tick_ns);
}

static int take_signals(struct tlmld *d, struct tlml_error *e)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	d->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (d->signal_fd < 0)
		return tlml_error_set(e, errno, "cannot take signals: %s", strerror(errno));
	tlml_loop_poll(d->loop, &d->signals, d->signal_fd, POLLIN);
	return 0;
}

/* The directory, for this process alone until it ends. */
static int enter(struct tlmld *d, struct tlml_error *e)
{
	int err;

	if (d->options.run && strlen(d->options.run) > RUN_MAX)
		return tlml_error_set(e, ENAMETOOLONG, "--run %.64s...: sockets cannot have such long paths",
				      d->options.run);
	if (d->options.run)
		strcpy(d->run, d->options.run);
	else
		tlml_run_dir(d->run, sizeof(d->run));
	d->own = !d->options.run || access(d->run, F_OK);
	snprintf(d->local, sizeof(d->local), "unix://%s/" TLML_SOCKET_LARGE, d->run);
	err = tlml_run_dir_make(d->run, e);
	if (err)
		return err;
	d->lock = tlml_only_lock(d->run, e);
	return d->lock < 0 ? d->lock : 0;
}

static int open_all(struct tlmld *d, struct tlml_error *e)
{
	char path[RUN_MAX + 32];
	int err;

	err = tlml_paths_open(&d->paths, d->options.names, d->options.count, e);
	if (err)
		return err;
	snprintf(path, sizeof(path), "%s/" TLML_SOCKET_DAEMON, d->run);
	err = tlml_control_open(d->loop, path, &d->watchers, &calls, d, &d->control, e);
	if (err)
		return err;
	snprintf(path, sizeof(path), "%s/" TLML_SOCKET_METRICS, d->run);
	return tlml_metrics_open(d->loop, path,
				 *d->conf.metrics_listen ? d->conf.metrics_listen : NULL, scraped,
				 d, &d->metrics, e);
}

/* Where models are kept, by whom tlmld will be. */
static int own_state(struct tlmld *d, const struct passwd *pw, struct tlml_error *e)
{
	int err;

	if (d->options.state && strlen(d->options.state) >= sizeof(d->state))
		return tlml_error_set(e, ENAMETOOLONG, "--state %.64s...: the path is too long",
				      d->options.state);
	if (d->options.state)
		strcpy(d->state, d->options.state);
	else if (d->options.run)
		snprintf(d->state, sizeof(d->state), "%.150s/state", d->run);
	else
		tlml_generations_root(d->state, sizeof(d->state));
	err = tlml_run_dir_make(d->state, e);
	if (err || geteuid() || !pw)
		return err;
	return tlml_owner_give(d->state, pw->pw_uid, pw->pw_gid, e);
}

/* The user of the configuration, or the first one that there is; it may remove the sockets. */
static int become_nobody(struct tlmld *d, struct tlml_error *e)
{
	const char *user = *d->conf.user ? d->conf.user : getpwnam("tlml") ? "tlml" : "nobody";
	const struct passwd *pw = getpwnam(user);
	int err;

	err = d->own && !geteuid() && pw ?
	      tlml_run_dir_give(d->run, pw->pw_uid, pw->pw_gid, e) : 0;
	if (!err)
		err = own_state(d, pw, e);
	if (!err)
		err = tlml_privs_drop(user, e);
	return err ? err : tlml_privs_seccomp(TLML_SECCOMP_DAEMON, e);
}

/* An interface takes eight, and a gateway may have hundreds. */
static void take_descriptors(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files))
		return;
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);	/* if not, it is as it was */
}

/* Runs until told to stop, or until what was begun is undone after an error. */
static int run(struct tlmld *d, struct tlml_error *e)
{
	struct tlml_error late;
	int err = take_signals(d, e), lost;

	take_descriptors();
	if (!err)
		err = open_all(d, e);
	if (!err)
		err = tlml_privs_names(e);
	if (!err)
		err = become_nobody(d, e);
	if (err) {
		stop(d);
	} else {
		tlml_paths_settle(&d->paths, d->state);
		tlml_labelling_settle(&d->labelling, d->state);
		d->tick_ns = tlml_loop_now() + TICK_NS;
		tlml_loop_timer(d->loop, &d->tick, d->tick_ns);
		d->watchdog = sd_watchdog_enabled(0, NULL) > 0;
		sd_notify(0, "READY=1");
		tlml_log(TLML_LOG_INFO, "runs on %s, control socket in %s", tlml_loop_name(d->loop),
			 d->run);
	}
	lost = tlml_loop_run(d->loop, &late);
	if (!err && lost)
		err = tlml_error_set(e, -lost, "%s", late.text);
	return err;
}

int main(int argc, char **argv)
{
	static struct tlmld d;
	struct tlml_error e;
	int err;

	tlml_log_open("tlmld");
	libbpf_set_print(NULL);		/* its messages come back as sentences of ours */
	d.begun_ns = tlml_loop_now();
	d.signals = (struct tlml_op){ .done = on_signal, .arg = &d };
	d.tick = (struct tlml_op){ .done = on_tick, .arg = &d };
	TAILQ_INIT(&d.watchers);
	tlml_options_parse(argc, argv, &d.options);
	err = tlml_options_conf(&d.options, &d.conf, &e);
	if (!err)
		err = enter(&d, &e);
	if (err)
		goto say;
	err = tlml_loop_new(d.options.loop, &d.loop, &e);
	if (err)
		goto leave;
	err = tlml_learning_open(&d.learning, d.loop, &d.conf, &TLML_SHIPPED, &e);
	if (!err)
		err = tlml_labelling_open(&d.labelling, &e);
	if (!err)
		err = tlml_escalation_open(&d.escalation, d.loop, &d.watchers, &d.conf, d.local,
					   &e);
	if (!err) {
		d.escalation.recent = d.labelling.recent;
		tlml_paths_init(&d.paths, d.loop, &d.escalation, &d.learning, &d.watchers);
		err = run(&d, &e);
	}
	tlml_learning_close(&d.learning);
	tlml_labelling_close(&d.labelling);
	tlml_loop_free(d.loop);
leave:
	tlml_only_unlock(d.run, d.lock);
say:
	if (err)
		tlml_log(TLML_LOG_ERROR, "%s", e.text);
	return err ? 1 : 0;
}
