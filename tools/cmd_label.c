// SPDX-License-Identifier: BSD-2-Clause
/* label: what a flow was, by an operator's word or by the alerts of an IDS. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "lib/daemon.h"
#include "lib/eve.h"

/* What became of events. */
struct tally {
	unsigned long events, alerts, labelled, no_case, operators, no_class, unreadable, line;
	struct tlml_error first;	/* about what was unreadable, "" if nothing was */
};

struct labelling {
	struct tlml_cmd *c;
	int fd;				/* of tlmld */
	const char *by;			/* NULL: the operator */
	unsigned long within_s;
	struct tlml_eve_map map;
	struct tally tally;
};

static json_t *request(const struct labelling *l, const char *src, unsigned int sport,
		       const char *dst, unsigned int dport, unsigned int proto, const char *klass)
{
	return json_pack("{s:s, s:s, s:s, s:i, s:s, s:i, s:i, s:s, s:s*, s:i}", "do", "label",
			 "interface", l->c->argv[0], "src", src, "sport", (int)sport, "dst", dst,
			 "dport", (int)dport, "proto", (int)proto, "class", klass, "by", l->by,
			 "within_s", (int)l->within_s);
}

static int label_one(struct labelling *l)
{
	struct tlml_cmd *c = l->c;
	unsigned long sport, dport;
	unsigned int proto;
	json_t *reply;
	int err;

	err = tlml_cmd_words(c, 7, 7);
	if (!err)
		err = tlml_cmd_number(c, "SPORT", c->argv[2], 0, 65535, &sport);
	if (!err)
		err = tlml_cmd_number(c, "DPORT", c->argv[4], 0, 65535, &dport);
	if (!err)
		err = tlml_cmd_protocol(c, c->argv[5], &proto);
	if (!err)
		err = tlml_daemon_ask(l->fd, request(l, c->argv[1], sport, c->argv[3], dport, proto,
						     c->argv[6]), NULL, 0, &reply, &c->e);
	if (err)
		return err;
	if (!json_is_true(json_object_get(reply, "labelled")))
		err = tlml_error_set(&c->e, ENOENT, "%s", json_string_value(json_object_get(reply, "why")) ?:
				     "not labelled");
	else
		tlml_out_text(&c->out, "%s: a flow of class %s\n", c->argv[0], c->argv[6]);
	json_decref(reply);
	return err;
}

/* An alert that a rule says something about. */
static int label_alert(struct labelling *l, const struct tlml_eve_alert *a, const char *klass)
{
	json_t *o = request(l, a->src, a->sport, a->dst, a->dport, a->proto, klass), *reply;
	int err;

	json_object_set_new(o, "time_us", json_integer(a->time_us));
	err = tlml_daemon_ask(l->fd, o, NULL, 0, &reply, &l->c->e);
	if (err)
		return err;
	if (json_is_true(json_object_get(reply, "labelled")))
		l->tally.labelled++;
	else if (json_is_true(json_object_get(reply, "known")))
		l->tally.operators++;
	else
		l->tally.no_case++;
	json_decref(reply);
	return 0;
}

static int label_line(struct labelling *l, const char *line, size_t len)
{
	struct tlml_eve_alert a;
	struct tlml_error why;
	const char *klass;
	int is;

	l->tally.events++;
	is = tlml_eve_parse(line, len, &a, &why);
	if (is < 0) {
		if (!l->tally.unreadable++)
			tlml_error_set(&l->tally.first, EINVAL, "line %lu: %.400s", l->tally.line,
				       why.text);
		return 0;
	}
	if (!is)
		return 0;
	l->tally.alerts++;
	klass = tlml_eve_class(&l->map, &a);
	l->tally.no_class += !klass;
	return klass ? label_alert(l, &a, klass) : 0;
}

static int label_file(struct labelling *l, FILE *f)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t len;
	int err = 0;

	while (!err && (len = getline(&line, &room, f)) > 0) {
		l->tally.line++;
		len -= line[len - 1] == '\n';
		if (len)
			err = label_line(l, line, len);
	}
	free(line);
	return err;
}

