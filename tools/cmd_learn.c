// SPDX-License-Identifier: BSD-2-Clause
/* learn: what tlmld learns from the large model, and that it shall do so now. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "lib/daemon.h"

static unsigned long long num(const json_t *o, const char *key)
{
	json_int_t v = json_integer_value(json_object_get(o, key));

	return v > 0 ? v : 0;
}

static double real(const json_t *o, const char *key)
{
	return json_number_value(json_object_get(o, key));
}

static void str(struct tlml_out *o, const char *fmt, const json_t *from, const char *key)
{
	const char *v = json_string_value(json_object_get(from, key));
	char text[300];

	snprintf(text, sizeof(text), "%s", v ? v : "");
	tlml_error_clean(text);
	tlml_out_text(o, fmt, text);
}

static void print_last(struct tlml_out *o, const json_t *l)
{
	const json_t *golden = json_object_get(l, "golden");

	str(o, "  last       %s", l, "outcome");
	if (!num(l, "time")) {
		tlml_out_text(o, "\n");
		return;
	}
	tlml_out_text(o, ": generation %llu, %llu answers, %llu steps, %.1f s of CPU\n",
		      num(l, "generation"), num(l, "answers"), num(l, "steps"), real(l, "seconds"));
	if (json_string_length(json_object_get(l, "why")))
		str(o, "  because    %s\n", l, "why");
	tlml_out_text(o, "  gate       golden flows %.3f, then %.3f",
		      json_number_value(json_array_get(golden, 0)),
		      json_number_value(json_array_get(golden, 1)));
	tlml_out_text(o, "; better on %llu and worse on %llu of %llu judged; acts on %llu more benign ones\n",
		      num(l, "better"), num(l, "worse"), num(l, "judged"), num(l, "dropped"));
}

static void print_trial(struct tlml_out *o, const json_t *t)
{
	if (!json_is_object(t))
		return;
	str(o, "  trial      %s", t, "stage");
	tlml_out_text(o, ": generation %llu, better on %llu and worse on %llu of %llu live flows; would act on %llu more benign ones\n",
		      num(t, "generation"), num(t, "better"), num(t, "worse"), num(t, "flows"),
		      num(t, "dropped"));
	if (num(t, "percent"))
		tlml_out_text(o, "  canary     decides about %llu %% of flows: wrong on %llu of %llu audited",
			      num(t, "percent"), num(t, "wrong"), num(t, "audited"));
	else
		tlml_out_text(o, "  canary     not yet");
	tlml_out_text(o, "; %llu s left at most\n", num(t, "left_s"));
}

static void print_interface(struct tlml_out *o, const json_t *i)
{
	const json_t *l = json_object_get(i, "learning");

	str(o, "%s: ", i, "interface");
	tlml_out_text(o, "generation %llu, ", num(i, "generation"));
	if (!l) {
		tlml_out_text(o, "does not learn: tlmld's log says why\n");
		return;
	}
	str(o, "learning is %s", l, "mode");
	str(o, ", %s\n", l, "state");
	tlml_out_text(o, "  answers    %llu to learn from, %llu of them new, %llu to judge by\n",
		      num(l, "answers"), num(l, "fresh"), num(l, "audits"));
	tlml_out_text(o, "  audit      %llu agree, %llu disagree; %.1f %% of late; %llu alarms, %llu rollbacks\n",
		      num(i, "agree"), num(i, "disagree"), 100 * real(l, "disagreement"),
		      num(l, "alarms"), num(l, "rollbacks"));
	tlml_out_text(o, "  traffic    %.3f unlike that of when the generation was new; 0.2 is an alarm\n",
		      real(l, "psi"));
	print_trial(o, json_object_get(l, "trial"));
	print_last(o, json_object_get(l, "last"));
}

static int learn_now(struct tlml_cmd *c, const char *ifname)
{
	int fd = tlml_daemon_connect(&c->e), err;
	json_t *reply;

	if (fd < 0)
		return fd;
	err = tlml_daemon_ask(fd, json_pack("{s:s, s:s}", "do", "learn", "interface", ifname), NULL,
			      0, &reply, &c->e);
	close(fd);
	if (err)
		return err;
	json_decref(reply);
	tlml_out_text(&c->out, "%s learns: 'tlmlctl learn' tells what came of it\n", ifname);
	tlml_out_object(&c->out, NULL);
	tlml_out_end(&c->out);
	return 0;
}

int tlml_cmd_learn(struct tlml_cmd *c)
{
	int err = tlml_cmd_words(c, 0, 2), found = !c->argc;
	json_t *s, *v, *list = json_array();
	size_t at;

	if (!err && c->argc == 2 && strcmp(c->argv[1], "now"))
		err = tlml_error_set(&c->e, EINVAL, "'%.64s': say now, or nothing", c->argv[1]);
	if (!err && c->argc == 2) {
		json_decref(list);
		return learn_now(c, c->argv[0]);
	}
	if (!err)
		err = tlml_daemon_status(&s, &c->e);
	if (err) {
		json_decref(list);
		return err;
	}
	json_array_foreach(json_object_get(s, "interfaces"), at, v) {
		const char *name = json_string_value(json_object_get(v, "interface"));

		if (c->argc && (!name || strcmp(name, c->argv[0])))
			continue;
		found = 1;
		print_interface(&c->out, v);
		json_array_append_new(list, json_pack("{s:O, s:O, s:O*}", "interface",
						      json_object_get(v, "interface"), "generation",
						      json_object_get(v, "generation"), "learning",
						      json_object_get(v, "learning")));
	}
	json_decref(s);
	if (!found) {
		json_decref(list);
		return tlml_error_set(&c->e, ENOENT, "tlmld does not look after %s", c->argv[0]);
	}
	tlml_out_object(&c->out, NULL);
	tlml_out_json(&c->out, "interfaces", list);
	tlml_out_end(&c->out);
	return 0;
}