static void tell(struct labelling *l)
{
	struct tlml_out *o = &l->c->out;
	const struct tally *t = &l->tally;

	tlml_out_num(o, "events", "%llu events", t->events);
	tlml_out_num(o, "alerts", ", %llu of them alerts:", t->alerts);
	tlml_out_num(o, "labelled", " %llu label a flow", t->labelled);
	tlml_out_num(o, "no_case", ", %llu are of flows that the large model was not asked about", t->no_case);
	tlml_out_num(o, "no_class", ", %llu mean no class", t->no_class);
	tlml_out_num(o, "operators", ", %llu leave what the operator said\n", t->operators);
	if (*t->first.text)
		tlml_out_num(o, "unreadable", "%llu lines cannot be read", t->unreadable);
	else
		tlml_out_num(o, "unreadable", NULL, t->unreadable);
	if (*t->first.text)
		tlml_out_str(o, "why", "; the first is %s\n", t->first.text);
}

static int label_eve(struct labelling *l, const char *path)
{
	int is_stdin = !strcmp(path, "-"), err = tlml_cmd_words(l->c, 1, 1);
	FILE *f;

	if (!err && !l->map.n)
		err = tlml_error_set(&l->c->e, EINVAL, "--eve needs --map PATTERN=CLASS, or --map-file FILE: what do alerts mean?");
	if (err)
		return err;
	f = is_stdin ? stdin : fopen(path, "re");
	if (!f)
		return tlml_error_set(&l->c->e, errno, "cannot open %s: %s", path, strerror(errno));
	err = label_file(l, f);
	if (!err && ferror(f))
		err = tlml_error_set(&l->c->e, EIO, "%s: cannot read it: is it a file?", path);
	if (!is_stdin)
		fclose(f);
	if (!err)
		tell(l);
	return err;
}

static int take_options(struct labelling *l, const char **eve, unsigned long *learn_at)
{
	struct tlml_cmd *c = l->c;
	const char *v;
	int is, err = 0;

	while (!err && (is = tlml_cmd_option(c, "--map", &v)))
		err = is < 0 ? is : tlml_eve_map_add(&l->map, v, &c->e);
	while (!err && (is = tlml_cmd_option(c, "--map-file", &v)))
		err = is < 0 ? is : tlml_eve_map_read(&l->map, v, &c->e);
	if (!err && (is = tlml_cmd_option(c, "--within", &v)))
		err = is < 0 ? is : tlml_cmd_number(c, "--within", v, 1, 86400, &l->within_s);
	if (!err && (is = tlml_cmd_option(c, "--learn", &v)))
		err = is < 0 ? is : tlml_cmd_number(c, "--learn", v, 1, 1000000, learn_at);
	if (!err && (is = tlml_cmd_option(c, "--eve", eve)))
		err = is < 0 ? is : 0;
	if (*eve)
		l->by = "eve";
	if (!err && (is = tlml_cmd_option(c, "--by", &l->by)))
		err = is < 0 ? is : 0;
	return err;
}

int tlml_cmd_label(struct tlml_cmd *c)
{
	struct labelling *l = calloc(1, sizeof(*l));
	unsigned long learn_at = 0;
	const char *eve = NULL;
	int err;

	if (!l)
		return tlml_error_set(&c->e, ENOMEM, "no memory for rules");
	l->c = c;
	l->within_s = 300;
	err = take_options(l, &eve, &learn_at);
	if (!err && !c->argc)
		err = tlml_cmd_words(c, 1, 1);
	if (!err)
		err = l->fd = tlml_daemon_connect(&c->e);
	if (err >= 0) {
		tlml_out_object(&c->out, NULL);
		err = eve ? label_eve(l, eve) : label_one(l);
		close(l->fd);
		if (!err && learn_at)
			err = tlml_cmd_teach(c, learn_at, NULL);
		tlml_out_end(&c->out);
	}
	free(l);
	return err;
}
